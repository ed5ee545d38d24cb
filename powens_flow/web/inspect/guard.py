"""Before every answer: only looking, only staff; after it: nothing is kept, framed or run."""

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import frozen

from powens_flow.faults import place_of
from powens_flow.store.port import StoreError
from powens_flow.utf8 import is_utf8
from powens_flow.web.inspect.look import LOOK
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shell import bare
from powens_flow.web.inspect.visit import Links, Visit

log = structlog.get_logger("powens_flow")

AuthenticateStaff = Callable[[web.Request], Awaitable[str | None] | str | None]
"""Says who of the staff sent a request: a name to be shown, or None for nobody.

It may raise aiohttp's own exceptions: `HTTPForbidden` for somebody who may not look, a redirect to
where one signs in.
"""


@frozen(eq=False)
class Gate:
    """Who lets staff in."""

    authenticate: AuthenticateStaff

    async def name(self, request: web.Request) -> str:
        """Who sent the request. Raises `Refused` for nobody."""
        answer = self.authenticate(request)
        name = await answer if inspect.isawaitable(answer) else answer
        if not isinstance(name, str) or not name or not is_utf8(name):
            raise Refused("unauthenticated")
        return name


GATE: Final = web.AppKey("powens_flow.inspect.gate", Gate)
_STAFF: Final[ContextVar[str]] = ContextVar("powens_flow.inspect.staff")
MOUNT: Final = "powens_flow.inspect.mount"
"""The name of the resource that is the mount point itself."""

LOOKING: Final = ("GET", "HEAD")

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""Of every answer."""


OF_THE_BODY = ("Content-Type", "Content-Length")
"""Headers of a redirect that its text has, which is not passed on."""


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets staff look, and turns whatever goes wrong into a page or a problem answer."""
    began = time.perf_counter()
    try:
        response = await _answer(request, handler)
    except Refused as refused:
        response = _refusal(request, refused)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    resource = request.match_info.route.resource
    log.info(
        "inspect.request",
        method=request.method,
        route=resource.canonical if resource is not None else None,
        status=response.status,
        duration=time.perf_counter() - began,
    )
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method not in LOOKING:
        raise Refused("method_not_allowed", headers={"Allow": ", ".join(LOOKING)})
    try:
        _STAFF.set(await request.app[GATE].name(request))
        return await handler(request)
    except Refused:
        raise
    except web.HTTPException as error:
        return _of_http(error)
    except StoreError as error:
        log.error("inspect.store_failed", error=type(error).__name__)
        raise Refused("store_unavailable", headers={"Retry-After": "5"}) from None
    except Exception as error:
        log.error("inspect.failed", error=type(error).__name__, at=place_of(error))
        raise Refused("unavailable", headers={"Retry-After": "5"}) from None


def _of_http(error: web.HTTPException) -> web.StreamResponse:
    """aiohttp's refusals, also those of the integrator's hook; its redirects stay as they are."""
    if isinstance(error, web.HTTPForbidden):
        raise Refused("forbidden")
    if isinstance(error, web.HTTPUnauthorized):
        wanted = error.headers.get("WWW-Authenticate")
        raise Refused("unauthenticated", headers={"WWW-Authenticate": wanted} if wanted else {})
    if isinstance(error, web.HTTPNotFound):
        raise Refused("not_found")
    if error.status >= 400:
        log.error("inspect.failed", error=type(error).__name__, at=place_of(error))
        raise Refused("unavailable", headers={"Retry-After": "5"})
    kept = {name: value for name, value in error.headers.items() if name not in OF_THE_BODY}
    answer = web.Response(status=error.status, headers=kept)
    answer.cookies.update(error.cookies)
    return answer


def _refusal(request: web.Request, refused: Refused) -> web.Response:
    if _wants_json(request):
        return refused.response()
    links = Links(_root(request))
    text = bare(refused.title, refused.detail, dict(refused.fields), links)
    return web.Response(
        text=text, status=refused.status, content_type="text/html", headers=refused.headers
    )


def _wants_json(request: web.Request) -> bool:
    accepted = request.headers.get("Accept", "")
    return "/json/" in request.path or ("json" in accepted and "html" not in accepted)


def _root(request: web.Request) -> str:
    """The way to the first page from wherever this is."""
    mount = str(request.app.router[MOUNT].url_for())
    below = request.rel_url.raw_path.removeprefix(mount)
    return "../" * (below.count("/") - 1)


def visit_of(request: web.Request) -> Visit:
    """The request as the pages see it."""
    look = request.app[LOOK]
    return Visit(request, look, _STAFF.get(), look.now(), Links(_root(request)))
