"""The control API, under `/_sim/`: what a test in another process turns and looks at."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import attrs
from aiohttp import web

from powens_flow.simulator import accepted
from powens_flow.simulator.faults import fault_of
from powens_flow.simulator.simulator import Simulator
from powens_flow.simulator.views import connection_view, source_view
from powens_flow.simulator.world import Connection, User

_OF_CONNECTION = ("lock", "state", "source", "message", "until", "n")
Played = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """The handlers. Bodies and answers are JSON; a request that cannot be followed is 400."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim

    async def advance(self, request: web.Request) -> Any:
        seconds: Any = (await _body(request)).get("advance")
        self._sim.advance(seconds)
        await self._sim.settle()
        return {"now": self._sim.clock.now()}

    async def clock(self, request: web.Request) -> Any:
        return {"now": self._sim.clock.now()}

    async def add_fault(self, request: web.Request) -> Any:
        return {"id": self._sim.add_fault(fault_of(await _body(request)))}

    async def faults(self, request: web.Request) -> Any:
        rows = [{"id": p.id, "met": p.met, **attrs.asdict(p.fault)} for p in self._sim.faults]
        return {"faults": rows}

    async def clear_faults(self, request: web.Request) -> Any:
        if "id" in request.match_info:
            self._sim.faults.remove(int(request.match_info["id"]))
        else:
            self._sim.faults.clear()
        return {}

    async def received(self, request: web.Request) -> Any:
        calls = [
            {"method": method, "route": route, "count": count}
            for (method, route), count in self._sim.calls.items()
        ]
        return {"received": [attrs.asdict(one) for one in self._sim.received], "calls": calls}

    async def violations(self, request: web.Request) -> Any:
        ledger = self._sim.ledger
        rows = [attrs.asdict(one) for one in ledger.violations]
        return {"violations": rows, "counts": dict(ledger.violation_counts)}

    async def users(self, request: web.Request) -> Any:
        return {"users": [_user(one) for one in self._sim.users]}

    async def connections(self, request: web.Request) -> Any:
        return {"connections": [self._connection(one) for one in self._sim.connections]}

    async def rotate_key(self, request: web.Request) -> Any:
        self._sim.rotate_key()
        return {"kid": self._sim.keys.kid}

    async def reset(self, request: web.Request) -> Any:
        self._sim.reset()
        return {}

    async def configure(self, request: web.Request) -> Any:
        self._sim.configure(**await _body(request))
        return {}

    async def set_connection(self, request: web.Request) -> Any:
        body, number = await _body(request), int(request.match_info["id"])
        accepted.check_known(body, _OF_CONNECTION, "what a connection is given")
        if "state" not in body and body.keys() != {"lock"}:
            raise ValueError("state or lock is missing; the others say more of a state")
        if "lock" in body:
            self._sim.lock(number, body.pop("lock"))
        if "state" in body:
            self._sim.set_state(number, body.pop("state"), **body)
        return self._connection(self._sim.find_connection(number))

    async def delete_connection(self, request: web.Request) -> Any:
        self._sim.delete_connection(int(request.match_info["id"]))
        return {}

    async def deliveries(self, request: web.Request) -> Any:
        rows = [attrs.asdict(one) for one in self._sim.outbox.deliveries]
        return {"deliveries": rows, "stopped": self._sim.outbox.stopped}

    def _connection(self, one: Connection) -> dict[str, Any]:
        expand: dict[str, Any] = {"all_accounts": {}, "all_subscriptions": {}}
        shape = connection_view(self._sim.settings, one, expand)
        rows = [source_view(self._sim.settings, one, source) for source in one.sources]
        return shape | {"sources": rows, "locked_until": one.locked_until}


def _user(one: User) -> dict[str, Any]:
    return {
        "id": one.id,
        "created": one.created,
        "permanent": one.permanent,
        "expires": one.expires,
        "connections": list(one.connections),
    }


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise TypeError("the body is not a JSON object")
    return body


def _played(act: Callable[[web.Request], Awaitable[Any]]) -> Played:
    async def play(request: web.Request) -> web.StreamResponse:
        try:
            shape, status = await act(request), 200
        except KeyError as error:
            shape, status = {"error": f"missing: {error}"}, 400
        except LookupError as error:
            shape, status = {"error": str(error)}, 404
        except (TypeError, ValueError) as error:
            shape, status = {"error": str(error)}, 400
        return web.json_response(shape, status=status, dumps=_dumps)

    return play


def _dumps(shape: Any) -> str:
    return json.dumps(shape, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def add_routes(app: web.Application, sim: Simulator) -> None:
    """Adds the control API to an application."""
    control = Control(sim)
    table = (
        ("POST", "/clock", control.advance),
        ("GET", "/clock", control.clock),
        ("POST", "/faults", control.add_fault),
        ("GET", "/faults", control.faults),
        ("DELETE", "/faults", control.clear_faults),
        ("DELETE", r"/faults/{id:\d+}", control.clear_faults),
        ("GET", "/received", control.received),
        ("GET", "/violations", control.violations),
        ("GET", "/users", control.users),
        ("GET", "/connections", control.connections),
        ("POST", r"/connections/{id:\d+}", control.set_connection),
        ("DELETE", r"/connections/{id:\d+}", control.delete_connection),
        ("GET", "/webhooks", control.deliveries),
        ("POST", "/rotate-key", control.rotate_key),
        ("POST", "/reset", control.reset),
        ("POST", "/settings", control.configure),
    )
    for method, path, act in table:
        app.router.add_route(method, f"/_sim{path}", _played(act))
