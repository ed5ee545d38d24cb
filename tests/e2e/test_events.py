"""Events: whose they are, what a state takes, two at once, and what the journal keeps of them."""

import asyncio
from typing import Any

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.attempt import JournalRow
from powens_flow.errors import (
    EventNotAccepted,
    EventRefused,
    FlowError,
    NoSuchAttempt,
    Outdated,
    Working,
)
from powens_flow.listeners import Change
from powens_flow.store.port import Save, Taken
from powens_flow.testing import Script, World
from tests.e2e.story import (
    ACCOUNTS,
    ACTIVATE,
    CANCELLED,
    CHOOSE,
    DONE,
    EVENTS,
    EXCHANGE,
    FILL_IN,
    SUBMIT,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    run,
    run_until,
    shown,
    soon,
)
from tests.e2e.waiting import brought_to

# --- whose attempt -------------------------------------------------------------------------------


async def test_another_owners_attempt_does_not_exist(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script())
    stranger = w.engine.for_owner("owner-2")
    for attempt_id in (view.attempt_id, "no-such-id"):
        for asked in (
            stranger.get(attempt_id),
            stranger.send(attempt_id, e.Cancel()),
            stranger.connectors(attempt_id),
            stranger.seal(attempt_id, {"login": "x"}),
        ):
            with pytest.raises(NoSuchAttempt, match=r"^no such attempt$"):
                await asked
    assert (await driver.owner.get(view.attempt_id)).version == view.version


async def test_values_of_another_owner_are_not_even_judged(open_world: OpenWorld) -> None:
    w = await open_world()
    _, view = await run_until(w, "fill_in_fields", Script())
    with pytest.raises(NoSuchAttempt):
        await w.engine.for_owner("owner-2").send(
            view.attempt_id, e.SubmitValues({"login": "plain"})
        )


# --- what a state takes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        "choosing_connector",
        "source.filling_in",
        "source.state.at_bank",
        "source.state.approving",
        "source.state.validating",
        "source.state.acting_at_bank",
        "choosing_accounts",
        "source.submitting.interrupted",
    ],
)
async def test_what_a_state_does_not_take_leaves_the_attempt_unchanged(
    open_world: OpenWorld, state: str
) -> None:
    w, driver, view = await brought_to(open_world, state)
    takes = w.engine.machines["add_connection"].accepts(state)
    for name in set(EVENTS) - set(takes):
        with pytest.raises(EventNotAccepted) as refused:
            await driver.owner.send(view.attempt_id, {"type": name, **EVENTS[name]})
        assert (refused.value.state, refused.value.trigger) == (state, name)
        assert refused.value.accepts == view.prompt.accepts
        told = f"it takes: {', '.join(view.prompt.accepts)}"  # nothing that the clock alone says
        assert str(refused.value).startswith(f"state {state!r}")
        assert told in str(refused.value)
        assert refused.value.prompt == view.prompt
    assert await driver.owner.get(view.attempt_id) == view


async def test_an_end_takes_nothing(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script())
    for name, content in EVENTS.items():
        with pytest.raises(EventNotAccepted):
            await driver.owner.send(end.attempt_id, {"type": name, **content})
    assert await driver.owner.get(end.attempt_id) == end


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ({"type": "dance"}, {"type"}),
        ({}, {"type"}),
        ({"type": "choose_connector"}, {"connector"}),
        ({"type": "choose_connector", "connector": ""}, {"connector"}),
        ({"type": "choose_connector", "connector": True}, {"connector"}),
        ({"type": "choose_connector", "connector": "40", "colour": "red"}, {"colour"}),
        ({"type": "choose_accounts", "accounts": [-1]}, {"accounts"}),
        ({"type": "submit_values", "values": {"login": 7}}, {"values"}),
        ({"type": "returned", "parameters": None}, {"parameters"}),
    ],
)
async def test_what_is_no_event_is_told_and_changes_nothing(
    open_world: OpenWorld, event: dict[str, Any], wrong: set[str]
) -> None:
    w, driver, view = await brought_to(open_world, "choosing_connector")
    with pytest.raises(e.InvalidEvent) as refused:
        await driver.owner.send(view.attempt_id, event)
    assert set(refused.value.fields) == wrong
    assert await driver.owner.get(view.attempt_id) == view
    assert w.simulator.connections == []


