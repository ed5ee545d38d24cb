"""Events that come while the engine works, and callers that leave or lose patience."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from powens_flow import events as e
from powens_flow.errors import (
    EventNotAccepted,
    Working,
)
from powens_flow.outcomes import Outcome
from tests.small_world import SmallWorld, opened, ringing, send, small_world, turns


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


# --- events while a call is under way -----------------------------------------------------------


async def test_a_cancellation_waits_for_the_call_and_then_takes_effect(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    cancelling = asyncio.create_task(send(here, attempt_id, e.Cancel()))
    await turns()
    assert not cancelling.done()
    opened(here)
    assert (await cancelling).state == "cancelled"
    await task
    triggers = [row.trigger for row in await here.engine.history(attempt_id)]
    assert triggers == ["acted", "done", "cancel", "done"]
    assert here.bell.seen == ["ring", "strike", "listen"]


async def test_no_further_write_is_made_after_a_cancellation(here: SmallWorld) -> None:
    here.bell.rings.append(Outcome("gone"))  # which leads to another write at once
    attempt_id, task = await ringing(here)
    cancelling = asyncio.create_task(send(here, attempt_id, e.Cancel()))
    await turns()
    opened(here)
    assert (await cancelling).state == "cancelled"
    await task
    assert here.bell.seen.count("strike") == 1


async def test_what_came_of_a_write_is_not_lost_to_a_cancellation(here: SmallWorld) -> None:
    here.bell.tells = True
    here.bell.rings.append(Outcome("done", {"id_connection": 12}))
    attempt_id, task = await ringing(here)
    cancelling = asyncio.create_task(send(here, attempt_id, e.Cancel()))
    await turns()
    opened(here)
    assert (await cancelling).state == "cancelled"
    await task
    assert here.bell.seen == ["ring", "strike", "hear"]
    stored = await here.store.load(attempt_id)
    assert stored is not None
    assert stored.id_connection == 12


async def test_a_cancellation_before_the_write_spares_it(here: SmallWorld) -> None:
    attempt_id = await here.started()
    ring = asyncio.create_task(send(here, attempt_id, e.Acted()))
    cancel = asyncio.create_task(send(here, attempt_id, e.Cancel()))
    assert (await cancel).state == "cancelled"
    await ring
    assert "strike" not in here.bell.seen


async def test_events_are_taken_in_the_order_of_their_coming(here: SmallWorld) -> None:
    here.bell.listens += [Outcome("interaction_needed")] * 3
    attempt_id, task = await ringing(here)
    first = asyncio.create_task(send(here, attempt_id, e.TryAgain()))
    await turns()
    second = asyncio.create_task(send(here, attempt_id, e.Approved()))
    await turns()
    opened(here)
    assert {(await one).state for one in (task, first, second)} == {"asking"}
    triggers = [row.trigger for row in await here.engine.history(attempt_id)]
    assert [one for one in triggers if one in ("acted", "try_again", "approved")] == [
        "acted",
        "try_again",
        "approved",
    ]


async def test_the_second_of_two_events_is_judged_by_the_state_it_finds(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)  # then it is finished, and takes nothing
    second = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await turns()
    opened(here)
    assert (await task).state == "finished"
    with pytest.raises(EventNotAccepted) as refused:
        await second
    assert refused.value.state == "finished"
    assert refused.value.prompt.kind == "done"
    assert here.bell.seen.count("strike") == 1


async def test_a_refused_event_does_not_hold_up_those_behind_it(here: SmallWorld) -> None:
    here.bell.listens.append(Outcome("interaction_needed"))
    attempt_id, task = await ringing(here)
    wrong = asyncio.create_task(send(here, attempt_id, e.FinishLater()))
    await turns()
    right = asyncio.create_task(send(here, attempt_id, e.TryAgain()))
    await turns()
    opened(here)
    with pytest.raises(EventNotAccepted):
        await wrong
    assert (await right).state == "finished"
    await task
    assert await here.store.live("owner-1") == ()


async def test_two_events_at_once_are_both_taken_or_told(here: SmallWorld) -> None:
    attempt_id = await here.started()
    ends = await asyncio.gather(
        *(send(here, attempt_id, e.Acted()) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, EventNotAccepted) for one in ends) == 4
    assert here.bell.seen.count("strike") == 1


async def test_what_nobody_takes_is_refused_to_all_who_press_it(here: SmallWorld) -> None:
    attempt_id = await here.started()
    ends = await asyncio.gather(
        *(send(here, attempt_id, e.FinishLater()) for _ in range(4)), return_exceptions=True
    )
    assert [type(one) for one in ends] == [EventNotAccepted] * 4


async def test_values_never_wait_in_an_inbox(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    with pytest.raises(Working) as refused:
        await send(here, attempt_id, e.SubmitValues({"login": "S3cr3t"}))
    assert refused.value.prompt.kind == "working"
    assert "S3cr3t" not in f"{refused.value}{refused.value!r}"
    opened(here)
    assert (await task).state == "finished"


# --- callers that leave, or lose patience -------------------------------------------------------


async def test_a_caller_that_is_cancelled_cancels_nothing(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    opened(here)
    await here.engine.settled()
    assert await here.state(attempt_id) == "finished"


async def test_a_caller_that_waits_for_its_event_may_leave_too(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    leaving = asyncio.create_task(send(here, attempt_id, e.Cancel()))
    await turns()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    opened(here)
    await task
    await here.engine.settled()
    assert await here.state(attempt_id) == "cancelled"


async def test_a_patient_caller_gets_working_at_last() -> None:
    async with small_world(patience=0.01) as here:
        attempt_id = await here.started()
        here.bell.gate = asyncio.Event()
        view = await send(here, attempt_id, e.Acted())
        assert (view.prompt.kind, view.prompt.accepts) == ("working", ("cancel",))
        posted = await send(here, attempt_id, e.Cancel())
        assert posted.prompt.kind == "working"
        assert (await here.engine.for_owner("owner-1").get(attempt_id)).prompt.kind == "working"
        opened(here)
        await here.engine.settled()
        assert (await here.engine.for_owner("owner-1").get(attempt_id)).state == "cancelled"


async def test_a_caller_whose_values_are_judged_may_leave_and_the_lease_is_free(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    judged = asyncio.create_task(send(here, attempt_id, e.SubmitValues({})))
    judged.cancel()
    await asyncio.gather(judged, return_exceptions=True)
    await here.engine.settled()
    assert (await send(here, attempt_id, e.Acted())).state == "finished"


async def test_whoever_is_woken_often_while_at_work_looks_once_more(here: SmallWorld) -> None:
    here.bell.rings.append(Outcome("unknown"))
    attempt_id = await here.started()
    await send(here, attempt_id, e.Acted())
    here.bell.listens += [Outcome("gone")] * 60  # it goes on looking
    here.bell.gate = asyncio.Event()
    here.bell.under_way.clear()
    here.bell.seen.clear()
    assert await here.engine.wake(attempt_id)
    await here.bell.under_way.wait()
    for _ in range(50):
        assert await here.engine.wake(attempt_id)
    here.bell.gate.set()
    await here.engine.settled()
    assert here.bell.seen.count("listen") == 2


async def test_what_a_callback_brought_beside_its_answer_waits_nowhere(here: SmallWorld) -> None:
    came = e.Returned({"code": "S3cr3tC0de", "state": "s", "id_connection": "7"})
    assert came.to_json() == {
        "type": "returned",
        "parameters": {"code": "", "state": "s", "id_connection": "7"},
    }
    assert e.event_from_json(came.to_json()) == came
