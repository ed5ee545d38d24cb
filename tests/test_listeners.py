"""Listeners: at least once, in each attempt's order, also after a failure or a crash."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from powens_flow import events as e
from powens_flow.lanes import TellLater
from powens_flow.listeners import Change, Listeners, Subscription
from powens_flow.outcomes import Outcome
from powens_flow.store.memory import MemoryStore
from tests.small_world import SmallWorld, small_world


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


class Ear:
    """A listener that remembers what it heard, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.heard: list[tuple[str, int]] = []
        self.changes: list[Change] = []
        self.fails = fails

    async def __call__(self, change: Change) -> None:
        self.heard.append((change.row.attempt_id, change.row.seq))
        self.changes.append(change)
        if self.fails > 0:
            self.fails -= 1
            raise RuntimeError("S3cr3t")

    def of(self, attempt_id: str) -> list[int]:
        return [seq for heard, seq in self.heard if heard == attempt_id]


def ear_of(here: SmallWorld, fails: int = 0, **wishes: str) -> Ear:
    ear = Ear(fails)
    here.engine.on(**wishes)(ear)
    return ear


async def rung(here: SmallWorld) -> str:
    """An attempt that went from asking to its end; its id."""
    attempt_id = await here.started()
    await here.engine.for_owner("owner-1").send(attempt_id, e.Acted())
    return attempt_id


async def test_one_whose_work_is_cancelled_before_it_began_closes_at_once() -> None:
    listeners = Listeners(MemoryStore())
    listeners.add(Subscription(Ear(), None, None))
    await listeners.retell()
    worker = next(task for task in asyncio.all_tasks() if task is not asyncio.current_task())
    worker.cancel()  # a backend that fails as it starts
    await asyncio.wait([worker])
    async with asyncio.timeout(1):
        await listeners.close(within=30.0)


# --- hearing ------------------------------------------------------------------------------------


async def test_each_transition_is_heard_once_in_order(here: SmallWorld) -> None:
    ear = ear_of(here)
    first, second = await rung(here), await rung(here)
    await here.engine.settled()
    for attempt_id in (first, second):
        rows = await here.engine.history(attempt_id)
        assert ear.of(attempt_id) == [row.seq for row in rows] == [1, 2, 3]
    assert await here.store.untold(10) == ()


async def test_what_is_heard_was_saved(here: SmallWorld) -> None:
    saved: list[bool] = []

    @here.engine.on()
    async def listener(change: Change) -> None:
        rows = await here.store.history(change.row.attempt_id)
        saved.append(change.row in rows)

    await rung(here)
    await here.engine.settled()
    assert saved == [True, True, True]


async def test_only_what_was_asked_for_is_heard(here: SmallWorld) -> None:
    ends = ear_of(here, state="finished")
    others = ear_of(here, machine="add_connection")
    bells = ear_of(here, machine="bell", state="ringing")
    attempt_id = await rung(here)
    await here.engine.settled()
    assert ends.of(attempt_id) == [3]
    assert others.heard == []
    assert bells.of(attempt_id) == [1]


async def test_an_end_is_told_as_one(here: SmallWorld) -> None:
    ear = ear_of(here)
    here.bell.listens.append(Outcome("interaction_needed"))
    attempt_id = await rung(here)
    await here.engine.settled()
    assert not any(change.ended for change in ear.changes)
    await here.engine.for_owner("owner-1").send(attempt_id, e.Cancel())
    await here.engine.settled()
    assert [change.ended for change in ear.changes[-2:]] == [False, True]
    assert ear.changes[-1].row.dest == "cancelled"


async def test_without_listeners_nothing_is_kept_for_them(here: SmallWorld) -> None:
    await rung(here)
    ear = ear_of(here)
    await here.engine.settled()
    assert await here.store.untold(10) == ()
    assert ear.heard == []


