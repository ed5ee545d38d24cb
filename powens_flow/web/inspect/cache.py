"""What is dear to know is asked for once for all who want to know it at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from powens_flow.clock import Clock, Pause

T = TypeVar("T")


class Cache:
    """Keeps each answer for a while, and at most `most` of them.

    Whoever asks while the same is being asked waits for that answer; who leaves meanwhile takes it
    from nobody. A failure is told to all who wait for it, and is not kept.
    """

    def __init__(self, clock: Clock, *, most: int = 200) -> None:
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[datetime, asyncio.Task[Any]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: Hashable, seconds: float, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer under this key, not older than so many seconds."""
        task = self._fresh(key, seconds)
        if task is None:
            task = asyncio.create_task(_asked(ask))
            task.add_done_callback(_seen)
            self._keep(key, task)
        answer: T = await asyncio.shield(task)
        return answer

    async def close(self) -> None:
        """Leave what is still being asked."""
        tasks = [task for _, task in self._kept.values()]
        self._kept.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fresh(self, key: Hashable, seconds: float) -> asyncio.Task[Any] | None:
        if key not in self._kept:
            return None
        asked_at, task = self._kept[key]
        if not task.done():
            return task
        is_kept = Pause(asked_at, asked_at + timedelta(seconds=seconds)).lasts(self._clock.now())
        failed = task.cancelled() or task.exception() is not None
        return task if is_kept and not failed else None

    def _keep(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._kept[key] = (self._clock.now(), task)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            oldest = next(iter(self._kept))
            del self._kept[oldest]


async def _asked(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


def _seen(task: asyncio.Task[Any]) -> None:
    """A failure that all who waited for have left is nobody's."""
    if not task.cancelled():
        task.exception()
