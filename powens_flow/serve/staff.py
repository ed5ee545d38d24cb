"""`/inspect` where Powens is simulated: whoever sits at this machine may look at attempts.

All of them are played, and every browser here is the same person's. On a real domain there are
other people's attempts, and nobody here knows who is of the staff: there it is not mounted.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

INSPECT: Final = "/inspect"
NAME: Final = "developer"
"""Who looks, as the pages say it."""


def is_own(host: str) -> bool:
    """Whether a host, perhaps with a port, is this machine and can be no other."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def whoever_is_here(request: web.Request) -> str:
    """Who of the staff sent a request: `authenticate_staff` of the sub-application.

    Raises:
        HTTPForbidden: the browser calls this machine by a name that may lead anywhere, as a page
            from elsewhere does to be taken for ours (DNS rebinding).
    """
    if not is_own(request.host):
        raise web.HTTPForbidden
    return NAME