async def test_a_slow_listener_holds_up_no_attempt(here: SmallWorld) -> None:
    gate = asyncio.Event()

    @here.engine.on()
    async def listener(change: Change) -> None:
        await gate.wait()

    assert await here.state(await rung(here)) == "finished"
    assert await here.state(await rung(here)) == "finished"
    assert len(await here.store.untold(10)) == 6
    gate.set()
    await here.engine.settled()
    assert await here.store.untold(10) == ()


# --- failing ------------------------------------------------------------------------------------


async def test_a_listener_that_failed_hears_it_again_and_nothing_before(here: SmallWorld) -> None:
    ear = ear_of(here, fails=1)
    attempt_id = await rung(here)
    await here.engine.settled()
    await retold(here)
    assert ear.of(attempt_id)[0] == 1
    assert sorted(set(ear.of(attempt_id))) == [1, 2, 3]
    assert last_of_each(ear.of(attempt_id)) == [1, 2, 3]
    assert await here.store.untold(10) == ()


async def test_a_failure_with_one_attempt_keeps_no_other_from_being_told(here: SmallWorld) -> None:
    deaf_to = await here.started()
    heard: list[str] = []

    @here.engine.on(state="finished")
    async def listener(change: Change) -> None:
        if change.row.attempt_id == deaf_to:
            raise RuntimeError
        heard.append(change.row.attempt_id)

    await here.engine.for_owner("owner-1").send(deaf_to, e.Acted())
    other = await rung(here)
    await here.engine.settled()
    assert heard == [other]
    assert {one.row.attempt_id for one in await here.store.untold(10)} == {deaf_to}


async def test_a_listener_that_always_fails_never_stops_the_engine(here: SmallWorld) -> None:
    ear = ear_of(here, fails=10**6)
    attempt_id = await rung(here)
    for _ in range(3):
        await retold(here)
    assert set(ear.of(attempt_id)) == {1}
    assert [one.row.seq for one in await here.store.untold(10)] == [1, 2, 3]
    assert await here.state(await rung(here)) == "finished"


