"""How long something may take that is done many times at once: with one timer for all of them."""

import asyncio
from collections import deque
from types import TracebackType


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


class TimeLimit:
    """`seconds` for each of many pieces of work: `with limit.begun(): ...`, inside a task.

    What `asyncio.timeout` does for one: work that takes longer is cancelled, and meets a
    `TimeoutError` where it would have met that; a cancellation from elsewhere stays one.
    """

    def __init__(self, seconds: float) -> None:
        self._patience = Patience(seconds)

    def begun(self) -> "_Limited":
        """One piece of work, which begins now."""
        return _Limited(self._patience.begin())


class _Limited:
    """One piece of work within a limit."""

    __slots__ = ("_cancellations", "_ends", "_has_left", "_is_over", "_task")

    def __init__(self, ends: asyncio.Future[None]) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only what a task does can be limited")
        self._ends = ends
        self._task = task
        self._cancellations = task.cancelling()
        self._is_over = self._has_left = False

    def __enter__(self) -> None:
        self._ends.add_done_callback(self._end)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._has_left = True
        self._ends.remove_done_callback(self._end)
        wake(self._ends)
        if not self._is_over or self._task.uncancel() > self._cancellations:
            return
        if kind is asyncio.CancelledError:
            raise TimeoutError from None

    def _end(self, _: asyncio.Future[None]) -> None:
        if not self._has_left:  # in the very turn of the loop in which its time was over
            self._is_over = True
            self._task.cancel()


def is_to_end() -> bool:
    """Whether this very task is being cancelled; else a `CancelledError` is of something that it
    waited for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
