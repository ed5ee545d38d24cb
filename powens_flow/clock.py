"""Where time comes from.

Everything in the package that needs to know the time, or to wait, takes a `Clock`. In a backend
it is the system's; in tests it is moved by hand (`powens_flow.testing.ManualClock`).
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from attrs import frozen


class Clock(Protocol):
    """Time as the package sees it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow; for durations."""
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@frozen
class Pause:
    """A time in which something is left alone. It is over too when the clock was set back since."""

    begun: datetime
    end: datetime

    def lasts(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.begun <= now < self.end
