"""How long callers wait for an attempt to come to rest: with one timer for all of them."""

import asyncio
from collections import deque


class Patience:
    """Callers who wait `seconds` at most.

    All have the same patience, so they lose it in the order in which they came; a timer for each,
    of which hardly any ever rings, would cost more than all else of waiting.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Future[None]:
        """What a caller waits for: whoever has news sets it, or patience ends."""
        loop = asyncio.get_running_loop()
        self._forget_those_who_wait_no_more()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + self._seconds, waiter))
        if self._timer is None:
            self._set(loop)
        return waiter

    def close(self) -> None:
        """Let everybody go."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            wake(self._waiting.popleft()[1])

    def _ring(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        while self._waiting and self._waiting[0][0] <= until:
            wake(self._waiting.popleft()[1])
        self._forget_those_who_wait_no_more()
        self._timer = None
        if self._waiting:
            self._set(loop)

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        first = self._waiting[0][0]
        self._timer = loop.call_at(first, self._ring, loop, first)

    def _forget_those_who_wait_no_more(self) -> None:
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()


def wake(waiter: asyncio.Future[None]) -> None:
    """Let one go, who may have left."""
    if not waiter.done():
        waiter.set_result(None)
