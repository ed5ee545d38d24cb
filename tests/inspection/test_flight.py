"""The flight recorder: what it holds, and how a file that was cut or changed is found out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from powens_flow.inspection import FlightBroken, Story, read, recorded
from powens_flow.inspection.flight import _sums
from powens_flow.testing import Script, World
from tests.inspection.stories import a_row, a_story, at, played

Change = Callable[[dict[str, Any]], Any]


def made() -> dict[str, Any]:
    rows = [
        a_row(1, "opening_user", "done", "choosing_connector"),
        a_row(2, "choosing_connector", "choose_connector", "fetching_connector"),
        a_row(3, "fetching_connector", "gone", "choosing_connector"),
    ]
    text = recorded(a_story(*rows), at(9))
    found: dict[str, Any] = json.loads(text)
    return found


async def test_a_recording_is_read_again(w: World) -> None:
    story = await played(w, Script(login="sms"))
    flight = read(recorded(story, w.clock.now()))
    assert (flight.attempt, flight.machine) == (story.attempt.id, "add_connection")
    assert (flight.state, len(flight.rows)) == ("completed", len(story.rows))
    assert flight.machine_hash == story.attempt.machine_hash


async def test_calls_are_recorded_with_what_powens_knows_them_by(w: World) -> None:
    story = await played(w)
    content = json.loads(recorded(story, w.clock.now()))
    calls = [call for row in content["journal"] for call in row["calls"]]
    assert {"init_user", "create_connection", "activate_accounts"} <= {c["name"] for c in calls}
    assert all(call["request_id"] and call["status"] and call["duration"] > 0 for call in calls)
    assert set(content["versions"]) == {"powens_flow", "python", "transitions"}
    assert content["machine"]["hash_when_recorded"] == content["machine"]["hash"]


def test_the_owner_stays_out_of_it_unless_it_is_asked_for() -> None:
    story = a_story()
    assert json.loads(recorded(story, at(0)))["attempt"]["owner"] is None
    assert json.loads(recorded(story, at(0), with_owner=True))["attempt"]["owner"] == "ada"


def test_without_the_machine_it_is_recorded_all_the_same() -> None:
    story = a_story(a_row(1, "opening_user", "done", "choosing_connector"))
    flight = read(recorded(Story(story.attempt, story.rows), at(0)))
    assert flight.content["machine"]["hash_when_recorded"] is None


@pytest.mark.parametrize("ended", [1, 40, 400, 1200, -60, -3])
def test_a_file_that_was_cut_is_told_with_its_place(ended: int) -> None:
    text = json.dumps(made(), indent=1)[:ended]
    with pytest.raises(FlightBroken, match=r"cut or changed at line \d+, column \d+"):
        read(text)


CHANGES: dict[str, tuple[Change, str]] = {
    "a moment": (lambda c: c.update(made_at="x"), "before the machine"),
    "the machine": (lambda c: c["machine"].update(hash="x"), "part 'machine'"),
    "the attempt": (lambda c: c["attempt"].update(state="completed"), "part 'attempt'"),
    "a row": (lambda c: c["journal"][1].update(trigger="cancel"), r"row 2 \(seq 2\)"),
    "a row more": (lambda c: c["journal"].append(c["journal"][0]), "row 4 was put in"),
    "the first row out": (lambda c: c["journal"].pop(0), r"row 1 \(seq 2\): this row was"),
    "the last row out": (lambda c: c["journal"].pop(), "cut in its journal: row 3 of 3"),
    "rows swapped": (lambda c: c["journal"].reverse(), r"row 1 \(seq 3\)"),
    "a row that is none": (lambda c: c["journal"].__setitem__(0, 7), r"row 1 \(seq None\)"),
    "a sum": (lambda c: c["sums"].update(all="x"), "changed in its sums"),
    "sums gone": (lambda c: c["sums"].update(journal=None), "changed in its sums"),
    "sums of another kind": (lambda c: c.update(sums=[]), "sums are no object"),
    "no journal": (lambda c: c.pop("journal"), "it has no journal"),
    "a journal of another kind": (lambda c: c.update(journal={}), "journal is no list"),
    "another version": (lambda c: c.update(version=9), "version 9; this one reads version 1"),
    "another file": (lambda c: c.update(format="x"), "no recording"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_file_that_was_changed_is_told_with_its_place(what: str) -> None:
    change, told = CHANGES[what]
    content = made()
    change(content)
    with pytest.raises(FlightBroken, match=told):
        read(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "[" * 100_000])
def test_what_is_no_recording_is_told(text: str) -> None:
    with pytest.raises(FlightBroken):
        read(text)


def test_right_sums_over_wrong_content_are_an_error_too() -> None:
    content = made()
    del content["journal"][0]["guards"]
    content["sums"] = _sums(content)  # as a forger would
    with pytest.raises(FlightBroken, match="not as this version records"):
        read(json.dumps(content))
