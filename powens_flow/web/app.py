"""The sub-application, made by a factory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)

from aiohttp import web

from powens_flow.engine import Engine
from powens_flow.web.answers import answered
from powens_flow.web.call import CONNECT, Authenticate, ChoosePolicy, Connect, MakeReceiver
from powens_flow.web.hooks import expect_function
from powens_flow.web.limits import Limits
from powens_flow.web.origin import checked_origins
from powens_flow.web.routes import add_routes
from powens_flow.webhooks import Receiver

ENGINE = web.AppKey("powens_flow.engine", Engine)
"""Where a started sub-application keeps its engine."""

MakeEngine = Callable[[], AbstractAsyncContextManager[Engine]]


def connect_app(
    engine: Engine | MakeEngine,
    *,
    authenticate: Authenticate,
    return_to: str = "/",
    origins: Collection[str] = (),
    webhooks: Receiver | MakeReceiver | None = None,
    policy: ChoosePolicy | None = None,
    limits: Limits | None = None,
) -> web.Application:
    """A sub-application that adds and repairs bank connections: `app.add_subapp("/connect", ...)`.

    `engine` is one that runs already and is kept by whoever made it, or a function that answers an
    async context manager of one: it is entered when the application starts, and then the
    engine's deadlines, polls and retries are taken up here too (`Engine.run`).

    `authenticate` says who sent a request, sync or async: the owner, a text that stays the same
    for one end user, or None. `return_to` is the address of the page that shows the screens:
    there the browser is sent when it comes back from the bank. `origins` are further origins
    (`https://app.example`) whose pages may change something, beside the application's own.
    `webhooks` takes Powens' webhooks: a receiver, or a function that makes one of the engine.
    `policy(request)`, sync or async, says under which policy an attempt starts, where it is not
    the engine's own.

    The application's routes, answers and problem codes: `docs/web.md`.

    Raises:
        TypeError, ValueError: an option is not what it has to be; the text names it.
    """
    _check(engine, authenticate, return_to, webhooks, policy)
    app = web.Application(middlewares=[answered])
    app[CONNECT] = Connect(
        authenticate, return_to, checked_origins(origins), limits or Limits(), webhooks, policy
    )
    app.cleanup_ctx.append(_running(engine))
    app.on_shutdown.append(_end_streams)
    add_routes(app)
    return app


def _check(
    engine: object, authenticate: object, return_to: object, webhooks: object, policy: object
) -> None:
    """What would else be noticed with the first request only, or at the bank's redirect."""
    if not isinstance(engine, Engine):
        what = "an Engine, or a function that answers an async context manager of one"
        expect_function("engine", engine, what)
    expect_function("authenticate", authenticate, "a function of a request")
    if webhooks is not None and not isinstance(webhooks, Receiver):
        expect_function("webhooks", webhooks, "a Receiver, or a function of the engine")
    if policy is not None:
        expect_function("policy", policy, "a function of a request")
    if not isinstance(return_to, str) or not return_to:
        raise ValueError(f"return_to must be the address of a page, not {return_to!r}")


def _running(given: Engine | MakeEngine) -> Callable[[web.Application], AsyncIterator[None]]:
    async def running(app: web.Application) -> AsyncIterator[None]:
        if isinstance(given, Engine):
            with _begun(app, given):
                yield
            return
        async with given() as made, _taking_up_what_is_due(made):
            with _begun(app, made):
                yield

    return running


@contextmanager
def _begun(app: web.Application, engine: Engine) -> Iterator[None]:
    connect = app[CONNECT]
    app[ENGINE] = engine
    connect.begin(engine)
    end = engine.watch(connect.watching.moved)
    try:
        yield
    finally:
        end()


@asynccontextmanager
async def _taking_up_what_is_due(engine: Engine) -> AsyncIterator[None]:
    """Deadlines, polls, retries, crashed attempts: for as long as the application runs."""
    due = asyncio.create_task(engine.run())
    try:
        yield
    finally:
        due.cancel()
        with suppress(asyncio.CancelledError):
            await due


async def _end_streams(app: web.Application) -> None:
    app[CONNECT].watching.end()
