"""Remedies: left in the store by staff, taken by whoever runs the engine, journaled."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.errors import NoSuchAttempt, Outdated
from powens_flow.remedies import (
    ACTS,
    CancelByStaff,
    Remedy,
    RetryByStaff,
    TryAgainByStaff,
    WakeByStaff,
    remedy_from_json,
)
from powens_flow.simulator.faults import Fault
from powens_flow.staff import EndingAlready, NotRemedied, post_remedy
from powens_flow.store.port import Save, Taken
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.store import WRITE
from powens_flow.testing import Script, World, world
from powens_flow.view import View

SECOND = timedelta(seconds=1)
WHO: Mapping[str, str] = {"by": "ann@desk", "reason": "ticket 4711"}


@pytest.fixture
async def w(tmp_path: Path) -> AsyncIterator[World]:
    async with SQLiteStore(tmp_path / "attempts.db") as store, world(store=store) as made:
        yield made


async def desk(w: World, attempt_id: str, act: str, **how: Any) -> Remedy:
    """Staff, with a connection of their own to the same file, as another process has it."""
    assert isinstance(w.store, SQLiteStore)
    async with SQLiteStore(w.store._path, access=WRITE) as store:
        _, remedy = await post_remedy(
            store, w.engine.machines, attempt_id, act, now=w.clock.now(), **{**WHO, **how}
        )
    return remedy


async def taken(w: World, attempt_id: str) -> tuple[Attempt, list[JournalRow]]:
    """The attempt after the running engine has looked, and the rows of staff in its journal."""
    await w.engine.tick()
    await w.engine.settled()
    attempt = await w.store.load(attempt_id)
    assert attempt is not None
    rows = await w.engine.history(attempt_id)
    return attempt, [row for row in rows if row.cause == "staff"]


async def at(w: World, *keys: str, script: Script | None = None) -> View:
    return await w.driver(script).until(*keys)


async def test_a_cancellation_is_taken_cleaned_up_and_journaled(w: World) -> None:
    view = await at(w, "state.additionalInformationNeeded", script=Script(login="sms"))

    await desk(w, view.attempt_id, "cancel")
    attempt, (row,) = await taken(w, view.attempt_id)

    assert attempt.state == "cancelled"
    assert (row.trigger, row.source, row.facts) == ("cancel", view.state, WHO)
    assert w.simulator.users == []


async def test_until_a_backend_takes_it_nothing_has_changed(w: World) -> None:
    view = await at(w, "choose_connector")
    await desk(w, view.attempt_id, "cancel")
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert (attempt.state, attempt.version) == (view.state, view.version)


async def test_two_cancellations_at_once_are_one(w: World) -> None:
    view = await at(w, "fill_in_fields")
    w.simulator.faults.add(Fault("status", "DELETE", "**", status=503))
    for _ in range(2):
        await desk(w, view.attempt_id, "cancel")
    attempt, rows = await taken(w, view.attempt_id)
    assert (attempt.state, len(rows)) == ("ending.cleaning_up", 1)


async def test_one_beside_an_end_users_own_does_not_give_up_the_clean_up(w: World) -> None:
    view = await at(w, "state.additionalInformationNeeded", script=Script(login="sms"))
    w.simulator.faults.add(Fault("error", "DELETE", "**", code="config", status=400, times=None))
    now = w.clock.now()
    assert await w.store.take(view.attempt_id, holder="dead", now=now, until=now + SECOND)
    cancel = e.Cancel().to_json()
    assert await w.store.take(view.attempt_id, holder="x", now=now, until=now, post=cancel)
    await desk(w, view.attempt_id, "cancel")
    w.clock.advance(1)
    attempt, rows = await taken(w, view.attempt_id)
    assert (attempt.state, rows) == ("ending.cleaning_up_later", [])


async def test_cancelling_again_would_stop_the_clean_up_so_it_is_asked_for(w: World) -> None:
    view = await at(w, "state.additionalInformationNeeded", script=Script(login="sms"))
    w.simulator.faults.add(Fault("error", "DELETE", "**", code="config", status=400, times=None))
    await desk(w, view.attempt_id, "cancel")
    attempt, _ = await taken(w, view.attempt_id)
    assert attempt.state == "ending.cleaning_up_later"

    with pytest.raises(EndingAlready, match="ending already"):
        await desk(w, view.attempt_id, "cancel")
    await desk(w, view.attempt_id, "cancel", gives_up_cleanup=True)
    attempt, rows = await taken(w, view.attempt_id)

    assert (attempt.state, attempt.cleanup) == ("cancelled", "incomplete")
    assert rows[-1].facts == {**WHO, "gives_up_cleanup": True}


async def test_waking_looks_now_and_moves_no_deadline(w: World) -> None:
    view = await at(w, "approve_on_device", script=Script(login="decoupled-never"))
    before = await w.store.load(view.attempt_id)
    w.clock.advance(0.5)

    await desk(w, view.attempt_id, "wake")
    attempt, (row,) = await taken(w, view.attempt_id)

    assert (row.trigger, row.facts) == ("poll", WHO)
    assert before is not None
    assert attempt.deadline_at == before.deadline_at
    assert attempt.state == view.state


async def test_retrying_presses_the_users_button(w: World) -> None:
    view = await at(w, "state.unknown", script=Script(login="unknown-state"))
    remedy = await desk(w, view.attempt_id, "retry")
    _, (row,) = await taken(w, view.attempt_id)
    assert isinstance(remedy, TryAgainByStaff)
    assert (row.trigger, row.facts) == ("try_again", WHO)


async def test_retrying_a_call_does_not_wait_for_its_time(w: World) -> None:
    w.simulator.faults.add(Fault("status", "GET", "/connectors/*", status=503))
    await w.driver().until("working")
    (attempt_id,) = await w.store.live("owner-1")
    before = await w.store.load(attempt_id)
    assert before is not None
    assert before.due_at is not None
    assert before.due_at > w.clock.now()

    assert isinstance(await desk(w, attempt_id, "retry"), RetryByStaff)
    attempt, (row,) = await taken(w, attempt_id)

    assert (row.trigger, row.source, row.dest) == ("retry", before.state, before.state)
    assert row.facts == WHO
    assert attempt.state == "source.filling_in"


async def test_what_the_state_does_not_take_is_told_and_not_written(w: World) -> None:
    view = await at(w, "choose_connector")
    told = "state 'choosing_connector' cannot be told to wake; staff may: cancel; it takes: choose"
    with pytest.raises(NotRemedied, match=told):
        await desk(w, view.attempt_id, "wake")
    attempt, rows = await taken(w, view.attempt_id)
    assert (attempt.version, rows) == (view.version, [])


async def test_an_ended_attempt_takes_nothing(w: World) -> None:
    end = await w.driver().run()
    for act in ACTS:
        with pytest.raises(NotRemedied, match="staff may: nothing"):
            await desk(w, end.attempt_id, act)


async def test_an_unknown_attempt_is_told(w: World) -> None:
    with pytest.raises(NoSuchAttempt):
        await desk(w, "nobody", "cancel")


async def test_an_attempt_of_a_machine_that_is_not_loaded_is_told(w: World) -> None:
    view = await at(w, "choose_connector")
    assert isinstance(w.store, SQLiteStore)
    with pytest.raises(Outdated, match="not loaded"):
        await post_remedy(
            w.store, {}, view.attempt_id, "cancel", now=w.clock.now(), by="ann", reason="x"
        )


async def test_an_attempt_whose_state_fits_nowhere_can_be_cancelled(w: World) -> None:
    view = await at(w, "choose_connector")
    await _renamed(w, view.attempt_id)
    with pytest.raises(NotRemedied, match="staff may: cancel"):
        await desk(w, view.attempt_id, "wake")
    await desk(w, view.attempt_id, "cancel")
    attempt, (row,) = await taken(w, view.attempt_id)
    assert (attempt.state, row.source) == ("cancelled", "of_another_version")


async def _renamed(w: World, attempt_id: str) -> None:
    """The attempt as another version of the machines left it."""
    now = w.clock.now()
    taken_up = await w.store.take(attempt_id, holder="x", now=now, until=now)
    assert isinstance(taken_up, Taken)
    renamed = evolve(taken_up.attempt, state="of_another_version")
    await w.store.save(Save(renamed, taken_up.lease, release=True))


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "staff.cancel", "by": "me", "reason": "none"},
        {"type": "cancel", "by": "me", "reason": "none"},
        {"type": "staff.poll", "by": "me", "reason": "none"},
        CancelByStaff("me", "none"),
        WakeByStaff("me", "none"),
    ],
)
async def test_an_end_user_cannot_pretend_to_be_staff(w: World, sent: Any) -> None:
    view = await at(w, "choose_connector")
    with pytest.raises(e.InvalidEvent):
        await w.engine.for_owner("owner-1").send(view.attempt_id, sent)
    attempt, rows = await taken(w, view.attempt_id)
    assert (attempt.state, rows) == (view.state, [])


@pytest.mark.parametrize("kind", [kind for kinds in ACTS.values() for kind in kinds])
def test_a_remedy_is_the_same_after_the_inbox(kind: type[Remedy]) -> None:
    remedy = kind("ann", "because")
    assert remedy_from_json(remedy.to_json()) == remedy


def test_one_that_gives_up_the_clean_up_is_too() -> None:
    remedy = CancelByStaff("ann", "because", gives_up_cleanup=True)
    assert remedy_from_json(remedy.to_json()) == remedy


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "staff.fly", "by": "a", "reason": "b"},
        {"type": "staff.cancel", "by": "a"},
        {"type": "staff.cancel", "by": "a", "reason": "b", "more": 1},
        {"type": "staff.cancel", "by": "", "reason": "b"},
    ],
)
def test_what_is_no_remedy_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(e.InvalidEvent):
        remedy_from_json(wrong)


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[2J", "a" * 201])
def test_who_is_a_line_of_text(name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        WakeByStaff(name, "because")


def test_lines_are_joined() -> None:
    assert WakeByStaff(" ann \n desk", "a\tb").to_json()["by"] == "ann desk"
