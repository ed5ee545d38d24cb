"""The simulator's own time: another clock's, and what it was moved ahead by hand."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

from powens_flow.clock import Clock


class SimulatedClock:
    """A base clock plus an offset that `move` adds to.

    Sleepers wake when the clock is moved past their time or when the base clock gets there: on a
    base clock that stands still nothing ever waits for real.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._offset = timedelta(0)
        self._sleepers: dict[asyncio.Future[None], datetime] = {}

    def now(self) -> datetime:
        return self._base.now() + self._offset

    @property
    def sleepers(self) -> int:
        """How many sleep on this clock now: calls that wait, webhooks to be sent again."""
        return len(self._sleepers)

    def move(self, seconds: float) -> None:
        """Moves the clock ahead and wakes who slept until then, the earliest first."""
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._offset += timedelta(seconds=seconds)
        for moved in sorted(self._sleepers, key=self._sleepers.__getitem__):
            if not moved.done():  # all of them: who sleeps on has less of the base to wait for
                moved.set_result(None)

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            await self._nap(until, left)

    async def _nap(self, until: datetime, left: float) -> None:
        moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[moved] = until
        passed = asyncio.ensure_future(self._base.sleep(left))
        try:
            await asyncio.wait({moved, passed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._sleepers[moved]
            moved.cancel()
            passed.cancel()


class Agenda:
    """What happens by itself at a given time, in order."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._items: list[tuple[datetime, int, Callable[[], None]]] = []
        self.changed = asyncio.Event()

    def add(self, when: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._items, (when, next(self._order), act))
        self.changed.set()

    def next_due(self) -> datetime | None:
        return self._items[0][0] if self._items else None

    def run_due(self, now: datetime) -> None:
        """Runs everything whose time has come by `now`, the earliest first."""
        while self._items and self._items[0][0] <= now:
            heapq.heappop(self._items)[2]()

    def clear(self) -> None:
        self._items.clear()
