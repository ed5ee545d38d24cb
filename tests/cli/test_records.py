"""`attempts export`, `replay` and `attempts consent`, on what the demo leaves behind."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk


def exported(desk: Desk, scenario: str, tmp_path: Path, *how: str) -> Path:
    file = tmp_path / "flight.json"
    out = ("--output", str(file))
    assert desk.says("attempts", "export", desk.attempt(scenario), *out, *how) == ""
    return file


def replays(desk: Desk, *command: str) -> tuple[int, str, str]:
    """`replay` takes no store."""
    return desk.bare("replay", *command)


# --- the flight recorder --------------------------------------------------------------------------


def test_a_recording_holds_what_a_ticket_needs(desk: Desk, tmp_path: Path) -> None:
    text = exported(desk, "sms", tmp_path).read_text("utf-8")
    printed = json.loads(desk.says("attempts", "export", desk.attempt("sms")))
    unlike = {"made_at": None, "sums": None}
    assert json.loads(text) | unlike == printed | unlike
    assert "request_id" in text
    assert "sms-" not in text, "the owner is in it"


def test_the_owner_stays_in_it_where_that_is_asked(desk: Desk, tmp_path: Path) -> None:
    owner = desk.json("attempts", "show", desk.attempt("sms"))["attempt"]["owner"]
    assert owner in exported(desk, "sms", tmp_path, "--with-owner").read_text("utf-8")


def test_every_attempt_of_the_demo_replays_the_same_way(desk: Desk, tmp_path: Path) -> None:
    for one in desk.json("attempts", "list")["attempts"]:
        file = tmp_path / f"{one['id']}.json"
        desk.says("attempts", "export", one["id"], "--output", str(file))
        status, out, err = replays(desk, str(file))
        assert (status, err) == (0, "")
        assert re.search(r"^all \d+ transitions go the same way$", out, re.M)


def test_another_machine_shows_where_it_differs(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = exported(desk, "sms", tmp_path)
    changed = _without_a_way(tmp_path / "machines")
    status, out, _ = replays(desk, str(file), "--machines", str(changed))
    assert status == 1
    assert re.search(r"^[1-9]\d* of \d+ transitions differ$", out, re.M)
    status, out, _ = replays(desk, str(file), "--machines", str(changed), "--json")
    told: Any = json.loads(out)
    assert status == 1
    assert told["hash"] != told["hash_today"]
    assert {"seq", "state", "trigger", "was", "now"} == set(told["differences"][0])


def _without_a_way(folder: Path) -> Path:
    """The project's machines, but the choice of a connector leads through another state."""
    folder.mkdir()
    for file in Path("machines").glob("*.toml"):
        text = file.read_text("utf-8")
        if file.stem == "add_connection":
            text = text.replace("fetching_connector", "reading_connector")
        (folder / file.name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[: len(text) // 2], "cut"),
        (lambda text: text.replace('"done"', '"gone"', 1), "changed"),
        (lambda text: text.replace("completed", "cancelled", 1), "changed"),
        (lambda _: "", "cut"),
        (lambda _: "[]", ""),
        (lambda _: "hello", ""),
    ],
)
def test_a_file_that_was_cut_or_changed_says_where(
    desk: Desk, tmp_path: Path, damage: Any, told: str
) -> None:
    file = exported(desk, "sms", tmp_path)
    file.write_text(damage(file.read_text("utf-8")), "utf-8")
    status, out, err = replays(desk, str(file))
    assert (status, out) == (2, "")
    assert err.startswith(f"powens-flow: {file}: ")
    assert told in err


def test_a_file_that_is_no_text_says_at_which_byte(desk: Desk, tmp_path: Path) -> None:
    file = exported(desk, "sms", tmp_path)
    file.write_bytes(file.read_bytes()[:100] + b"\xff")
    status, _, err = replays(desk, str(file))
    assert status == 2
    assert "at byte 100" in err


def test_a_file_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    status, _, err = replays(desk, str(tmp_path / "none.json"))
    assert status == 2
    assert "none.json" in err


# --- consent --------------------------------------------------------------------------------------


def test_consent_says_who_approved_what_when_and_in_which_wording(desk: Desk) -> None:
    story = desk.json("attempts", "show", desk.attempt("chain"))
    told = desk.json("attempts", "consent", desk.attempt("chain"))
    assert told["owner"] == story["attempt"]["owner"]
    assert told["wording"] == "consent.default"
    (answer,), (activation,) = told["answers"], told["activations"]
    assert len(answer["accounts"]) == 4
    assert activation["accounts"] == answer["accounts"]
    assert activation["request_ids"]
    assert answer["at"] <= activation["at"]


def test_consent_for_people_is_one_line_each(desk: Desk) -> None:
    told = desk.says("attempts", "consent", desk.attempt("documents"))
    assert re.search(r"^wording +consent\.default", told, re.M)
    assert re.search(r" approved +none +\d+ \d+", told)
    assert re.search(r" made active +none +\d+ \d+", told)


@pytest.mark.parametrize("scenario", ["offer-declined", "cancelled", "left-at-sms"])
def test_where_nothing_was_approved_it_says_so(desk: Desk, scenario: str) -> None:
    told = desk.json("attempts", "consent", desk.attempt(scenario))
    assert all(not one["accounts"] and not one["subscriptions"] for one in told["answers"])
    assert told["activations"] == []
