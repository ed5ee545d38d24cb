"""Which address is answered by what. All of them only look: GET, and with it HEAD."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import frozen

from powens_flow.web.inspect.attempts import attempt_page, path_svg
from powens_flow.web.inspect.data import (
    attempt_json,
    attempts_json,
    consent_json,
    fleet_json,
    funnel_json,
)
from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.front import front
from powens_flow.web.inspect.funnels import funnel_page
from powens_flow.web.inspect.guard import MOUNT, visit_of
from powens_flow.web.inspect.listing import listing
from powens_flow.web.inspect.machines import live_svg, machine_page
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shell import page
from powens_flow.web.inspect.shown import Shown
from powens_flow.web.inspect.static import file
from powens_flow.web.inspect.visit import LONGEST_ID, Visit

Answer = Callable[[Visit], Awaitable[web.Response]]


@frozen
class Route:
    """One address below the mount point."""

    path: str
    answer: Answer


def _page(make: Callable[[Visit], Awaitable[Shown]]) -> Answer:
    async def answer(visit: Visit) -> web.Response:
        text, tag = page(visit, await make(visit))
        return _tagged(visit, text, tag, "text/html")

    return answer


def _json(make: Callable[[Visit], Awaitable[dict[str, Any]]]) -> Answer:
    async def answer(visit: Visit) -> web.Response:
        text = json.dumps(await make(visit), indent=1)
        return _tagged(visit, text, _hash(text), "application/json")

    return answer


def _svg(make: Callable[[Visit], Awaitable[str]]) -> Answer:
    async def answer(visit: Visit) -> web.Response:
        text = await make(visit)
        return _tagged(visit, text, _hash(text), "image/svg+xml")

    return answer


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _tagged(visit: Visit, text: str, tag: str, content_type: str) -> web.Response:
    """The answer, or 304 to whoever has it already."""
    headers = {"ETag": f'"{tag}"'}
    known = visit.request.if_none_match or ()
    if any(one.value in (tag, "*") for one in known):
        return web.Response(status=304, headers=headers)
    return web.Response(text=text, content_type=content_type, headers=headers)


async def find(visit: Visit) -> web.Response:
    """`GET find?q=`: to the attempt of that id, else to the attempts of that owner."""
    wanted = visit.request.query.get("q", "").strip()
    if not wanted or len(wanted) > LONGEST_ID or not wanted.isprintable():
        raise Refused("invalid", "nothing to find", {"q": "an attempt's id, or an owner"})
    return web.Response(status=303, headers={"Location": await _found(visit, wanted)})


async def _found(visit: Visit, wanted: str) -> str:
    if await visit.look.fleet.load(wanted) is not None:
        return visit.links.attempt(wanted)
    return visit.links.attempts(Filters(owner=wanted))


async def to_first_page(visit: Visit) -> web.Response:
    """The mount point without its slash: relative links need it."""
    name = visit.request.rel_url.raw_path.rpartition("/")[2]
    return web.Response(status=308, headers={"Location": f"{name}/"})


ROUTES: Final = (
    Route("", to_first_page),
    Route("/", _page(front)),
    Route("/attempts", _page(listing)),
    Route("/attempts/{id}", _page(attempt_page)),
    Route("/attempts/{id}/picture.svg", _svg(path_svg)),
    Route("/machines/{name}", _page(machine_page)),
    Route("/machines/{name}/picture.svg", _svg(live_svg)),
    Route("/funnel", _page(funnel_page)),
    Route("/find", find),
    Route("/json/fleet", _json(fleet_json)),
    Route("/json/attempts", _json(attempts_json)),
    Route("/json/attempts/{id}", _json(attempt_json)),
    Route("/json/attempts/{id}/consent", _json(consent_json)),
    Route("/json/funnel", _json(funnel_json)),
    Route("/files/{file}", file),
)


def add_routes(app: web.Application) -> None:
    """Add the whole table."""
    for route in ROUTES:
        name = None if route.path else MOUNT
        app.router.add_get(route.path, _handler(route), name=name)


def _handler(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await route.answer(visit_of(request))

    return handle
