"""The engine's loop: when it saves, what it calls once, and what it does when things go wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from powens_flow import events as e
from powens_flow.api.errors import OutcomeUnknown, TemporaryFailure
from powens_flow.attempt import CallRecord, Claim, Problem
from powens_flow.engine import Engine
from powens_flow.inbox import to_post
from powens_flow.outcomes import Outcome
from powens_flow.remedies import RetryByStaff
from powens_flow.store.port import Taken
from tests.small_world import (
    BELL,
    SmallWorld,
    machines_with_a_bell,
    opened,
    ringing,
    small_world,
)
from tests.small_world import state_after as send

SOON = timedelta(seconds=30)


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


# --- saving -------------------------------------------------------------------------------------


async def test_the_intent_is_saved_before_a_write(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await send(here, attempt_id, e.Acted())
    assert here.bell.seen == ["ring", "strike", "listen", "hear"]
    (stored,) = here.bell.stored
    assert (stored.state, stored.version, stored.seq) == ("ringing", 3, 1)
    assert here.bell.rows == [1]


async def test_an_intent_and_what_came_of_it_survive_a_power_cut(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.store.saves.clear()
    await send(here, attempt_id, e.Acted())
    assert [(one.attempt.state, one.durable) for one in here.store.saves] == [
        ("ringing", True),
        ("listening", True),
        ("finished", True),
    ]
    assert [one.release for one in here.store.saves] == [False, False, True]


async def test_reads_need_no_saves_of_their_own(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("interaction_needed"))
    here.store.saves.clear()
    await send(here, attempt_id, e.TryAgain())
    (only,) = here.store.saves
    assert [row.trigger for row in only.rows] == ["try_again", "interaction_needed"]
    assert (only.attempt.state, only.durable) == ("asking", False)


async def test_an_end_survives_a_power_cut_though_nothing_was_written(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.store.saves.clear()
    await send(here, attempt_id, e.TryAgain())
    assert [(one.attempt.state, one.durable) for one in here.store.saves] == [("finished", True)]


async def test_nothing_is_saved_before_a_write_when_nothing_has_changed(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    ringing = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    before = len(here.store.saves)
    ringing.cancel()
    await here.engine.close()
    here.clock.advance(31)
    here.bell.gate = None
    await here.another_engine().tick()
    assert here.bell.seen[-1] == "recovering"
    (only,) = here.store.saves[before:]
    assert [row.trigger for row in only.rows] == ["unknown"]


async def test_the_journal_can_be_replayed(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await send(here, attempt_id, e.Approved())
    await send(here, attempt_id, e.Acted())
    rows = await here.engine.history(attempt_id)
    machine = here.machines["bell"]
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert machine.replay(row.source, row.trigger, row.guards).to == row.dest
    assert rows[0].guards == {"is_loud": False}


async def test_claims_are_written_with_the_transition(here: SmallWorld) -> None:
    claim = Claim("bell:1", "a-2", here.clock.now() + SOON)
    attempt_id = await here.started()
    here.bell.listens += [
        Outcome("interaction_needed", claims=(claim,)),
        Outcome("done", dropped_claims=("bell:1",)),
    ]
    await send(here, attempt_id, e.TryAgain())
    assert await here.store.claimed("bell:1", here.clock.now()) == claim
    await send(here, attempt_id, e.TryAgain())
    assert await here.store.claimed("bell:1", here.clock.now()) is None


# --- writing ------------------------------------------------------------------------------------


async def test_a_run_makes_one_write_at_most(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes_a_run = 2
    assert await send(here, attempt_id, e.Acted()) == "looking"
    assert here.bell.seen == ["ring", "strike"]
    row = (await here.engine.history(attempt_id))[-1]
    assert row.trigger == "unknown"
    assert row.facts["problem"] == "internal"


async def test_two_states_may_write_one_after_the_other(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.rings.append(Outcome("gone"))
    assert await send(here, attempt_id, e.Acted()) == "asking"
    assert here.bell.seen == ["ring", "strike", "ring", "strike"]
    assert [one.state for one in here.bell.stored] == ["ringing", "ringing_again"]
    assert here.bell.rows == [1, 2]


async def test_a_lost_answer_of_a_write_is_unknown(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes.append(OutcomeUnknown(may_have_acted=True))
    assert await send(here, attempt_id, e.Acted()) == "looking"


async def test_a_write_that_surely_did_nothing_is_not(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes.append(TemporaryFailure(code="websiteUnavailable"))
    assert await send(here, attempt_id, e.Acted()) == "ringing.interrupted"


async def test_a_call_of_an_integrators_own_stands_in_the_journal(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes.append(OutcomeUnknown(code="bug", may_have_acted=True))
    await send(here, attempt_id, e.Acted())
    row = (await here.engine.history(attempt_id))[-1]
    assert row.calls == (CallRecord("strike", code="bug"),)


async def test_of_what_it_raised_the_journal_has_the_class(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes.append(ZeroDivisionError("S3cr3t"))
    await send(here, attempt_id, e.Acted())
    row = (await here.engine.history(attempt_id))[-1]
    assert row.calls == (CallRecord("strike", code="ZeroDivisionError"),)


async def test_how_long_it_took_is_told_by_the_clock(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    here.clock.advance(7)
    opened(here)
    await task
    row = (await here.engine.history(attempt_id))[1]
    assert row.calls == (CallRecord("strike", duration=7.0),)


async def test_values_reach_the_first_handler_only_and_no_store(here: SmallWorld) -> None:
    attempt_id = await here.started()
    stored = await here.store.load(attempt_id)
    assert stored is not None
    taken = await here.store.take(
        attempt_id, holder="x", now=here.clock.now(), until=here.clock.now() + SOON
    )
    assert isinstance(taken, Taken)
    drive = here.attempts.drive(taken)
    drive.take(e.SubmitValues({"login": "S3cr3t"}), {"login": "S3cr3t"})
    here.bell.rings.append(Outcome("gone"))
    await drive.run()
    assert here.bell.values == [{"login": "S3cr3t"}, {}]
    assert "S3cr3t" not in repr(here.store.saves)
    assert "S3cr3t" not in str([row.facts for row in await here.store.history(attempt_id)])


# --- retries ------------------------------------------------------------------------------------


async def test_a_read_is_tried_again_by_its_rule_and_then_waits_for_the_user(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    here.bell.listens += [Outcome("temporary", problem=Problem("temporary"))] * 5
    here.chance += [1.0, 0.5, 1.0, 0.0]
    assert await send(here, attempt_id, e.TryAgain()) == "listening"
    waited = []
    for _ in range(4):
        stored = await here.store.load(attempt_id)
        assert stored is not None
        assert stored.due_at is not None
        waited.append((stored.due_at - here.clock.now()).total_seconds())
        assert await here.engine.tick() == 0 or waited[-1] == 0
        here.clock.advance_to(stored.due_at)
        await here.engine.tick()
    assert waited == [0.5, 0.5, 2.0, 0.0]
    assert await here.state(attempt_id) == "listening.interrupted"
    assert here.bell.seen.count("listen") == 5
    assert await send(here, attempt_id, e.TryAgain()) == "finished"


async def test_the_api_may_ask_for_more_patience(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("rate_limited", retry_after=42.0))
    await send(here, attempt_id, e.TryAgain())
    here.clock.advance(41)
    assert await here.engine.tick() == 0
    here.clock.advance(1)
    assert await here.engine.tick() == 1
    assert await here.state(attempt_id) == "finished"


async def test_what_is_tried_again_stands_in_the_journal(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("temporary", problem=Problem("temporary", code="bug")))
    await send(here, attempt_id, e.TryAgain())
    row = (await here.engine.history(attempt_id))[-1]
    assert (row.trigger, row.source, row.dest) == ("retry", "listening", "listening")
    assert row.facts == {"problem": "temporary", "code": "bug"}


async def test_a_retry_can_be_cancelled_while_it_waits(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("temporary"))
    await send(here, attempt_id, e.TryAgain())
    assert await send(here, attempt_id, e.Cancel()) == "cancelled"


async def test_an_end_before_there_is_a_user_has_no_result(here: SmallWorld) -> None:
    view = await here.attempts.start("owner-1", "bell", None)
    end = await here.engine.for_owner("owner-1").send(view.attempt_id, e.Acted())
    assert (end.state, end.prompt.kind, end.result) == ("finished", "done", None)


# --- leases -------------------------------------------------------------------------------------


async def test_who_lost_the_lease_writes_nothing_more(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    ringing = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    later = here.clock.now() + SOON
    other = await here.store.take(attempt_id, holder="other", now=later, until=later + SOON)
    assert isinstance(other, Taken)
    assert other.lapsed
    saved = len(here.store.saves)
    here.bell.gate.set()
    assert await ringing == "ringing"
    assert len(here.store.saves) == saved
    assert [row.trigger for row in await here.store.history(attempt_id)] == ["acted"]


async def test_after_a_crash_the_calling_state_is_entered_again_to_find_out(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    ringing = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    ringing.cancel()
    await here.engine.close()  # with no grace: as good as dead
    here.bell.gate = None
    async with here.another_engine() as other:
        assert await other.tick() == 0
        here.clock.advance(30)
        assert await other.tick() == 1
    assert here.bell.seen == ["ring", "strike", "recovering"]
    assert await here.state(attempt_id) == "looking"


TRIED_AGAIN = machines_with_a_bell(
    BELL.replace('handler = "ring"\n', 'handler = "ring"\nretry = "until_unlocked"\n')
)
"""The bell's machine, whose ringing is tried again by itself."""


