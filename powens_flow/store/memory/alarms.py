"""When attempts wake, the soonest first."""

import heapq
from collections.abc import Callable
from datetime import datetime

Alarm = tuple[datetime, int]
"""When, and the number of the attempt."""


class Alarms:
    """One alarm a number. What was set before stays in the queue until it comes up."""

    def __init__(self) -> None:
        self._at: dict[int, datetime] = {}
        self._queue: list[Alarm] = []

    def __len__(self) -> int:
        """How many are in the queue, those that are void too."""
        return len(self._queue)

    def set(self, number: int, at: datetime | None) -> None:
        """Set it instead of the one before; None: it has none."""
        if at is None:
            self._at.pop(number, None)
            return
        self._at[number] = at
        heapq.heappush(self._queue, (at, number))
        if len(self._queue) > 4 * len(self._at) + 1000:
            self._queue = [(at, number) for number, at in self._at.items()]
            heapq.heapify(self._queue)

    def soonest(
        self, limit: int, wanted: Callable[[int], bool], until: datetime | None = None
    ) -> list[Alarm]:
        """The first alarms of the numbers that are wanted, those after `until` left out."""
        found: list[Alarm] = []
        seen: list[Alarm] = []
        while len(found) < limit and (first := self._first()) is not None:
            if until is not None and first[0] > until:
                break
            heapq.heappop(self._queue)
            if seen and seen[-1] == first:  # it was set twice for the same moment
                continue
            seen.append(first)
            if wanted(first[1]):
                found.append(first)
        for one in seen:
            heapq.heappush(self._queue, one)
        return found

    def _first(self) -> Alarm | None:
        while self._queue:
            at, number = self._queue[0]
            if self._at.get(number) == at:
                return at, number
            heapq.heappop(self._queue)
        return None
