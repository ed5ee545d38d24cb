"""Takes up what is due: deadlines, polls, retries, and attempts whose process has died."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from powens_flow import telemetry
from powens_flow.api.pacing import in_background
from powens_flow.attempt import Attempt
from powens_flow.clock import Clock, Pause
from powens_flow.decisions import waiting
from powens_flow.drive import Drive
from powens_flow.drives import LEASE, Drives
from powens_flow.evolving import evolve
from powens_flow.inbox import CANCELLATIONS, first_of
from powens_flow.listeners import Listeners
from powens_flow.machine import Machines
from powens_flow.store.port import Posted, Store, StoreError, Taken

log = structlog.get_logger("powens_flow")

AT_ONCE = 100
"""How many attempts one process drives at the same time because they are due."""

SLOW = timedelta(seconds=60)
"""After this a drive holds up no other: it waits for somebody, and makes no load."""

LOOK_EVERY = 0.5
"""Seconds after which the store is looked at again, whatever this process knows."""

RETELL_EVERY = timedelta(seconds=30)
"""How often listeners are told again what they, or a dead process, left untold."""


class Due:
    """The clock's part of an engine."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        holder: str,
        *,
        machines: Machines,
        drives: Drives,
        listeners: Listeners,
        drive: Callable[[Taken], Drive],
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._machines = machines
        self._drives = drives
        self._listeners = listeners
        self._drive = drive
        self._tasks: dict[asyncio.Task[Attempt], datetime] = {}
        self._retold: Pause | None = None
        self._looks_at: datetime | None = None
        self._sooner = asyncio.Event()
        drives.rested = self._rested

    async def run(self) -> None:
        """For ever. A slow call of one attempt keeps no other waiting."""
        while True:
            try:
                await self._retell()
                if not await self._take_up():
                    await self._pause()
            except Exception as error:  # a store that is away for a moment ends no deadline
                with suppress(Exception):  # nor does a log that cannot be written
                    log.error("due.failed", error=type(error).__name__)
                await self._clock.sleep(LOOK_EVERY)

    async def tick(self) -> int:
        """What is due at this moment, driven to rest; answers how many there were."""
        tasks = await self._take_up()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    async def _take_up(self) -> list[asyncio.Task[Attempt]]:
        now = self._clock.now()
        limit = AT_ONCE - sum(now - begun < SLOW for begun in self._tasks.values())
        if limit <= 0:
            return []
        due = await self._store.due(
            holder=self._holder, now=now, until=now + LEASE, limit=limit, fits=self._fits
        )
        tasks = [self._drives.start(taken, self._driven(taken)) for taken in due]
        for task in tasks:
            self._tasks[task] = now
            task.add_done_callback(self._tasks.pop)
        return tasks

    def _fits(self, attempt: Attempt, inbox: Sequence[Posted]) -> bool:
        """Not of a version that another process runs, as long as that one may still take it up.

        Nor one that is driven here: its lease has lapsed because the clock leapt ahead, as after a
        pause of the whole machine, and its holder lives.
        """
        if attempt.id in self._drives:
            return False
        machine = self._machines.get(attempt.machine)
        if machine is None:
            return False
        if machine.today(attempt.state) is not None:
            return True
        is_cancelled = first_of(CANCELLATIONS, inbox) is not None
        return is_cancelled or self._clock.now() >= waiting.unfit_until(attempt)

    async def _driven(self, taken: Taken) -> Attempt:
        drive = self._drive(taken)
        if taken.lapsed or taken.inbox or drive.is_calling() or drive.tick():
            with in_background():  # nobody asked for it just now
                return await drive.run()
        inbox = await self._store.release(taken.lease)
        return await self._drive(evolve(taken, inbox=inbox)).run() if inbox else taken.attempt

    async def _retell(self) -> None:
        now = self._clock.now()
        if self._retold is None or not self._retold.lasts(now):
            self._retold = Pause(now, now + RETELL_EVERY)
            await self._listeners.retell()
            await self._count()

    async def _count(self) -> None:
        """How many attempts are in which state, for whoever watches."""
        watched = telemetry.active()
        if watched is not None:
            with suppress(StoreError):  # a number that is not told costs nobody anything
                watched.counted(await self._store.live_states())

    async def _pause(self) -> None:
        """Until something may be due: its time, or a new one that a drive has just saved."""
        now = self._clock.now()
        due = await self._store.next_due()
        left = LOOK_EVERY if due is None else (due - now).total_seconds()
        pause = min(LOOK_EVERY, max(0.02, left))
        self._looks_at = now + timedelta(seconds=pause)
        self._sooner.clear()
        sleep = asyncio.ensure_future(self._clock.sleep(pause))
        sooner = asyncio.ensure_future(self._sooner.wait())
        try:
            await asyncio.wait((sleep, sooner), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._looks_at = None
            sleep.cancel()
            sooner.cancel()

    def _rested(self, attempt: Attempt) -> None:
        """Wake up for what is due before the next look; what was saved before it is seen then."""
        looks_at, due_at = self._looks_at, attempt.due_at
        if looks_at is not None and due_at is not None and due_at < looks_at:
            self._sooner.set()
