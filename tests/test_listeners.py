"""Listeners: each saved transition is heard, in order; one that fails hears it again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from powens_flow import events as e
from powens_flow.listeners import Change
from powens_flow.outcomes import Outcome
from powens_flow.outgoing import message
from tests.ears import ear_of, last_of_each, retold, rung
from tests.small_world import SmallWorld, small_world


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


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


async def test_an_end_without_a_powens_user_is_told_as_one_too(here: SmallWorld) -> None:
    ear = ear_of(here)
    owner = here.engine.for_owner("owner-1")
    view = await owner.start("bell")
    view = await owner.send(view.attempt_id, e.TryAgain())
    await here.engine.settled()
    assert (view.state, view.result) == ("finished", None)
    assert [change.ended for change in ear.changes] == [False, True]
    assert message(ear.changes[-1])["type"] == "attempt.ended"


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


async def test_a_listener_that_met_a_cancelled_task_has_failed_and_hears_it_again(
    here: SmallWorld,
) -> None:
    heard: list[int] = []

    @here.engine.on()
    async def listener(change: Change) -> None:
        heard.append(change.row.seq)
        if len(heard) == 2:
            helper = asyncio.create_task(asyncio.sleep(0))
            helper.cancel()
            await helper

    with capture_logs() as logs:
        await rung(here)
        await here.engine.settled()
    assert [one["error"] for one in logs if one["event"] == "listener.failed"] == ["CancelledError"]
    await retold(here)
    assert heard == [1, 2, 2, 3]
    assert await here.store.untold(10) == ()


async def test_an_attempt_whose_telling_was_cut_short_is_told_again(here: SmallWorld) -> None:
    heard: list[int] = []

    @here.engine.on()
    async def listener(change: Change) -> None:
        heard.append(change.row.seq)
        task = asyncio.current_task()
        if len(heard) == 2 and task is not None:
            task.cancel()
            await asyncio.sleep(0)

    await rung(here)
    await here.engine.settled()
    assert heard == [1, 2]
    await retold(here)
    assert heard == [1, 2, 2, 3]


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
