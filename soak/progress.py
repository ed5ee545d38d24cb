"""Whether a proof still goes on.

How long a whole proof takes says how busy its machine is. Each thing that it tries comes to its end
in a few seconds, and in some dozen on a machine that is very busy: where none does for long,
something hangs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final

SILENCE: Final = 120.0
"""Seconds in which nothing comes to its end, after which a proof is cut short, as a fault."""


class Stalled(Exception):
    """Nothing came to its end for too long."""


def _nobody_waits() -> None:
    """A proof that is played by a test, which has a bound of its own."""


_STEP: ContextVar[Callable[[], None]] = ContextVar("step", default=_nobody_waits)


@asynccontextmanager
async def going_on(silence: float = SILENCE) -> AsyncIterator[None]:
    """Raises `Stalled` when the block has made no `step` for so many seconds."""
    loop = asyncio.get_running_loop()
    limit = asyncio.timeout(silence)

    def goes_on() -> None:
        if not limit.expired():
            limit.reschedule(loop.time() + silence)

    before = _STEP.set(goes_on)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise Stalled(f"nothing came to its end for {silence:g} seconds") from None
        raise
    finally:
        _STEP.reset(before)


def step(_: Any = None) -> None:
    """Something that the proof tries has come to its end; also to be given to a future."""
    _STEP.get()()
