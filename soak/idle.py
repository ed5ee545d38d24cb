"""An attempt on which nobody acts: time passes, from one moment at which it is due to the next."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from attrs import define, field

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.decisions.waiting import MARGIN
from powens_flow.engine import Engine
from powens_flow.store.port import Store
from powens_flow.vocabulary import EXPIRE
from soak.check import Bad
from soak.stage import Stage

LATEST = timedelta(seconds=1)
"""How late a deadline may be noticed."""

MOST = 800
"""Looks after which an attempt that does not end by itself never will."""

REAL_SECONDS = 5.0
"""How long a drive may take; in no measure of what is shown here."""

TURNS = 10
"""How often the store is asked before time goes on, so that `run()` comes to its turn."""

MOST_SIGNALS = 20


@define(eq=False)
class Idle:
    """Watches one attempt; `bad` is what was not as it has to be.

    `began` is when the engine that has the attempt now began to look after it.
    """

    on: Stage
    store: Store
    engine: Engine
    attempt_id: str
    wakes: bool = False
    runs: bool = False
    began: datetime | None = None
    bad: list[Bad] = field(factory=list)
    _signals: int = 0

    async def attempt(self) -> Attempt:
        """The attempt as it is stored."""
        attempt = await self.store.load(self.attempt_id)
        assert attempt is not None, "it was made here"
        return attempt

    @asynccontextmanager
    async def taken_over(self, store: Store, engine: Engine, *, runs: bool) -> AsyncIterator[None]:
        """Another engine looks after it, with its own `run()`."""
        self.store, self.engine, self.runs = store, engine, runs
        self.began = self.on.clock.now()
        task = asyncio.create_task(engine.run()) if runs else None
        try:
            await self._taken_up()
            yield
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def sleep_through(self, seconds: float) -> None:
        """Nobody looks after it until so long after its deadline. The store may be closed."""
        async with self.store:  # type: ignore[attr-defined]
            attempt = await self.attempt()
        assert attempt.deadline_at is not None, "it waits"
        self.on.clock.advance_to(attempt.deadline_at + timedelta(seconds=seconds))

    async def until_ended(self) -> None:
        """Lets time pass until the attempt has ended."""
        for _ in range(MOST):
            if (await self.attempt()).due_at is None:
                return
            await self.step()
        self.bad.append(("lost", f"goes on and on: {(await self.attempt()).state}"))

    async def until_the_last_moment(self) -> None:
        """Lets time pass until nothing comes before the deadline of the present wait."""
        for _ in range(MOST):
            attempt = await self.attempt()
            if attempt.due_at == attempt.deadline_at:
                return
            await self.step()

    async def step(self) -> None:
        """Lets time pass until the attempt is due, and has it taken up."""
        before = await self.attempt()
        assert before.due_at is not None, "it has not ended"
        self.bad += _out_of_bounds(before)
        if before.due_at == before.deadline_at:
            await self._nothing_sooner(before)
        if self.wakes and self._signals < MOST_SIGNALS:
            self._signals += 1
            await self._woken()
            before = await self.attempt()
        await self._pass_to(before.due_at or self.on.clock.now())
        self.bad += _moved(before, await self.attempt())

    async def _nothing_sooner(self, before: Attempt) -> None:
        """A second before its deadline the wait still stands."""
        assert before.deadline_at is not None, "it waits"
        await self._pass_to(before.deadline_at - timedelta(seconds=1))
        if (await self.attempt()).state != before.state:
            self.bad.append(("lost", f"{before.state} ended before its deadline"))

    async def _woken(self) -> None:
        """A signal, doubled."""
        for _ in range(2):
            before = await self.attempt()
            await self.engine.wake(self.attempt_id)
            await self.engine.settled(within=REAL_SECONDS)
            self.bad += _moved(before, await self.attempt())

    async def _pass_to(self, moment: datetime) -> None:
        self.on.clock.advance_to(moment)
        if not self.runs:
            await self.engine.tick()
            await self.engine.settled(within=REAL_SECONDS)
        else:
            await self._taken_up()

    async def _taken_up(self) -> None:
        """`run()` takes up what is due, while the clock goes on for less than a second."""
        for _ in range(15):
            if not await self._is_due_after(TURNS):
                break
            self.on.clock.advance(0.05)
        if await self._is_due_after(100 * TURNS):
            self.bad.append(("lost", "run() does not take it up"))
        await self.engine.settled(within=REAL_SECONDS)

    async def _is_due_after(self, turns: int) -> bool:
        """Whether it is due, and stays so while the store answers so often: others' turns too."""
        for _ in range(turns):
            if not _is_due(await self.attempt(), self.on.clock.now()):
                return False
        return True


def _is_due(attempt: Attempt, now: datetime) -> bool:
    return attempt.due_at is not None and attempt.due_at <= now


def _moved(before: Attempt, after: Attempt) -> Iterator[Bad]:
    """The deadline of a wait stands, whatever was looked at meanwhile."""
    if after.due_at is None or before.deadline_of != after.deadline_of:
        return
    if before.deadline_at != after.deadline_at:
        yield "lost", f"the deadline of {after.deadline_of} was moved"


def _out_of_bounds(attempt: Attempt) -> Iterator[Bad]:
    """A wait ends before the temporary user does, so that it can be cleaned up."""
    user, deadline = attempt.user, attempt.deadline_at
    if user is None or user.expires_at is None or deadline is None or attempt.ending is not None:
        return
    if deadline > max(attempt.entered_at, user.expires_at - MARGIN):
        yield "lost", f"{attempt.deadline_of} outlives the temporary user"


def on_time(rows: Iterable[JournalRow], began: datetime | None) -> Iterator[Bad]:
    """Each deadline was noticed within a second, or within one of when somebody began to look."""
    for row in rows:
        if row.trigger != EXPIRE:
            continue
        deadline = datetime.fromisoformat(row.facts["deadline"])
        if not deadline <= row.at <= max(deadline, began or deadline) + LATEST:
            late = (row.at - deadline).total_seconds()
            yield "lost", f"{row.source} expired {late:g} seconds after its deadline"
