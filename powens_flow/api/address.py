"""Where the API is, and how its paths and queries are written."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from yarl import URL

_DOMAIN: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def base_url(domain_or_url: str) -> URL:
    """The API's base, ending in a slash: of a domain, or of a full URL such as the simulator's.

    Raises ValueError for what is neither, and for plain HTTP to another machine.
    """
    if not isinstance(domain_or_url, str):
        kind = type(domain_or_url).__name__
        raise ValueError(f"a domain is the text of its name, or of the API's whole URL, not {kind}")
    if "://" in domain_or_url:
        return _checked(URL(domain_or_url))
    if len(domain_or_url) > 63 or not _DOMAIN.fullmatch(domain_or_url):
        raise ValueError(
            "a domain is its name alone, such as acme-sandbox (lowercase letters, digits and single"
            " hyphens), or the API's whole URL"
        )
    return URL(f"https://{domain_or_url}.biapi.pro/2.0/")


def _checked(url: URL) -> URL:
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the API's URL must be an https URL with a host")
    expect_name(url)
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("plain http is allowed on loopback only")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise ValueError("the API's URL carries no user, password, query or fragment")
    path = url.raw_path.rstrip("/") or "/2.0"
    return url.with_path(f"{path}/", encoded=True)


def expect_name(url: URL) -> None:
    """Raises ValueError for a URL whose host nobody can look up: a part of it is empty, or too long
    (RFC 1035, section 2.3.4). It would be met as a `UnicodeError` at each call."""
    try:
        (url.raw_host or "").encode("idna")
    except UnicodeError:
        raise ValueError("its host is no name, which has parts of 1 to 63 characters") from None


def is_loopback(host: str) -> bool:
    """Is this the machine itself: `localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def connector_path(ref: int | str) -> str:
    """`connectors/{uuid or id}`; ValueError for what can be neither."""
    if not _REFERENCE.fullmatch(str(ref)):
        raise ValueError("a connector is named by its uuid or its id")
    return f"connectors/{ref}"


@lru_cache(maxsize=256)
def expansion(expand: tuple[str, ...], *flags: str) -> str:
    """`?all&expand=a,b[c]`: the valueless flags as they are, then what to expand."""
    parts = [*flags, f"expand={quote(','.join(expand), safe=',')}"] if expand else list(flags)
    return f"?{'&'.join(parts)}" if parts else ""


def query(parameters: Mapping[str, object]) -> str:
    """`?a=1&b=...`, each name and value percent-encoded but for commas; those of None are left out.

    Codes hold `+`, `/` and `=`, which a server would read otherwise (protocol page, `code`).
    """
    known = [(name, value) for name, value in parameters.items() if value is not None]
    if not known:
        return ""
    return "?" + "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in known)


def _encoded(value: object) -> str:
    spelt = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(spelt, safe=",")


def joined_ids(ids: Iterable[int]) -> str:
    """`1,2`; ValueError when there is none, as the API would then mean something else."""
    joined = ",".join(f"{one:d}" for one in ids)
    if not joined:
        raise ValueError("at least one id is needed")
    return joined


def checked_redirect_uri(redirect_uri: str) -> str:
    """The same; ValueError when it is not absolute or has a query (protocol page, Webauth)."""
    if "?" in redirect_uri or "#" in redirect_uri:
        raise ValueError("a redirect URI must carry no query parameters")
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", redirect_uri):
        raise ValueError("a redirect URI is absolute")
    return redirect_uri


def same_origin(base: URL, href: str) -> URL | None:
    """Where `href` leads, seen from `base`; None when that is another origin."""
    try:
        target = base.join(URL(href))
        stays = target.origin() == base.origin() and target.user is None
    except ValueError:
        return None
    return target if stays else None
