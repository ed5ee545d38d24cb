"""The sub-application for staff, made by a factory."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Final, cast

from aiohttp import web

from powens_flow.clock import Clock, SystemClock
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.machine import Machines, load_machines
from powens_flow.store.fleet import Fleet
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.web.inspect.guard import GATE, AuthenticateStaff, Gate, guarded
from powens_flow.web.inspect.limits import InspectLimits
from powens_flow.web.inspect.look import LOOK, Look
from powens_flow.web.inspect.routes import add_routes

Looked = Engine | Fleet
"""What is looked at: an engine's attempts, or those of an open store."""

_ASKED: Final = (
    "load", "history", "posted", "attempts", "connectors", "counts", "losses", "spent",
)  # fmt: skip


def inspect_app(
    looked: Looked | Callable[[], Looked],
    *,
    authenticate_staff: AuthenticateStaff,
    machines: Machines | None = None,
    clock: Clock | None = None,
    limits: InspectLimits | None = None,
) -> web.Application:
    """A sub-application in which staff look at attempts: `app.add_subapp("/inspect", ...)`.

    `looked` is a running engine, an open store (then give its `machines`, where they are not
    ours), or a function that answers one when the application starts. An engine's SQLite file is
    read by a connection of its own, so that looking holds no attempt up.

    `authenticate_staff` says who sent a request, sync or async: a name, or None for nobody. It is
    another hook than that of end users, whose sessions must not open this. It may raise aiohttp's
    `HTTPForbidden`, or a redirect to where staff sign in.

    Nothing here acts: every route takes GET and HEAD alone. No token, no credential and nothing of
    an account's holder is shown. See `docs/inspect.md`.

    Raises:
        TypeError: there is no `authenticate_staff`, or `looked` cannot be looked at.
    """
    if not callable(authenticate_staff):
        raise TypeError("authenticate_staff: a function that says who of the staff sent a request")
    app = web.Application(middlewares=[guarded])
    app[GATE] = Gate(authenticate_staff)
    look = app[LOOK] = Look(limits or InspectLimits())
    app.cleanup_ctx.append(_looking(look, _making(looked), machines, clock))
    add_routes(app)
    return app


def _looking(
    look: Look, make: Callable[[], Looked], machines: Machines | None, clock: Clock | None
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def looking(app: web.Application) -> AsyncIterator[None]:
        looked = make()
        async with AsyncExitStack() as stack:
            if isinstance(looked, Engine):
                fleet = await _apart(looked, stack)
                look.begin(fleet, machines or looked.machines, clock or looked.clock)
            else:
                known = machines or load_machines(default_registry())
                look.begin(looked, known, clock or SystemClock())
            stack.push_async_callback(look.close)
            yield

    return looking


async def _apart(engine: Engine, stack: AsyncExitStack) -> Fleet:
    """The engine's attempts, where it can be by a connection of its own."""
    store = engine.store
    if isinstance(store, SQLiteStore):
        return await stack.enter_async_context(store.reader())
    return _fleet(store)


def _making(given: Looked | Callable[[], Looked]) -> Callable[[], Looked]:
    """What answers, when the application starts, what is looked at. Raises TypeError."""
    if isinstance(given, Engine):
        return lambda: given
    if callable(given):
        return lambda: _checked(given())
    fleet = _fleet(given)
    return lambda: fleet


def _checked(looked: object) -> Looked:
    return looked if isinstance(looked, Engine) else _fleet(looked)


def _fleet(store: object) -> Fleet:
    lacks = [name for name in _ASKED if not callable(getattr(store, name, None))]
    if lacks:
        what = type(store).__name__
        raise TypeError(f"{what} cannot be looked at: it has no {', '.join(lacks)}")
    return cast("Fleet", store)
