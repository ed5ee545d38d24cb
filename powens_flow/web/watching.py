"""Who follows which attempt: each stream waits until there may be something new to see."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from powens_flow.clock import Clock
from powens_flow.web.problems import Problem


class Watch:
    """One stream's place: it is woken when its attempt may have moved."""

    def __init__(self, watching: "Watching") -> None:
        self._watching = watching
        self._moved = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._moved.set()

    @property
    def is_over(self) -> bool:
        """Whether the application is going down."""
        return self._watching.is_over

    async def wait(self, seconds: float) -> None:
        """Until there may be something new, at most so many seconds of the engine's clock."""
        await within(self._watching.clock, seconds, self._moved.wait())
        self._moved.clear()


class Watching:
    """The streams that are open, by attempt, and how many each owner has."""

    def __init__(self, clock: Clock, streams: int) -> None:
        self.clock = clock
        self.is_over = False
        self._most = streams
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._open: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    def moved(self, attempt_id: str) -> None:
        """Wake whoever follows this attempt."""
        for watch in self._watches.get(attempt_id, ()):
            watch.wake()

    def end(self) -> None:
        """Let every stream come to its end: the application goes down."""
        self.is_over = True
        for attempt_id in tuple(self._watches):
            self.moved(attempt_id)

    @contextmanager
    def watch(self, owner: str, attempt_id: str) -> Iterator[Watch]:
        """A place for one stream. Raises Problem where the owner has as many as are allowed."""
        if self._open[owner] >= self._most:
            raise Problem("too_many_streams", f"at most {self._most} are open at once")
        watch = Watch(self)
        self._open[owner] += 1
        self._watches[attempt_id].add(watch)
        try:
            yield watch
        finally:
            self._leave(owner, attempt_id, watch)

    def _leave(self, owner: str, attempt_id: str, watch: Watch) -> None:
        self._open[owner] -= 1
        if not self._open[owner]:
            del self._open[owner]
        self._watches[attempt_id].discard(watch)
        if not self._watches[attempt_id]:
            del self._watches[attempt_id]


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, object]) -> bool:
    """Whether the work was done before `seconds` of this clock had passed; else it is cancelled."""
    loop = asyncio.get_running_loop()
    doing, passing = loop.create_task(work), loop.create_task(clock.sleep(seconds))
    try:
        done, _ = await asyncio.wait((doing, passing), return_when=asyncio.FIRST_COMPLETED)
        if doing in done:
            doing.result()
        return doing in done
    finally:
        for task in (doing, passing):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(doing, passing, return_exceptions=True)
