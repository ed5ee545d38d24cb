"""A call's way through the simulated API: recorded, faulted, limited, checked, played, answered."""

import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from powens_flow.simulator.call import Answer, Call, Handler, Route
from powens_flow.simulator.domain import Domain
from powens_flow.simulator.errors import ApiError, not_found, status_of
from powens_flow.simulator.faults import Fault
from powens_flow.simulator.ledger import Received

BASE = "/2.0"
UNREADABLE = b"\x00"
"""Stands for a body that did not arrive whole: it is no JSON either, and is answered as such."""
Play = Callable[[web.Request], Awaitable[web.StreamResponse]]


def handler(sim: Domain, route: Route) -> Play:
    """The aiohttp handler of one route."""

    async def play(request: web.Request) -> web.StreamResponse:
        call = await _arrived(sim, route, request)
        fault = sim.faults.take(call.record.method, call.record.path)
        answer = await (_faulted(call, route, fault, request) if fault else perform(call, route))
        call.record.status = answer.status if answer else None
        if answer is None:
            return _drop(request)
        if fault and fault.kind == "cut_body":
            return await _cut(request, _response(call, answer))
        return _response(call, answer)

    return play


async def _arrived(sim: Domain, route: Route, request: web.Request) -> Call:
    sim.tick()
    path = request.path.removeprefix(BASE)
    query = tuple(sorted(request.query))
    request_id = sim.ids.text(12)
    now = sim.clock.now()
    record = Received(request.method, path, route.path, query, (), request_id, now)
    sim.ledger.enter(record)
    try:
        raw = await request.read()
    except web.RequestPayloadError:  # said to be zipped, and is not
        raw = UNREADABLE
    origin = f"{request.scheme}://{request.host}"
    return Call(sim, record, origin, request.query, request.match_info, request.headers, raw)


async def perform(call: Call, route: Route) -> Answer:
    """Plays the call; what it raises becomes the error answer."""
    try:
        call.sim.count_call()
        call.parse()
        if not route.fields:
            call.check_query(route.query)
        if route.needs_user:
            call.authenticate()
        return await route.play(call)
    except ApiError as error:
        return _error(call, error)


def _error(call: Call, error: ApiError) -> Answer:
    wait = error.retry_after
    text = wait if isinstance(wait, str) else f"{math.ceil(wait or 0)}"
    headers = {} if wait is None else {"Retry-After": text}
    return Answer(error.status, error.body(call.record.request_id), headers)


async def _faulted(call: Call, route: Route, fault: Fault, request: web.Request) -> Answer | None:
    if fault.kind == "drop_and_act_later":
        _drop(request)
    if fault.kind in ("wait", "drop_and_act_later"):
        resets = call.sim.resets
        await call.sim.clock.sleep(fault.seconds)
        call.sim.tick()
        if call.sim.resets != resets:
            return None  # a call of before a reset does nothing after it
    answer = await perform(call, route) if fault.lets_act else None
    if fault.kind == "silence":
        await call.sim.clock.sleep(fault.seconds)
    return None if fault.kind.startswith("drop") else _spoilt(call, fault, answer)


def _spoilt(call: Call, fault: Fault, answer: Answer | None) -> Answer:
    if fault.kind in ("status", "error"):
        code = fault.code or _code(fault.status)
        status = fault.status if fault.kind == "status" else status_of(code)
        error = ApiError(
            code, "A fault", status=status, message=fault.message, retry_after=fault.retry_after
        )
        return _error(call, error)
    if fault.kind == "not_json":
        return Answer(200, "<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"})
    if fault.kind == "wrong_shape":
        body = ["wrong shape"] if fault.body is None else fault.body
        return Answer(answer.status if answer and answer.status < 300 else 200, body)
    return answer or Answer(200, {"truncated": "by a fault"})


def _code(status: int) -> str:
    known = {401: "unauthorized", 403: "forbidden", 404: "notFound", 409: "connectionLocked"}
    known |= {429: "tooManyRequests", 503: "maintenance"}
    return known.get(status, "internalServerError" if status >= 500 else "invalidValue")


def _response(call: Call, answer: Answer) -> web.Response:
    headers = {"X-Request-Id": call.record.request_id, **answer.headers}
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    if "Content-Type" in answer.headers:
        return web.Response(status=answer.status, headers=headers, text=answer.body)
    text = json.dumps(answer.body, ensure_ascii=False)
    return web.Response(
        status=answer.status, headers=headers, text=text, content_type="application/json"
    )


def _drop(request: web.Request) -> web.Response:
    """Breaks the connection off: the client gets no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request, whole: web.Response) -> web.StreamResponse:
    body = whole.body if isinstance(whole.body, bytes) else b""
    part = web.StreamResponse(status=whole.status, headers=whole.headers)
    part.content_length = max(len(body), 2)
    await part.prepare(request)
    await part.write(body[: len(body) // 2] or b"{")
    if request.transport is not None:
        request.transport.close()
    return part


def unknown_call(routes: Iterable[Route]) -> Handler:
    """Answers what no route takes: 405 where the path is known with other methods, else 404."""
    known = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", one.path)), one.method) for one in routes]

    async def play(call: Call) -> Answer:
        call.violate("unknown_call", f"{call.record.method} {call.record.path}")
        methods = sorted({method for path, method in known if path.fullmatch(call.record.path)})
        if not methods:
            raise not_found("resource")
        allowed = ", ".join(methods)
        error = ApiError("methodNotAllowed", f"This takes {allowed}")
        return Answer(error.status, error.body(call.record.request_id), {"Allow": allowed})

    return play
