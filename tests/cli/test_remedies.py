"""`attempts cancel`, `retry`, `wake`: left in the store, taken by a running engine, journaled."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from powens_flow.attempt import JournalRow
from powens_flow.simulator.faults import Fault
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import Script, World, world
from tests.cli.desk import Desk

REASON = ("--reason", "ticket 4711", "--by", "ann@desk")
WHO = {"by": "ann@desk", "reason": "ticket 4711"}


@pytest.fixture
async def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A backend that runs its engine on the store that staff are given, on one clock with them."""
    async with SQLiteStore(tmp_path / "attempts.sqlite") as store, world(store=store) as made:
        monkeypatch.setattr("powens_flow.cli.acts.now", made.clock.now)
        yield made


@pytest.fixture
def at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Staff at a command line, on the store of a backend that runs."""
    return Desk(tmp_path / "attempts.sqlite", capsys)


async def acted(w: World, at_work: Desk, act: str, attempt_id: str, *how: str) -> list[JournalRow]:
    """Give the command, let the engine look, and answer the rows of staff in the journal."""
    await asyncio.to_thread(at_work.says, "attempts", act, attempt_id, *REASON, *how)
    await w.engine.tick()
    await w.engine.settled()
    return [row for row in await w.engine.history(attempt_id) if row.cause == "staff"]


async def state(w: World, attempt_id: str) -> str:
    attempt = await w.store.load(attempt_id)
    assert attempt is not None
    return attempt.state


async def test_a_cancellation_ends_the_attempt_and_cleans_up(w: World, at_work: Desk) -> None:
    view = await w.driver(Script(login="sms")).until("state.additionalInformationNeeded")
    (row,) = await acted(w, at_work, "cancel", view.attempt_id)
    assert (row.trigger, row.source, row.facts) == ("cancel", view.state, WHO)
    assert await state(w, view.attempt_id) == "cancelled"
    assert w.simulator.users == []


async def test_who_and_why_stand_in_the_story(w: World, at_work: Desk) -> None:
    view = await w.driver().until("fill_in_fields")
    await acted(w, at_work, "cancel", view.attempt_id)
    told = await asyncio.to_thread(at_work.says, "attempts", "show", view.attempt_id)
    (line,) = [line for line in told.splitlines() if " staff " in line]
    assert "ann@desk" in line
    assert "ticket 4711" in line


async def test_a_retry_presses_the_users_button(w: World, at_work: Desk) -> None:
    view = await w.driver(Script(login="unknown-state")).until("state.unknown")
    before = len(w.simulator.received)
    rows = await acted(w, at_work, "retry", view.attempt_id)
    assert [(row.trigger, row.source) for row in rows] == [("try_again", view.state)]
    assert len(w.simulator.received) > before, "Powens is asked again"


async def test_a_retry_does_not_wait_for_its_time(w: World, at_work: Desk) -> None:
    view = await w.driver(Script(login="sms")).until("state.additionalInformationNeeded")
    w.simulator.faults.add(Fault("status", "DELETE", "**", status=503))
    await acted(w, at_work, "cancel", view.attempt_id)
    assert await state(w, view.attempt_id) == "ending.cleaning_up"
    rows = await acted(w, at_work, "retry", view.attempt_id)
    assert [row.trigger for row in rows] == ["cancel", "retry"]
    assert await state(w, view.attempt_id) == "cancelled"


async def test_a_wake_looks_now(w: World, at_work: Desk) -> None:
    view = await w.driver(Script(login="decoupled-1")).until("state.decoupled")
    rows = await acted(w, at_work, "wake", view.attempt_id)
    assert [(row.trigger, row.source) for row in rows] == [("poll", view.state)]
    assert await state(w, view.attempt_id) == "choosing_accounts"


async def test_a_clean_up_is_given_up_where_that_is_said(w: World, at_work: Desk) -> None:
    view = await w.driver(Script(login="sms")).until("state.additionalInformationNeeded")
    w.simulator.faults.add(Fault("error", "DELETE", "**", code="config", status=400, times=None))
    await acted(w, at_work, "cancel", view.attempt_id)
    again = ("attempts", "cancel", view.attempt_id, *REASON)
    status, err = await asyncio.to_thread(at_work.refuses, *again)
    assert status == 1
    assert "--give-up-cleanup" in err
    await acted(w, at_work, "cancel", view.attempt_id, "--give-up-cleanup")
    assert await state(w, view.attempt_id) == "cancelled"


async def test_what_was_left_is_told_also_as_json(w: World, at_work: Desk) -> None:
    view = await w.driver().until("choose_connector")
    command = ("attempts", "cancel", view.attempt_id, *REASON)
    told = await asyncio.to_thread(at_work.says, *command)
    assert told == (
        f"left for the running backend: cancel in {view.state}, by ann@desk\n"
        f"what comes of it: powens-flow attempts show {view.attempt_id} --store {at_work.store}\n"
    )
    assert await asyncio.to_thread(at_work.json, *command) == {
        **{"attempt": view.attempt_id, "state": view.state, "act": "cancel", "trigger": "cancel"},
        **WHO,
    }


# --- what is refused changes nothing --------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "act", "how", "told"),
    [
        ("sms", "cancel", [], "it is an end"),
        ("sms", "retry", [], "it is an end"),
        ("left-at-sms", "retry", [], "staff may: cancel"),
        ("left-stuck", "wake", [], "staff may: cancel, retry"),
        ("left-stuck", "cancel", ["--reason", ""], "1 to 1000 printable characters"),
        ("left-stuck", "cancel", ["--by", "a\x1b[2J"], "1 to 200 printable characters"),
    ],
)
def test_an_act_that_is_not_taken_says_which_are(
    desk: Desk, scenario: str, act: str, how: list[str], told: str
) -> None:
    one = desk.attempt(scenario)
    before = desk.json("attempts", "show", one)
    _, err = desk.refuses("attempts", act, one, *REASON, *how)
    assert told in err
    assert desk.json("attempts", "show", one) == before


def test_why_has_to_be_said(desk: Desk) -> None:
    status, err = desk.refuses("attempts", "cancel", desk.attempt("left-stuck"))
    assert status == 2
    assert "--reason" in err


def test_who_is_by_default_the_systems_user(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "nora")
    one = desk.attempt("left-stuck")
    told: Any = json.loads(desk.says("attempts", "cancel", one, "--reason", "x", "--json"))
    assert told["by"] == "nora"
