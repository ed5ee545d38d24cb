"""What is told later: after a crash, by who remembers nothing, when somebody can hear again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from powens_flow import events as e
from powens_flow.lanes import TellLater
from powens_flow.listeners import Change, Listeners, Subscription
from powens_flow.store.memory import MemoryStore
from tests.ears import Ear, Hanging, ear_of, retold, rung
from tests.small_world import SmallWorld, small_world, turns


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


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
    assert closed.asked == [(ids[0], 1), (ids[1], 1)]  # one at a time, and still closed


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


async def left_by_a_dead_process(here: SmallWorld, attempts: int) -> list[str]:
    """Attempts of three transitions each, of which nobody has heard."""
    ear_of(here, fails=10**6)
    ids = [await rung(here) for _ in range(attempts)]
    await here.engine.settled()
    return ids


async def test_a_listener_that_hangs_keeps_no_other_from_what_an_earlier_process_left(
    here: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powens_flow.lanes.QUEUED", 4)
    ids = await left_by_a_dead_process(here, 8)
    process, hanging, ear = Listeners(here.store), Hanging(), Ear()
    process.add(Subscription(hanging))
    process.add(Subscription(ear))
    await process.retell(limit=1)
    await turns(200)
    assert hanging.heard == []
    assert ear.heard == [(one, seq) for one in ids for seq in (1, 2, 3)]
    hanging.gate.set()
    await process.settled()
    assert sorted(hanging.heard) == sorted(ear.heard)
    assert [hanging.of(one) for one in ids] == [[1, 2, 3]] * 8
    assert len(ear.heard) == 24  # what was read again for the other was heard before
    assert await here.store.untold(100) == ()


async def test_what_a_full_lane_left_in_the_store_is_told_in_order_when_there_is_room(
    here: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powens_flow.lanes.QUEUED", 4)
    hanging = Hanging()
    here.engine.on()(hanging)
    ids = [await here.started() for _ in range(8)]
    for one in ids:
        await here.engine.for_owner("owner-1").send(one, e.Acted())
    late = await rung(here)
    (lane,) = here.engine._listeners._lanes
    assert len(lane) == 5
    hanging.gate.set()
    await here.engine.settled()
    assert [hanging.of(one) for one in (*ids, late)] == [[1, 2, 3]] * 9
    assert await here.store.untold(100) == ()


async def test_closing_waits_for_no_listener_for_ever(here: SmallWorld) -> None:
    @here.engine.on()
    async def never(change: Change) -> None:
        await asyncio.Event().wait()

    await rung(here)
    await here.engine._listeners.close(within=0)
    assert len(await here.store.untold(10)) == 3


# --- closing ------------------------------------------------------------------------------------


async def test_one_whose_work_is_cancelled_before_it_began_closes_at_once() -> None:
    listeners = Listeners(MemoryStore())
    listeners.add(Subscription(Ear(), None, None))
    await listeners.retell()
    worker = next(task for task in asyncio.all_tasks() if task is not asyncio.current_task())
    worker.cancel()  # a backend that fails as it starts
    await asyncio.wait([worker])
    async with asyncio.timeout(1):
        await listeners.close(within=30.0)


async def test_a_lane_whose_work_is_cancelled_before_it_began_tells_it_later(
    here: SmallWorld,
) -> None:
    ear_of(here, fails=10**6)
    attempt_id = await rung(here)
    await here.engine.settled()
    process, ear = Listeners(here.store), Ear()
    process.add(Subscription(ear))
    process.tell(await here.store.untold(10))
    for task in process._tasks():
        task.cancel()
    await process.settled()
    assert ear.heard == []
    await process.retell()
    await process.settled()
    assert ear.of(attempt_id) == [1, 2, 3]
    assert await here.store.untold(10) == ()
