"""The drives under way in this process: started, leased for as long as they last, waited for."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog

from powens_flow import telemetry
from powens_flow.attempt import Attempt
from powens_flow.clock import Clock
from powens_flow.patience import Patience, wake
from powens_flow.store.port import Store, StoreError, Taken

log = structlog.get_logger("powens_flow")

LEASE = timedelta(seconds=30)
"""How long a lease lasts; it is renewed well before, as long as its holder lives."""


REMEMBERED = 256
"""How many refusals are kept for senders that have posted and not asked yet."""


class Drives:
    """Each attempt is driven by one task; `rested` is told of each that has come to rest, and
    each of `watchers` of the id of one whose drive has ended, however it did."""

    def __init__(self, store: Store, clock: Clock, holder: str, patience: float) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._patience = Patience(patience)
        self._tasks: dict[str, asyncio.Task[Attempt]] = {}
        self._rests: dict[asyncio.Task[Attempt], asyncio.Future[None]] = {}
        self._waiters: dict[tuple[str, int], asyncio.Future[None]] = {}
        self._held: Counter[str] = Counter()
        self._refused: OrderedDict[tuple[str, int], Exception] = OrderedDict()
        self._renewal: asyncio.Task[None] | None = None
        self.rested: Callable[[Attempt], None] = _nobody
        self.watchers: list[Callable[[str], None]] = []

    def __contains__(self, attempt_id: str) -> bool:
        return attempt_id in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, taken: Taken, work: Coroutine[Any, Any, Attempt]) -> asyncio.Task[Attempt]:
        """Drive a leased attempt. The task outlives whoever waits for it."""
        attempt_id = taken.attempt.id
        loop = asyncio.get_running_loop()
        task = loop.create_task(telemetry.driven(taken.attempt, work))
        self._tasks[attempt_id] = task
        task.add_done_callback(lambda done: self._end(attempt_id, done))
        self._keep_renewing()
        return task

    async def driven(self, taken: Taken, work: Coroutine[Any, Any, Attempt]) -> Attempt | None:
        """Drive a leased attempt to its rest; None, and it is driven on, when patience ends."""
        task = self.start(taken, work)
        rest = self._rests[task] = self._patience.begin()
        try:
            await rest
        finally:
            self._rests.pop(task, None)
            wake(rest)
        # One that was cut short by `close` is taken up again, here or elsewhere.
        return task.result() if task.done() and not task.cancelled() else None

    async def settled(self, within: float | None = None) -> bool:
        """Wait until nothing is driven, at most `within` seconds; whether nothing is."""
        loop = asyncio.get_running_loop()
        until = None if within is None else loop.time() + within
        while self._tasks:
            left = None if until is None else until - loop.time()
            if left is not None and left <= 0:
                return False
            await asyncio.wait(list(self._tasks.values()), timeout=left)
        return True

    async def close(self, grace: float) -> None:
        """Give what is under way `grace` seconds to rest; what is cut short is taken up again,
        here or elsewhere, when its lease has lapsed."""
        await self.settled(grace)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._patience.close()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    @contextmanager
    def held(self, attempt_id: str) -> Iterator[None]:
        """An attempt that was taken here is driven soon, or let go: what is posted meanwhile is
        waited for as if it were driven already, and its lease is renewed."""
        self._held[attempt_id] += 1
        self._keep_renewing()
        try:
            yield
        finally:
            self._held[attempt_id] -= 1
            if not self._held[attempt_id]:
                del self._held[attempt_id]
                if attempt_id not in self._tasks:
                    self._release_waiters(attempt_id)

    # --- those who wait for a posted event -------------------------------------------------------

    async def taken(self, attempt_id: str, seq: int) -> bool:
        """Wait until the drive that has the event posted as `seq` rests; False if patience ends.

        True also for one that nobody drives here any more: it was taken, or is elsewhere.

        Raises:
            Exception: why the event was refused.
        """
        refused = self._refused.pop((attempt_id, seq), None)
        if refused is not None:
            raise refused
        if attempt_id not in self._tasks and attempt_id not in self._held:
            return True
        waiter = self._waiters[attempt_id, seq] = self._patience.begin()
        try:
            await waiter
        finally:
            was_told = self._waiters.pop((attempt_id, seq), None) is None
            wake(waiter)
        return was_told

    def refuse(self, attempt_id: str, seq: int, error: Exception) -> None:
        """Tell whoever posted the event that it was refused, or is about to ask for it."""
        waiter = self._waiters.pop((attempt_id, seq), None)
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        elif waiter is None:
            self._refused[attempt_id, seq] = error
            if len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)

    def _end(self, attempt_id: str, task: asyncio.Task[Attempt]) -> None:
        if self._tasks.get(attempt_id) is task:
            del self._tasks[attempt_id]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            with suppress(Exception):  # a log that cannot be written keeps nobody waiting
                log.error("drive.failed", attempt=attempt_id, error=type(error).__name__)
        if task in self._rests:
            wake(self._rests[task])
        if self._waiters and attempt_id not in self._tasks:  # else they wait for a later drive
            self._release_waiters(attempt_id)
        if error is None and not task.cancelled():
            self.rested(task.result())
        self._tell_watchers(attempt_id)

    def _tell_watchers(self, attempt_id: str) -> None:
        for watcher in tuple(self.watchers):
            try:
                watcher(attempt_id)
            except Exception as error:  # one that fails is no reason for the others not to know
                log.error("watcher.failed", attempt=attempt_id, error=type(error).__name__)

    def _release_waiters(self, attempt_id: str) -> None:
        for key in [key for key in self._waiters if key[0] == attempt_id]:
            wake(self._waiters.pop(key))

    def _keep_renewing(self) -> None:
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        """Prolong the leases of what is driven or held here, for as long as anything is."""
        while True:
            await self._clock.sleep(LEASE.total_seconds() / 3)
            leased = {**self._tasks, **self._held}
            if not leased:
                self._renewal = None
                return
            until = self._clock.now() + LEASE
            try:
                await self._store.renew(self._holder, tuple(leased), until)
            except StoreError as error:  # tried again in time: a lease outlives two renewals
                with suppress(Exception):  # a log that cannot be written ends no renewal
                    log.error("lease.not_renewed", error=type(error).__name__)


def _nobody(attempt: Attempt) -> None:
    """Nobody looks at what is due."""