# --- two at once ---------------------------------------------------------------------------------


async def test_two_events_at_once_are_taken_one_after_the_other(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "choosing_connector")
    first, second = await asyncio.gather(
        driver.owner.send(view.attempt_id, e.ChooseConnector("40")),
        driver.owner.send(view.attempt_id, e.ChooseConnector("150")),
        return_exceptions=True,
    )
    assert not isinstance(first, BaseException)
    assert shown(first) == FILL_IN
    assert isinstance(second, EventNotAccepted)
    assert second.state == "source.filling_in"
    rows = await w.engine.history(view.attempt_id)
    assert [row.trigger for row in rows].count("choose_connector") == 1


async def test_two_consents_at_once_activate_once(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "choosing_accounts")
    ids = tuple(one["id"] for one in view.prompt.content["accounts"])
    answers = await asyncio.gather(
        *(driver.owner.send(view.attempt_id, e.ChooseAccounts(ids)) for _ in range(3)),
        return_exceptions=True,
    )
    assert [isinstance(one, FlowError) for one in answers] == [False, True, True]
    assert (w.simulator.calls[ACTIVATE], w.simulator.calls[EXCHANGE]) == (1, 1)
    await assert_completed(w, await driver.owner.get(view.attempt_id))


async def test_an_event_that_waits_is_judged_by_the_state_it_then_finds(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="slow-20"))
    sending = asyncio.create_task(driver.step(view))
    await soon(lambda: w.simulator.clock.sleepers)
    posting = asyncio.gather(
        *(driver.owner.send(view.attempt_id, one) for one in (e.ChooseAccounts(), e.Approved())),
        return_exceptions=True,
    )
    await asyncio.sleep(0)  # both are posted
    w.clock.advance(20)
    await sending
    consent, late = await posting
    assert not isinstance(consent, BaseException)
    assert isinstance(late, EventNotAccepted)
    await assert_completed(w, await driver.owner.get(view.attempt_id), active=())


async def test_values_are_refused_while_a_call_is_under_way(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="slow-20"))
    event = await driver.owner.seal(view.attempt_id, {"login": "camille", "password": "987654"})
    sending = asyncio.create_task(driver.step(view))
    await soon(lambda: w.simulator.clock.sleepers)
    with pytest.raises(Working) as refused:
        await driver.owner.send(view.attempt_id, event)
    assert (refused.value.prompt.kind, refused.value.prompt.message_key) == ("working", "working")
    w.clock.advance(20)
    await assert_completed(w, await driver.run(await sending))
    assert w.simulator.calls[SUBMIT] == 1


# --- another version of the machines --------------------------------------------------------------


async def _misfitted(w: World, attempt_id: str) -> None:
    """The attempt as a version of the machines with other states would have left it."""
    now = w.clock.now()
    taken = await w.store.take(attempt_id, holder="another", now=now, until=now)
    assert isinstance(taken, Taken)
    row = JournalRow(
        attempt_id=attempt_id,
        seq=taken.attempt.seq + 1,
        at=now,
        trigger="done",
        source=taken.attempt.state,
        dest="source.dancing",
        cause="dance",
        duration=0.0,
        machine_hash="of-another-version",
    )
    other = evolve(taken.attempt, state=row.dest, machine_hash=row.machine_hash, seq=row.seq)
    saved = Save(attempt=other, lease=taken.lease, rows=(row,), release=True)
    await w.store.save(saved)


