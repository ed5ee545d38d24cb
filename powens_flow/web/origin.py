"""Whether a state-changing request comes from the integrator's own pages (CSRF).

As browsers tell it: `Sec-Fetch-Site`, which no page can forge, else the `Origin`. A client that
says neither is no browser, and carries nobody's cookies.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from powens_flow.web.problems import Problem

OWN_SITE = ("same-origin", "none")
"""`none`: the person did it themselves, from the address bar."""


def check_origin(
    origin: str | None, fetch_site: str | None, host: str, allowed: Collection[str]
) -> None:
    """Raises Problem unless the request is of this origin, or of one that is allowed.

    `host` is the request's own host, with its port. A scheme cannot be compared: behind a proxy
    that ends TLS the request's own is not the browser's.
    """
    if origin is not None and origin in allowed:
        return
    if fetch_site is not None:
        is_own = fetch_site in OWN_SITE
    else:
        is_own = origin is None or _host(origin) == host.casefold()
    if not is_own:
        raise Problem("foreign_origin", "the request's Origin is not one that is allowed")


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.casefold() or None
    except ValueError:
        return None


def checked_origins(origins: Collection[str]) -> frozenset[str]:
    """The same; ValueError for what no browser would send as an `Origin`."""
    if isinstance(origins, str):
        raise ValueError(f"origins must be a list of origins, not the one text {origins!r}")
    for origin in origins:
        parts = urlsplit(origin)
        if not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(
                "an origin is a scheme, a host and perhaps a port, as https://app.example: not"
                f" {origin!r}"
            )
    return frozenset(origins)
