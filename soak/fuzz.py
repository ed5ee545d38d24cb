"""Fuzz: at least 50,000 random inputs a run; only documented errors come out.

Events, callbacks, webhooks and Powens' answers; whatever was stored meanwhile stays loadable.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

from soak.faults import PROCESSES
from soak.fuzz_answers import answered
from soak.fuzz_events import parsed, sent
from soak.fuzz_webhooks import received
from soak.junk import Junk
from soak.line import Tally
from soak.progress import step

Part = Callable[[Tally, Junk, int], Coroutine[Any, Any, None]]


async def events_parsed(tally: Tally, junk: Junk, count: int) -> None:
    """See `soak.fuzz_events.parsed`."""
    parsed(tally, junk, count)


async def callbacks_sent(tally: Tally, junk: Junk, count: int) -> None:
    """See `soak.fuzz_events.sent`."""
    await sent(tally, junk, count, callbacks=True)


PARTS: Final[Mapping[str, tuple[Part, int]]] = {
    "answers": (answered, 7_000),
    "events_sent": (sent, 9_000),
    "webhooks": (received, 10_000),
    "callbacks": (callbacks_sent, 6_000),
    "events_parsed": (events_parsed, 20_000),
}
"""What is fuzzed, and how many inputs it gets."""

PIECES: Final = 4
"""Each part is played in so many pieces, so that both processes have enough to do."""


def played(name: str, seed: int, count: int) -> Tally:
    """One piece of a part."""
    part, _ = PARTS[name]
    tally = Tally("fuzz")
    asyncio.run(part(tally, Junk(seed), count))
    return tally


async def run(*, seed: int = 0) -> dict[str, Any]:
    """All parts; the same seed gives the same inputs."""
    tally, loop = Tally("fuzz"), asyncio.get_running_loop()
    tried = dict.fromkeys(PARTS, 0)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        pieces = [
            (
                name,
                loop.run_in_executor(pool, played, name, seed * 1000 + number, -(-count // PIECES)),
            )
            for name, (_, count) in PARTS.items()
            for number in range(PIECES)
        ]
        for _, piece in pieces:
            piece.add_done_callback(step)
        for name, piece in pieces:
            found = await piece
            tried[name] += found.tried
            tally.merge(found)
    return tally.line(**tried)