async def test_a_snapshot_of_other_machines_says_so_and_is_left_untouched(
    open_world: OpenWorld,
) -> None:
    w, driver, view = await brought_to(open_world, "source.filling_in")
    await _misfitted(w, view.attempt_id)
    stored = await w.store.load(view.attempt_id)
    seen = await driver.owner.get(view.attempt_id)
    assert shown(seen) == ("try_again", "attempt.outdated")
    assert seen.prompt.accepts == ("cancel",)
    for event in (e.TryAgain(), e.ChooseConnector("40")):
        with pytest.raises(Outdated, match=r"source\.dancing.*of-another-version.*cancel"):
            await driver.owner.send(view.attempt_id, event)
    assert await w.store.load(view.attempt_id) == stored


async def test_a_snapshot_of_other_machines_can_still_be_cancelled(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.asking_information")
    await _misfitted(w, view.attempt_id)
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    await assert_nothing_left(w)


async def test_a_snapshot_of_other_machines_still_expires(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.asking_information")
    await _misfitted(w, view.attempt_id)
    w.clock.advance(901)
    await w.engine.tick()
    end = await driver.owner.get(view.attempt_id)
    assert end.state == "expired"
    await assert_nothing_left(w)


# --- the journal, and who hears of it -------------------------------------------------------------


async def test_the_journal_tells_the_whole_story(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script(login="sms"))
    w.clock.advance(42)
    end = await driver.run(view)
    rows = await w.engine.history(end.attempt_id)
    told = [(row.trigger, row.dest) for row in rows]
    assert told == [
        ("done", "choosing_connector"),
        ("choose_connector", "fetching_connector"),
        ("done", "source.planning"),
        ("done", "source.filling_in"),
        ("submit_values", "source.submitting"),
        ("interaction_needed", "source.state.reading"),
        ("interaction_needed", "source.state.asking_information"),
        ("submit_values", "source.state.answering"),
        ("done", "listing_accounts"),
        ("done", "choosing_accounts"),
        ("choose_accounts", "activating_accounts"),
        ("done", "exchanging_token"),
        ("done", "keeping_token"),
        ("done", "completed"),
    ]
    (submitting,) = [row for row in rows if row.source == "source.submitting"]
    (call,) = submitting.calls
    assert (call.name, call.status) == ("create_connection", 202)
    assert call.request_id is not None
    (consent,) = [row for row in rows if row.trigger == "choose_accounts"]
    assert consent.duration == 42
    assert consent.guards == {"accounts_were_approved": True}
    assert {row.machine_hash for row in rows} == {w.engine.machines["add_connection"].hash}


async def test_listeners_hear_of_every_transition_in_order(open_world: OpenWorld) -> None:
    w = await open_world()
    every: list[int] = []
    ends: list[str] = []

    @w.engine.on()
    async def hear(change: Change) -> None:
        every.append(change.row.seq)
        if change.ended:
            ends.append(change.row.dest)

    _, end = await run(w, Script(login="sms"))
    await w.engine.settled(within=1.0)
    assert every == [row.seq for row in await w.engine.history(end.attempt_id)]
    assert ends == ["completed"]


async def test_a_refused_event_leaves_no_trace(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "choosing_accounts")
    before = await w.engine.history(view.attempt_id)
    with pytest.raises(EventRefused):
        await driver.owner.send(view.attempt_id, e.ChooseAccounts((999,)))
    assert await w.engine.history(view.attempt_id) == before
    assert shown(await driver.owner.get(view.attempt_id)) == ACCOUNTS


async def test_the_whole_story_once_more_through_json(open_world: OpenWorld) -> None:
    w = await open_world()
    owner = w.engine.for_owner("owner-1")
    view = await owner.start()
    assert shown(view) == CHOOSE
    view = await owner.send(view.attempt_id, {"type": "choose_connector", "connector": 40})
    sealed = await owner.seal(view.attempt_id, {"login": "camille", "password": "987654"})
    view = await owner.send(view.attempt_id, sealed.to_json())
    prompt = view.to_json()["prompt"]
    ids = [one["id"] for one in prompt["accounts"]]
    view = await owner.send(view.attempt_id, {"type": "choose_accounts", "accounts": ids})
    assert shown(view) == DONE
    assert view.to_json()["result"]["accounts"] == tuple(ids)
    await assert_completed(w, view)
