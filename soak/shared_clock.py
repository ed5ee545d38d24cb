"""A clock moved by hand that several processes read at once, and that survives each of them."""

import asyncio
import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from powens_flow.testing import ManualClock
from powens_flow.testing.clock import BEGINNING

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_EVERY = 0.003
"""Real seconds between two looks of a sleeper: the clock may be moved by another process."""


class SharedClock(ManualClock):
    """The moment in a small mapped file, in microseconds. One process at a time may move it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        if not path.exists():
            path.write_bytes(struct.pack("=q", (BEGINNING - EPOCH) // MICROSECOND))
        with path.open("r+b") as file:
            self._file = mmap.mmap(file.fileno(), 8)
        self._moment = memoryview(self._file).cast("q")

    def now(self) -> datetime:
        return EPOCH + self._moment[0] * MICROSECOND

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        while self.now() < until:  # noqa: ASYNC110 - moved by another process, which has no event
            await asyncio.sleep(LOOK_EVERY)

    def advance(self, seconds: float) -> None:
        """Move the clock ahead; who sleeps notices within `LOOK_EVERY`."""
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._moment[0] += round(seconds * 1e6)

    def advance_to(self, moment: datetime) -> None:
        """Move the clock ahead to `moment`; nothing happens if it is past."""
        self._moment[0] = max(self._moment[0], (moment - EPOCH) // MICROSECOND)
