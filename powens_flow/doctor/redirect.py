"""The redirect URI: where the bank sends the user back."""

from collections.abc import AsyncIterator

import aiohttp
from yarl import URL

from powens_flow.api.address import expect_name, is_loopback
from powens_flow.doctor.finding import Finding, ok, unknown, warning, wrong

CHECK = "redirect URI"
HTTP = ("http", "https")

NOT_THERE = (404, 405, 410)
"""What a browser that is sent back would be shown; it comes with GET."""


async def check_redirect(session: aiohttp.ClientSession, address: str | None) -> list[Finding]:
    """Its scheme, whether it can be reached, and what nobody can say of it from here.

    That it is absolute and has no query was checked when it was configured.
    """
    if address is None:
        mend = "set policy.redirect_uri"
        return [wrong(CHECK, "there is none: no bank's own page can be used", mend)]
    try:
        url = _checked(URL(address))
    except ValueError as error:
        says = f"{address} is no address: {error}"
        return [wrong(CHECK, says, "set policy.redirect_uri to the one that is registered")]
    return [finding async for finding in _findings(session, url)]


def _checked(url: URL) -> URL:
    """The same. Raises ValueError for what a browser cannot be sent to."""
    if url.scheme in HTTP and not url.host:
        raise ValueError("it has no host")
    expect_name(url)
    return url


async def _findings(session: aiohttp.ClientSession, url: URL) -> AsyncIterator[Finding]:
    registered = "whether it is registered shows only when a bank's page is asked for"
    mend = "look in the console of the domain"
    if url.scheme not in HTTP:
        yield unknown(CHECK, f"{url.scheme}: is opened by an app, which cannot be asked from here")
    else:
        yield _scheme(url)
        yield await _reached(session, url)
    yield unknown("redirect URI's registration", registered, mend)


def _scheme(url: URL) -> Finding:
    if url.scheme == "https":
        return ok(CHECK, f"{url} is https, without a query")
    if is_loopback(url.host or ""):
        mend = "for users other than you, it has to be https"
        return warning(CHECK, f"{url} is this machine, over plain http", mend)
    mend = "use https: what comes back names the connection"
    return wrong(CHECK, f"{url} is plain http", mend)


async def _reached(session: aiohttp.ClientSession, url: URL) -> Finding:
    check = "redirect URI's page"
    mend = "start the backend, and check its address, its certificate and its proxy"
    try:
        async with session.get(url, allow_redirects=False) as response:
            status = response.status
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return warning(check, f"it cannot be reached from here ({type(error).__name__})", mend)
    if status in NOT_THERE or status >= 500:
        return wrong(check, f"it answers {status}", mend)
    return ok(check, f"it answers {status}")