@asynccontextmanager
async def after_a_crash_that_could_not_be_looked_into(
    here: SmallWorld,
) -> AsyncIterator[tuple[str, Engine]]:
    """A process died while it rang, and the next one could not find out at once what came of it."""
    attempt_id, ringing_ = await ringing(here)
    ringing_.cancel()
    await here.engine.close()
    opened(here)
    here.clock.advance(30)
    here.bell.finds += [Outcome("rate_limited"), Outcome("rate_limited")]
    async with here.another_engine(machines=TRIED_AGAIN) as other:
        assert await other.tick() == 1
        assert here.bell.seen == ["ring", "strike", "recovering"]
        yield attempt_id, other


async def test_what_a_crash_left_behind_is_found_out_later_if_it_could_not_be_at_once(
    here: SmallWorld,
) -> None:
    async with after_a_crash_that_could_not_be_looked_into(here) as (attempt_id, other):
        for _ in range(2):
            here.clock.advance(10)
            assert await other.tick() == 1
    assert here.bell.seen == ["ring", "strike", *["recovering"] * 3]
    assert await here.state(attempt_id) == "looking"


async def test_staff_have_it_found_out_and_not_done_again(here: SmallWorld) -> None:
    async with after_a_crash_that_could_not_be_looked_into(here) as (attempt_id, other):
        retry = to_post(RetryByStaff(by="ann", reason="it is up"))
        now, stored = here.clock.now(), await here.store.load(attempt_id)
        assert stored is not None
        assert await here.store.post(attempt_id, retry, version=stored.version, now=now)
        assert await other.tick() == 1
    assert here.bell.seen == ["ring", "strike", *["recovering"] * 3]
    assert await here.state(attempt_id) == "looking"


