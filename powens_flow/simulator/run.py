"""The simulator on its own: what `powens-flow simulate` runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from powens_flow.clock import Clock
from powens_flow.simulator.server import Server, running
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.simulator import Simulator


async def serve(
    settings: Settings | None = None,
    port: int = 0,
    *,
    started: Callable[[Server], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> None:
    """Serves until `stop` is set, or SIGTERM or SIGINT arrives.

    `started` is called once with the running server: its `url` is the address, and
    `server.simulator.settings` holds client id and secret.
    """
    stop = stop or asyncio.Event()
    with stopped_by_signals(stop.set):
        async with running(Simulator(settings, clock), port, keep_time=True) as server:
            started(server)
            await stop.wait()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at SIGTERM or SIGINT, instead of what they would do, while the block runs."""
    loop = asyncio.get_running_loop()
    with ExitStack() as handled:
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, ValueError, RuntimeError):  # Windows; other threads
                loop.add_signal_handler(number, stop)
                handled.callback(loop.remove_signal_handler, number)
        yield
