"""The simulated API as an aiohttp application, and a server of it on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
from aiohttp import web

from powens_flow.simulator import dispatch
from powens_flow.simulator.call import Route
from powens_flow.simulator.routes import accounts, auth, connections, connectors, control, webauth
from powens_flow.simulator.simulator import Simulator

ROUTES = (
    *auth.ROUTES,
    *connectors.ROUTES,
    *connections.ROUTES,
    *accounts.ROUTES,
    *webauth.ROUTES,
)
UNKNOWN = Route("*", "/{tail}", dispatch.unknown_call(ROUTES), needs_user=False, fields=True)
SIMULATOR = web.AppKey("simulator", Simulator)
Background = Callable[[Simulator], Coroutine[Any, Any, None]]


def create_app(simulator: Simulator) -> web.Application:
    """The application: the API under `/2.0/`, the bank's page, the control API `/_sim/`."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app[SIMULATOR] = simulator
    for route in ROUTES:
        play = dispatch.handler(simulator, route)
        app.router.add_route(route.method, dispatch.BASE + route.path, play)
    bank = webauth.BankPage(simulator)
    app.router.add_get("/bank/authorise", bank.show)
    app.router.add_post("/bank/authorise", bank.answer)
    control.add_routes(app, simulator)
    app.router.add_route("*", dispatch.BASE + "/{tail:.*}", dispatch.handler(simulator, UNKNOWN))
    app.cleanup_ctx.append(_webhooks)
    return app


async def _webhooks(app: web.Application) -> AsyncIterator[None]:
    sender = asyncio.create_task(app[SIMULATOR].outbox.run())
    yield
    tasks = [sender, *app[SIMULATOR].tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@attrs.frozen
class Server:
    """A running simulator: `url` is the API's base URL, ending in a slash."""

    simulator: Simulator
    origin: str

    @property
    def url(self) -> str:
        return f"{self.origin}{dispatch.BASE}/"


@asynccontextmanager
async def running(
    simulator: Simulator, port: int = 0, *, keep_time: bool = False
) -> AsyncIterator[Server]:
    """Serves the simulator on 127.0.0.1 while the block runs; port 0 is any free one.

    `keep_time` lets what falls due happen at its time even when nobody calls; without, it happens
    before the next call or look.
    """
    runner = web.AppRunner(create_app(simulator), access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        async with _timekeeper(simulator, keep_time):
            yield Server(simulator, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _timekeeper(simulator: Simulator, wanted: bool) -> AsyncIterator[None]:
    task = asyncio.create_task(_keep_time(simulator)) if wanted else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _keep_time(simulator: Simulator) -> None:
    agenda = simulator.agenda
    while True:
        agenda.changed.clear()
        due = agenda.next_due()
        changed = asyncio.ensure_future(agenda.changed.wait())
        left = (due - simulator.clock.now()).total_seconds() if due else 3600.0
        asleep = asyncio.ensure_future(simulator.clock.sleep(left))
        try:
            await asyncio.wait({changed, asleep}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            asleep.cancel()
        simulator.tick()