async def test_who_cancels_meanwhile_is_heard(here: SmallWorld) -> None:
    async with after_a_crash_that_could_not_be_looked_into(here) as (attempt_id, other):
        view = await other.for_owner("owner-1").send(attempt_id, e.Cancel())
    assert view.state == "cancelled"


async def test_an_event_after_a_crash_finds_out_first_and_is_judged_then(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    ringing = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    ringing.cancel()
    await here.engine.close()
    here.bell.gate = None
    here.clock.advance(30)
    async with here.another_engine() as other:
        view = await other.for_owner("owner-1").send(attempt_id, e.Cancel())
        await other.settled()
    assert here.bell.seen == ["ring", "strike", "recovering"]
    assert view.state == "cancelled"
    triggers = [row.trigger for row in await here.store.history(attempt_id)]
    assert triggers == ["acted", "unknown", "cancel", "done"]


async def test_who_was_asleep_for_longer_than_the_lease_writes_nothing(here: SmallWorld) -> None:
    at_once = machines_with_a_bell(BELL.replace('initial = "asking"', 'initial = "ringing"'))
    async with here.another_engine(machines=at_once) as engine:
        here.bell.hears_before = 1  # and nothing is there to be saved before the write
        here.bell.gate = asyncio.Event()
        starting = asyncio.create_task(engine.for_owner("owner-1").start("bell"))
        await here.bell.under_way.wait()
        (attempt_id,) = await here.store.live("owner-1")
        here.clock.advance(31)
        now = here.clock.now()
        other = await here.store.take(attempt_id, holder="other", now=now, until=now + SOON)
        assert isinstance(other, Taken)
        here.bell.gate.set()
        await starting
    assert "strike" not in here.bell.seen
