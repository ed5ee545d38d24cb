"""Which address is answered by what, and who may ask: the sub-application's table."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final

from aiohttp import web
from attrs import frozen

from powens_flow.web.attempts import connectors, public_key, read, send, start
from powens_flow.web.call import CONNECT, Call, changing, owned
from powens_flow.web.callback import callback
from powens_flow.web.files import page_file
from powens_flow.web.stream import stream
from powens_flow.web.webhooks import webhook

Answer = Callable[[Call], Awaitable[web.StreamResponse]]


class Access(Enum):
    """Who may ask."""

    ANYBODY = "anybody"
    OWNER = "owner"
    OWN_PAGE = "own page"
    """An owner, from the integrator's own pages: these routes change something."""


@frozen
class Route:
    """One address: `path` is below the mount point."""

    method: str
    path: str
    answer: Answer
    access: Access

    @property
    def name(self) -> str:
        """The route's name, unique in the table."""
        return self.answer.__name__


ROUTES: Final = (
    Route("POST", "/attempts", start, Access.OWN_PAGE),
    Route("GET", "/attempts/{id}", read, Access.OWNER),
    Route("POST", "/attempts/{id}/events", send, Access.OWN_PAGE),
    Route("GET", "/attempts/{id}/connectors", connectors, Access.OWNER),
    Route("GET", "/attempts/{id}/stream", stream, Access.OWNER),
    Route("GET", "/publickey", public_key, Access.OWNER),
    Route("GET", "/callback", callback, Access.ANYBODY),
    Route("POST", "/webhooks/{event}", webhook, Access.ANYBODY),
    Route("GET", "/page/{file:.+}", page_file, Access.ANYBODY),
)


def add_routes(app: web.Application) -> None:
    """Add the whole table."""
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route), name=route.name)


def _handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await route.answer(await _call(route.access, request))

    return handle


async def _call(access: Access, request: web.Request) -> Call:
    connect = request.app[CONNECT]
    if access is Access.ANYBODY:
        return Call(request, connect)
    return await (owned if access is Access.OWNER else changing)(request, connect)
