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
from powens_flow.web.call import CONNECT, Authenticate, Connect, MakeReceiver
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

    The application's routes, answers and problem codes: `docs/web.md`.
    """
    app = web.Application(middlewares=[answered])
    app[CONNECT] = Connect(
        authenticate, return_to, checked_origins(origins), limits or Limits(), webhooks
    )
    app.cleanup_ctx.append(_running(engine))
    app.on_shutdown.append(_end_streams)
    add_routes(app)
    return app


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
