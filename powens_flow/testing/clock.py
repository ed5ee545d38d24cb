"""A clock that stands still until it is moved by hand."""

import asyncio
import heapq
import itertools
import math
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class ManualClock:
    """A `Clock` for tests: nothing on it ever waits for real. Its moments have their zone."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self._now = _aware(now)
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        until = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (until, next(self._order), woken))
        await woken

    def advance(self, seconds: float) -> None:
        """Move the clock ahead, and wake who slept until then, the earliest first.

        What is due by then is taken up by `Engine.tick`, or by a task that runs `Engine.run`.
        """
        if not isinstance(seconds, int | float):
            kind = type(seconds).__name__
            raise TypeError(f"the clock is moved by a number of seconds, not {kind}")
        if not 0 <= seconds < math.inf:
            raise ValueError("it goes forward only, and not for ever; `set_back` sets it back")
        self._now += timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    def set_back(self, seconds: float) -> None:
        """Set the clock back, as a machine's may be. Who sleeps sleeps no longer for it."""
        back = timedelta(seconds=seconds)
        self._now -= back
        self._sleepers = [(until - back, order, woken) for until, order, woken in self._sleepers]

    def advance_to(self, moment: datetime) -> None:
        """Move the clock ahead to `moment`; nothing happens if it is past."""
        self.advance(max(0.0, (_aware(moment) - self._now).total_seconds()))


def _aware(moment: datetime) -> datetime:
    if not isinstance(moment, datetime):
        raise TypeError(f"a moment is a datetime with its zone, not {type(moment).__name__}")
    if moment.tzinfo is None:
        raise ValueError("a moment is a datetime with its zone: tzinfo is missing")
    return moment
