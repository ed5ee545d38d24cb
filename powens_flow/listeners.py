"""Who hears of saved transitions: at least once, in each attempt's order, also after a crash."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.clock import Clock, SystemClock
from powens_flow.lanes import Key, Lane, key_of
from powens_flow.store.port import Store, StoreError, Untold

log = structlog.get_logger("powens_flow")

LOOKED_OVER = 5_000
"""Attempts that are looked over in one turn of the loop: behind a dead listener there are many."""

CLOSING = 15.0
"""Seconds that listeners are given when the engine closes; what is left is told later."""


@frozen
class Change:
    """A saved transition: its journal row, and the attempt as it was saved then or later."""

    attempt: Attempt
    row: JournalRow

    @property
    def ended(self) -> bool:
        """Whether the transition led to a final state."""
        attempt = self.attempt
        is_over = attempt.result is not None or attempt.cleanup is not None
        return is_over and attempt.state == self.row.dest


Listener = Callable[[Change], Awaitable[None]]
"""What raises an error has not heard; `lanes.TellLater` says when to tell it again."""


@frozen
class Subscription:
    """A listener and what it wants to hear: one state, one machine, or all.

    `formerly`: by machine, the state's names of before, as rows may carry that were saved then.
    """

    listener: Listener
    state: str | None = None
    machine: str | None = None
    formerly: frozenset[tuple[str, str]] = frozenset()

    def wants(self, change: Change) -> bool:
        machine, dest = change.attempt.machine, change.row.dest
        is_state = self.state in (None, dest) or (machine, dest) in self.formerly
        return is_state and self.machine in (None, machine)

    async def tell(self, one: Untold) -> None:
        """Let the listener hear it, if it wants to."""
        change = Change(one.attempt, one.row)
        if self.wants(change):
            await self.listener(change)

    @property
    def at_once(self) -> int:
        """How many attempts the listener may hear of at the same time: its own `at_once`."""
        return int(getattr(self.listener, "at_once", 1))


class Listeners:
    """Tells the listeners, away from the path of an event, and remembers what was told.

    What they must hear was saved with the transition; `told` is written afterwards, so that a
    crash between the two tells again rather than never. Each listener has a lane of its own: one
    that is slow or fails holds up no other. What is read from the store waits only while all lanes
    are full; for one that was left out it is read again. A listener that fails hears of the same
    transition again with a later `retell`, and of what follows it after that.
    """

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._lanes: list[Lane] = []
        self._told: dict[Key, None] = {}
        self._look_at: OrderedDict[str, int] = OrderedDict()
        self._look_at_all = False
        self._page = 500
        self._worker: asyncio.Task[None] | None = None
        self._has_news = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def add(self, subscription: Subscription) -> None:
        lane = Lane(subscription.tell, subscription.at_once, self._clock, self._heard)
        self._lanes.append(lane)

    def tell(self, untold: Iterable[Untold]) -> None:
        """Tell these soon."""
        for one in untold:
            if not self._offered(one):
                attempt_id, seq = key_of(one)
                self._look_at[attempt_id] = max(seq, self._look_at.get(attempt_id, 0))
                self._work_soon()

    async def retell(self, limit: int = 500) -> None:
        """Tell what an earlier process, or a failing listener, left untold.

        It is read from the store `limit` attempts at a time, in the background.
        """
        now = self._clock.now()
        reopened = [lane.reopen(now) for lane in self._lanes]
        if any(reopened):
            self._page, self._look_at_all = limit, True
            self._work_soon()

    async def settled(self) -> None:
        """Wait until everything handed over so far was told, or failed."""
        while tasks := self._tasks():
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self, within: float = CLOSING) -> None:
        """Wait until all was told, at most `within` seconds; the rest is told by a later run."""
        try:
            await asyncio.wait_for(self.settled(), within)
        except TimeoutError:
            log.warning("listeners.cut_short")
        tasks = self._tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        working = (self._worker, *(task for lane in self._lanes for task in lane.tasks))
        return [task for task in working if task is not None and not task.done()]

    # --- hearing -----------------------------------------------------------------------------

    def _offered(self, one: Untold) -> bool:
        """Whether no lane lacks what came before."""
        in_order = [lane.offer(one) for lane in self._lanes]
        self._remember(one)
        return all(in_order)

    def _heard(self, one: Untold) -> None:
        self._remember(one)
        if any(lane.has_room_again for lane in self._lanes):
            self._work_soon()

    def _remember(self, one: Untold) -> None:
        key = key_of(one)
        if self._all_have_heard(*key):
            self._told[key] = None
            for lane in self._lanes:
                lane.all_have_heard(*key)
            self._work_soon()

    def _all_have_heard(self, attempt_id: str, seq: int) -> bool:
        return all(lane.has_heard(attempt_id, seq) for lane in self._lanes)

    # --- the store ---------------------------------------------------------------------------

    def _work_soon(self) -> None:
        self._has_news.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            await asyncio.sleep(0)  # what one burst of saves tells is remembered in one write
            while self._has_work():
                await self._write_told()
                await self._look()
                await self._catch_up()
        except StoreError as error:  # told again with the next `retell`
            self._told, self._look_at, self._look_at_all = {}, OrderedDict(), False
            log.error("listeners.not_remembered", error=type(error).__name__)

    def _has_work(self) -> bool:
        has_room_again = any(lane.has_room_again for lane in self._lanes)
        return bool(self._told or self._look_at or self._look_at_all or has_room_again)

    async def _write_told(self) -> None:
        told, self._told = self._told, {}
        if told:
            await self._store.told(tuple(told))

    async def _look(self) -> None:
        """Read what the lanes lack, as far as there is room for it."""
        if self._look_at_all:
            self._look_at_all = False
            untold = await self._store.untold_attempts()
            self._look_at.update(untold)
            for lane in self._lanes:
                lane.forget_all_but(untold)
        wanted = self._looked_over()
        if wanted:
            await self._read(wanted, self._lanes)
        elif self._look_at:
            await asyncio.sleep(0)
        while self._look_at and (tasks := self._tasks_of_full_lanes()):
            await self._news_of(tasks)

    async def _news_of(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Wait for one of these to end, or for other work: a full lane may hang."""
        self._has_news.clear()
        await self._write_told()
        news = asyncio.ensure_future(self._has_news.wait())
        try:
            await asyncio.wait((*tasks, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()

    def _looked_over(self) -> list[str]:
        """The next attempts that have to be read, of those to look at."""
        wanted: list[str] = []
        for _ in range(min(LOOKED_OVER, len(self._look_at))):
            attempt_id, last = self._look_at.popitem(last=False)
            if self._has_to_be_read(attempt_id, last):
                wanted.append(attempt_id)
            if len(wanted) == self._page:
                break
        return wanted

    def _has_to_be_read(self, attempt_id: str, last: int) -> bool:
        """Whether a lane that has room lacks something, or the store lacks that all have heard."""
        lacking = [lane for lane in self._lanes if lane.lacks(attempt_id, last)]
        for lane in lacking:
            if lane.is_full:
                lane.miss([attempt_id])
        if lacking:
            return not all(lane.is_full for lane in lacking)
        return self._all_have_heard(attempt_id, last)

    async def _catch_up(self) -> None:
        """Read what a lane had no room for, for that lane alone: the others have heard it."""
        for lane in self._lanes:
            if lane.has_room_again:
                await self._read(lane.missed(self._page), [lane])

    async def _read(self, attempt_ids: Sequence[str], lanes: Iterable[Lane]) -> None:
        """Offer what the store has of these to each lane that has room for it."""
        untold = await self._store.untold_of(attempt_ids)
        for lane in lanes:
            if lane.is_full:
                lane.miss(attempt_ids)
                continue
            for one in untold:
                lane.offer(one, first=True)
        for one in untold:
            self._remember(one)

    def _tasks_of_full_lanes(self) -> list[asyncio.Task[None]]:
        """What to wait for before more is read; nothing while any lane has room."""
        lanes = [lane for lane in self._lanes if lane.is_open]
        is_full = all(lane.is_full for lane in lanes)
        return [task for lane in lanes for task in lane.tasks] if is_full else []
