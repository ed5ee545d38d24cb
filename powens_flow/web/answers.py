"""Every request gets an answer that the document knows: never an exception, never a 500."""

import time
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from powens_flow.api import PowensError
from powens_flow.errors import (
    EventNotAccepted,
    EventRefused,
    FlowError,
    IdempotencyKeyReused,
    NoSuchAttempt,
    Outdated,
    Working,
    WrongValues,
)
from powens_flow.events import InvalidEvent
from powens_flow.evolving import evolve
from powens_flow.faults import place_of
from powens_flow.misuse import Misuse
from powens_flow.store.port import StoreError
from powens_flow.web.call import Call
from powens_flow.web.problems import Problem

log = structlog.get_logger("powens_flow")

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer that does not say otherwise."""

_PLAIN: Mapping[type[Exception], str] = {
    NoSuchAttempt: "no_such_attempt",
    IdempotencyKeyReused: "idempotency_key_reused",
}
_OF_THE_ATTEMPT: Mapping[type[FlowError], str] = {
    EventNotAccepted: "not_accepted",
    EventRefused: "refused",
    Working: "working",
    Outdated: "outdated",
}


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever goes wrong into a problem answer, and measures."""
    began = time.perf_counter()
    code = None
    try:
        response = await _answer(request, handler)
    except Problem as problem:
        code, response = problem.code, problem.response()
    duration = time.perf_counter() - began
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server-Timing"] = f"app;dur={duration * 1000:.2f}"
    resource = request.match_info.route.resource
    log.info(
        "web.request",
        method=request.method,
        route=resource.canonical if resource is not None else None,
        status=response.status,
        code=code,
        duration=duration,
    )
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem:
        raise
    except web.HTTPException as error:
        raise _of_http(error) from None
    except Exception as error:
        raise problem_of(error) from None


def _of_http(error: web.HTTPException) -> BaseException:
    """aiohttp's own refusals; what the integrator's code raised, such as a redirect, stays."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return Problem("method_not_allowed", headers={"Allow": error.headers.get("Allow", "")})
    if isinstance(error, web.HTTPNotFound):
        return Problem("not_found")
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Problem("too_large")
    return error


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is told as; of what nobody expected the log has the class, and
    where it was raised."""
    if isinstance(error, Problem):
        return error
    if type(error) in _PLAIN:
        return Problem(_PLAIN[type(error)])
    if isinstance(error, InvalidEvent):
        return Problem("invalid", str(error), error.fields)
    if isinstance(error, PowensError):
        return _of_powens(error)
    if isinstance(error, StoreError):
        log.error("web.store_failed", error=type(error).__name__)
        return Problem("store_unavailable", headers={"Retry-After": "5"})
    log.error(
        "web.failed",
        error=type(error).__name__,
        at=place_of(error),
        reason=str(error) if isinstance(error, Misuse) else None,
    )
    return Problem("unavailable", headers={"Retry-After": "5"})


def _of_powens(error: PowensError) -> Problem:
    if not error.retryable:
        return Problem("powens_refused")
    return Problem(
        "powens_unavailable", headers={"Retry-After": str(int(error.retry_after or 5) + 1)}
    )


async def told(call: Call, attempt_id: str, error: FlowError) -> Problem:
    """An error of the engine with the attempt as it stands: the screen was stale, or is shown
    again with what was wrong, unless the attempt has gone on meanwhile."""
    if type(error) in _PLAIN:
        return problem_of(error)
    view = await call.owner.get(attempt_id)
    prompt = getattr(error, "prompt", None)
    if prompt is not None and error.version == view.version:
        view = evolve(view, prompt=prompt)
    fields: Mapping[str, str] = getattr(error, "fields", {})
    return Problem(_code(error), _detail(error), fields, view.to_json())


def _code(error: FlowError) -> str:
    if isinstance(error, WrongValues):
        return "seal_again" if error.seal_again else "wrong_values"
    return _OF_THE_ATTEMPT.get(type(error), "unavailable")


def _detail(error: FlowError) -> str | None:
    return None if isinstance(error, WrongValues) else str(error)


def shown(value: Mapping[str, Any], status: int = 200, **headers: str) -> web.Response:
    """A JSON answer."""
    return web.json_response(value, status=status, headers=headers)