async def test_run_tells_again_what_was_left_untold(here: SmallWorld) -> None:
    ear = ear_of(here, fails=1)
    attempt_id = await rung(here)
    await here.engine.settled()
    running = asyncio.create_task(here.engine.run())
    for _ in range(80):
        for _ in range(5):
            await asyncio.sleep(0)
        here.clock.advance(0.5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert last_of_each(ear.of(attempt_id)) == [1, 2, 3]


async def retold(here: SmallWorld) -> None:
    await here.engine.settled()
    await here.engine._listeners.retell()
    await here.engine.settled()


def last_of_each(heard: list[int]) -> list[int]:
    """Without what was heard again later."""
    return [seq for place, seq in enumerate(heard) if seq not in heard[place + 1 :]]


# --- a crash between saving and telling ---------------------------------------------------------


async def test_what_was_saved_and_not_told_is_told_by_the_next_process(here: SmallWorld) -> None:
    gate = asyncio.Event()

    @here.engine.on()
    async def dies(change: Change) -> None:
        await gate.wait()  # the process ends here

    attempt_id = await rung(here)
    next_process = Listeners(here.store)
    ear = Ear()
    next_process.add(Subscription(ear))
    await next_process.retell()
    await next_process.settled()
    assert ear.of(attempt_id) == [1, 2, 3]
    assert await here.store.untold(10) == ()
    gate.set()
    await here.engine.settled()


async def test_telling_again_what_is_being_told_tells_it_once(here: SmallWorld) -> None:
    gate = asyncio.Event()
    heard: list[int] = []

    @here.engine.on()
    async def slow(change: Change) -> None:
        await gate.wait()
        heard.append(change.row.seq)

    await rung(here)
    await here.engine._listeners.retell()
    gate.set()
    await here.engine.settled()
    assert heard == [1, 2, 3]


async def test_more_than_one_reading_of_what_is_untold_is_told_in_the_end(
    here: SmallWorld,
) -> None:
    ear_of(here, fails=10**6)
    for _ in range(4):
        await rung(here)
    await here.engine.settled()
    ear = Ear()
    process = Listeners(here.store)
    process.add(Subscription(ear))
    for _ in range(6):
        await process.retell(limit=2)
        await process.settled()
    assert await here.store.untold(20) == ()
    assert len(ear.heard) == 12


async def test_nobody_listening_tells_nothing(here: SmallWorld) -> None:
    ear_of(here, fails=10**6)
    await rung(here)
    await here.engine.settled()
    nobody = Listeners(here.store)
    assert not nobody
    await nobody.retell()
    await nobody.settled()
    assert len(await here.store.untold(10)) == 3


async def test_closing_tells_what_is_left(here: SmallWorld) -> None:
    ear = ear_of(here)
    attempt_id = await rung(here)
    await here.engine.close()
    assert ear.of(attempt_id) == [1, 2, 3]


async def test_an_attempt_that_a_dead_process_drove_is_told_by_who_takes_it_up(
    here: SmallWorld,
) -> None:
    ear = ear_of(here)
    here.bell.gate = asyncio.Event()
    attempt_id = await here.started()
    ringing = asyncio.create_task(here.engine.for_owner("owner-1").send(attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    ringing.cancel()
    await here.engine.close()
    assert ear.of(attempt_id) == [1]
    here.bell.gate = None
    here.clock.advance(timedelta(seconds=30).total_seconds())
    async with here.another_engine() as other:
        heard = Ear()
        other.on()(heard)
        await other.tick()
        await other.settled()
    assert heard.of(attempt_id) == [2]


# --- order, and those who do not fail -----------------------------------------------------------


async def test_what_follows_a_failure_waits_for_it(here: SmallWorld) -> None:
    ear = ear_of(here, fails=1)
    attempt_id = await here.started()
    await here.engine.for_owner("owner-1").send(attempt_id, e.Approved())
    await here.engine.settled()
    assert ear.of(attempt_id) == [1]  # and failed
    await here.engine.for_owner("owner-1").send(attempt_id, e.Approved())
    await here.engine.settled()
    assert ear.of(attempt_id) == [1]
    await retold(here)
    assert ear.of(attempt_id) == [1, 1, 2]


async def test_who_does_not_fail_hears_all_of_it_once(here: SmallWorld) -> None:
    failing, steady = ear_of(here, fails=10**6), ear_of(here)
    attempt_id = await rung(here)
    await retold(here)
    await retold(here)
    assert steady.of(attempt_id) == [1, 2, 3]
    assert set(failing.of(attempt_id)) == {1}


async def test_telling_again_in_the_middle_keeps_the_order(here: SmallWorld) -> None:
    gate = asyncio.Event()
    heard: list[int] = []

    @here.engine.on()
    async def slow(change: Change) -> None:
        await gate.wait()
        heard.append(change.row.seq)
        if heard == [1]:
            await here.engine._listeners.retell()
            raise RuntimeError

    attempt_id = await rung(here)
    for _ in range(3):
        await asyncio.sleep(0)
    gate.set()
    await here.engine.settled()
    await retold(here)
    assert heard == [1, 1, 2, 3]
    assert await here.state(attempt_id) == "finished"


async def test_a_store_that_fails_to_remember_is_told_again(here: SmallWorld) -> None:
    ear = ear_of(here)
    here.store.fails = 1
    attempt_id = await rung(here)
    await here.engine.settled()
    assert len(await here.store.untold(10)) == 3
    await retold(here)
    assert await here.store.untold(10) == ()
    assert set(ear.of(attempt_id)) == {1, 2, 3}


# --- order without memory, and those who want to be left alone ----------------------------------


async def test_what_a_dead_process_left_is_told_before_what_follows_it(here: SmallWorld) -> None:
    gate = asyncio.Event()

    @here.engine.on()
    async def dies(change: Change) -> None:
        await gate.wait()  # the process ends here

    attempt_id = await here.started()
    await here.engine.for_owner("owner-1").send(attempt_id, e.Approved())
    async with here.another_engine() as other:
        ear = Ear()
        other.on()(ear)
        await other.for_owner("owner-1").send(attempt_id, e.Approved())
        await other.settled()
    assert ear.of(attempt_id) == [1, 2]
    gate.set()


async def test_a_lane_that_has_forgotten_an_attempt_asks_the_store(
    here: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powens_flow.lanes.REMEMBERED", 1)
    ear = ear_of(here)
    attempt_id = await here.started()
    for _ in range(2):
        await here.engine.for_owner("owner-1").send(attempt_id, e.Approved())
        await rung(here)
        await here.engine.settled()
    assert ear.of(attempt_id) == [1, 2]
    assert await here.store.untold(10) == ()


class Closed:
    """A listener that wants to be left alone for a minute, of one attempt or of all."""

    def __init__(self, *, everything: bool) -> None:
        self.everything = everything
        self.is_open = False
        self.asked: list[tuple[str, int]] = []
        self.heard: list[tuple[str, int]] = []
        self.at_once = 8

    async def __call__(self, change: Change) -> None:
        key = (change.row.attempt_id, change.row.seq)
        self.asked.append(key)
        if not self.is_open:
            raise TellLater("closed", 60, everything=self.everything)
        self.heard.append(key)


async def test_who_can_hear_nothing_is_asked_once_until_its_time(here: SmallWorld) -> None:
    closed = Closed(everything=True)
    here.engine.on()(closed)
    ids = [await rung(here) for _ in range(20)]
    for _ in range(3):
        here.clock.advance(19)
        await retold(here)
    assert closed.asked == [(ids[0], 1)]
    here.clock.advance(3)
    await retold(here)
    assert closed.asked == [(ids[0], 1)] * 2  # one at a time, and still closed


async def test_who_was_closed_hears_all_of_it_in_order(here: SmallWorld) -> None:
    closed = Closed(everything=True)
    here.engine.on()(closed)
    ids = [await rung(here) for _ in range(5)]
    await here.engine.settled()
    late = await here.started()
    closed.is_open = True
    here.clock.advance(61)
    await here.engine.for_owner("owner-1").send(late, e.Acted())
    await retold(here)
    for attempt_id in (*ids, late):
        assert [seq for one, seq in closed.heard if one == attempt_id] == [1, 2, 3]
    assert await here.store.untold(100) == ()


async def test_who_cannot_hear_of_one_attempt_hears_of_the_others(here: SmallWorld) -> None:
    closed = Closed(everything=False)
    here.engine.on()(closed)
    first = await rung(here)
    await here.engine.settled()
    closed.is_open = True
    second = await rung(here)
    await retold(here)
    assert {one for one, _ in closed.heard} == {second}
    here.clock.advance(61)
    await retold(here)
    assert [seq for one, seq in closed.heard if one == first] == [1, 2, 3]


async def test_a_slow_listener_holds_up_no_other(here: SmallWorld) -> None:
    gate = asyncio.Event()

    @here.engine.on()
    async def slow(change: Change) -> None:
        await gate.wait()

    ear = ear_of(here)
    attempt_id = await rung(here)
    for _ in range(20):
        await asyncio.sleep(0)
    assert ear.of(attempt_id) == [1, 2, 3]
    gate.set()
    await here.engine.settled()
    assert await here.store.untold(10) == ()


async def test_closing_waits_for_no_listener_for_ever(here: SmallWorld) -> None:
    @here.engine.on()
    async def never(change: Change) -> None:
        await asyncio.Event().wait()

    await rung(here)
    await here.engine._listeners.close(within=0)
    assert len(await here.store.untold(10)) == 3
