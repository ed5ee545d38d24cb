"""That Powens does not answer, told to the log: seldom, since every call would say the same."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from powens_flow.api.errors import PowensError
from powens_flow.clock import Clock

log = structlog.get_logger("powens_flow")

SELDOM: Final = timedelta(minutes=1)


class Unreachable:
    """What one client tells of calls that came to no answer: the first, then one a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: datetime | None = None

    def tell(self, error: PowensError) -> None:
        """Warn, where `error` is of a call that met something else than an answer."""
        if error.met is None or error.status is not None:
            return
        now = self._clock.now()
        # Before what was told: the clock was set back, and would keep quiet for as long.
        if self._told is None or not self._told <= now < self._told + SELDOM:
            self._told = now
            log.warning("powens.unreachable", error=error.met)
