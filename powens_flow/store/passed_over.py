"""What a store leaves alone for a while: attempts that were not for this process."""

from datetime import datetime, timedelta
from typing import Final

from powens_flow.clock import Pause

Key = tuple[int, int]
"""An attempt's number in its store, and its version: one that has moved on is looked at again."""

PASSED_OVER: Final = timedelta(seconds=30)
"""How long a store leaves an attempt alone that was not for this process."""


class PassedOver:
    """Which attempts a store passes over, and how long.

    One that was passed over at a time that is yet to come, because the clock was set back since,
    is looked at again.
    """

    def __init__(self) -> None:
        self._pauses: dict[Key, Pause] = {}
        self._for_good: set[Key] = set()

    def __len__(self) -> int:
        return len(self._pauses) + len(self._for_good)

    def __contains__(self, key: Key) -> bool:
        return key in self._pauses or key in self._for_good

    def add(self, key: Key, now: datetime) -> None:
        """Pass it over for `PASSED_OVER` from now on."""
        self._pauses[key] = Pause(now, now + PASSED_OVER)

    def add_for_good(self, key: Key) -> None:
        """Pass it over for as long as this process lives."""
        self._for_good.add(key)

    def look_again(self, now: datetime) -> None:
        """Forget those that were passed over for long enough by now."""
        self._pauses = {key: pause for key, pause in self._pauses.items() if pause.lasts(now)}
