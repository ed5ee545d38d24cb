"""`attempts list`, `show` and `funnel`, and the heat, on what the demo leaves behind."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from powens_flow.cli import main
from powens_flow.cli.app import cli
from powens_flow.demo import PARKED, SCENARIOS
from powens_flow.diagrams import FORMATS
from powens_flow.store.sqlite import SQLiteStore, schema
from tests.cli.desk import Desk

ALL = len(SCENARIOS) + len(PARKED)


def owners(desk: Desk, *how: str) -> list[str]:
    """The scenarios whose attempts are listed."""
    listed = desk.json("attempts", "list", *how)["attempts"]
    return [one["owner"].rpartition("-")[0] for one in listed]


# --- list ----------------------------------------------------------------------------------------


def test_all_attempts_are_listed_the_newest_first(desk: Desk) -> None:
    assert owners(desk) == [
        *reversed([one.scenario.name for one in PARKED]),
        *reversed(list(SCENARIOS)),
    ]


def test_the_list_is_one_line_an_attempt_for_people_and_their_tools(desk: Desk) -> None:
    lines = [line for line in desk.says("attempts", "list").splitlines() if line.strip()]
    assert lines[0].split() == [
        "attempt",
        "owner",
        "machine",
        "state",
        "for",
        "begun",
        "connector",
        "remarks",
    ]
    assert len(lines) == 2 + ALL
    (stuck,) = [line for line in lines if "left-stuck" in line]
    assert "source.state.stuck" in stuck
    assert "somebody has to decide" in stuck


def test_a_narrow_terminal_cuts_nothing_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("powens_flow.cli.tables.WIDTH", 60)
    told = desk.says("attempts", "list", "--stuck")
    assert re.search(rf"^attempt +{re.escape(desk.attempt('left-stuck'))}", told, re.M)
    assert re.search(r"^state +source\.state\.asking_information", told, re.M)
    assert all(len(line.rstrip()) <= 60 for line in told.splitlines())


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (["--state", "failed"], ["failed"]),
        (["--state", "stuck"], ["left-stuck"]),
        (["--state", "source.state.stuck", "--state", "cancelled"], ["left-stuck", "cancelled"]),
        (["--live"], ["left-stuck", "left-at-sms", "left-approving"]),
        (["--stuck"], ["left-stuck", "left-at-sms", "left-approving"]),
        (["--connector", "160"], ["webauth"]),
        (["--connector", "banco del puente"], ["webauth"]),
        (["--machine", "reconnect"], []),
        (["--newer-than", "1d"], []),
        (["--owner", "nobody"], []),
        (["--live", "--unmoved-for", "1h", "--limit", "1"], ["left-stuck"]),
    ],
)
def test_attempts_are_found_by_what_is_asked(desk: Desk, how: list[str], found: list[str]) -> None:
    assert owners(desk, *how) == found


def test_attempts_are_found_by_age_and_by_owner(desk: Desk) -> None:
    assert len(owners(desk, "--older-than", "1d")) == ALL
    assert len(owners(desk, "--ended")) == len(SCENARIOS)
    owner = desk.json("attempts", "list")["attempts"][0]["owner"]
    assert owners(desk, "--owner", owner) == ["left-stuck"]


def test_pages_follow_each_other_to_the_last(desk: Desk) -> None:
    seen, before = [], None
    while True:
        page = desk.json("attempts", "list", "--limit", "10", *(before or ()))
        seen += [one["id"] for one in page["attempts"]]
        if page["before"] is None:
            break
        before = ("--before", str(page["before"]))
    assert (len(seen), len(set(seen))) == (ALL, ALL)
    told = desk.says("attempts", "list", "--limit", "10")
    assert re.search(r"^there are more: --before \d+$", told, re.M)


def test_where_nothing_is_found_it_is_said(desk: Desk) -> None:
    assert desk.says("attempts", "list", "--owner", "nobody").strip() == "none"


def test_the_list_as_json_says_why_one_is_stuck(desk: Desk) -> None:
    (stuck,) = desk.json("attempts", "list", "--state", "stuck")["attempts"]
    assert set(stuck) == {
        *("id", "owner", "machine", "state", "created_at", "entered_at", "connector"),
        *("wakes_at", "driven", "problem", "stuck"),
    }
    assert "somebody has to decide" in stuck["stuck"][1]


# --- show ----------------------------------------------------------------------------------------


def test_a_story_is_told_with_its_calls_and_their_request_ids(desk: Desk) -> None:
    told = desk.says("attempts", "show", desk.attempt("sms"))
    assert re.search(r"^state +completed: ", told, re.M)
    assert re.search(r"create_connection: 202, \d+ ms, request_id \S{8,}", told)
    assert re.search(r"source\.state\.asking_information .* submit_values .* event ", told)


def test_one_under_way_says_what_it_takes_and_what_staff_may(desk: Desk) -> None:
    told = desk.says("attempts", "show", desk.attempt("left-stuck"))
    assert re.search(r"^staff may +cancel, retry", told, re.M)
    assert re.search(r"^takes +try_again, finish_later", told, re.M)
    assert re.search(r"^its state +solarEclipse", told, re.M)


def test_a_story_says_why_it_is_stuck_as_the_list_does(desk: Desk) -> None:
    stuck = desk.attempt("left-stuck")
    told = desk.says("attempts", "show", stuck)
    assert re.search(r"^stuck +overdue for .* no backend takes it up; somebody has to", told, re.M)
    assert re.search(r"^waits for +the user, to try again or give up", told, re.M)
    assert desk.json("attempts", "show", stuck)["verdict"]["stands"] == "stuck"
    ended = desk.says("attempts", "show", desk.attempt("failed"))
    assert not re.search("^(stuck|waits for) ", ended, re.M)


def test_what_comes_again_and_again_is_told_once(desk: Desk) -> None:
    waited = desk.attempt("expired")
    rows = desk.json("attempts", "show", waited)["journal"]
    told = desk.says("attempts", "show", waited)
    assert len(rows) > 60
    assert len(told.splitlines()) < 45
    assert re.search(r"more times \(--json has them\)", told)


def test_a_story_as_json_holds_each_transition(desk: Desk) -> None:
    story = desk.json("attempts", "show", desk.attempt("credentials"))
    assert story["ended"] is True
    assert story["attempt"]["state"] == story["journal"][-1]["dest"] == "completed"
    assert [row["seq"] for row in story["journal"]] == list(range(1, len(story["journal"]) + 1))


def test_a_story_as_a_sequence(desk: Desk) -> None:
    told = desk.says("attempts", "show", desk.attempt("webauth"), "--sequence")
    assert told.startswith("sequenceDiagram\n")
    assert "backend->>powens: activate_accounts" in told
    assert "bank" in told.partition("activate_accounts")[0]


@pytest.mark.parametrize("form", FORMATS)
def test_its_path_is_drawn_in_each_format(desk: Desk, form: str, tmp_path: Path) -> None:
    file = tmp_path / "path"
    command = ["attempts", "show", desk.attempt("left-stuck"), "--diagram", form, "--part"]
    assert desk.says(*command, "source.state", "--output", str(file)) == ""
    content = file.read_bytes()
    assert content
    if form != "png":
        assert b"stuck" in content


def test_the_path_marks_where_the_attempt_is(desk: Desk) -> None:
    drawn = desk.says("attempts", "show", desk.attempt("left-stuck"), "--diagram", "json")
    assert json.loads(drawn)["overlay"]


def test_each_attempt_of_the_demo_has_a_story_in_every_shape(desk: Desk) -> None:
    for one in desk.json("attempts", "list")["attempts"]:
        for shape in ([], ["--json"], ["--sequence"], ["--diagram", "mermaid", "--overview"]):
            assert desk.says("attempts", "show", one["id"], *shape)


# --- funnel and heat -----------------------------------------------------------------------------


def test_the_funnel_says_where_attempts_are_lost(desk: Desk) -> None:
    (found,) = desk.json("attempts", "funnel")
    assert (found["machine"], found["attempts"], found["under_way"]) == (
        "add_connection",
        ALL,
        len(PARKED),
    )
    assert found["completed"] + found["under_way"] + found["lost"] == ALL
    told = desk.says("attempts", "funnel", "add_connection")
    assert re.search(rf"^add_connection: {ALL} attempts, ", told)
    assert re.search(r"^ Connecteur de test +\d+", told, re.M)


def test_a_funnel_of_what_nobody_tried_is_empty(desk: Desk) -> None:
    assert desk.says("attempts", "funnel", "reconnect").startswith("reconnect: 0 attempts")
    assert desk.json("attempts", "funnel", "--since", "1h") == []
    assert desk.says("attempts", "funnel", "--since", "1h").strip() == "no attempts"


@pytest.mark.parametrize("form", FORMATS)
def test_the_heat_is_drawn_in_each_format(desk: Desk, form: str, tmp_path: Path) -> None:
    file = tmp_path / "heat"
    command = ["diagram", "add_connection", "--heat", "--overview", "--format", form]
    assert desk.says(*command, "--output", str(file)) == ""
    assert file.read_bytes()


def test_the_heat_says_how_many_are_where_and_how_long(desk: Desk) -> None:
    drawn = desk.says("diagram", "add_connection", "--heat")
    assert f"{len(PARKED)} under way, 27 ended" in drawn
    part = desk.says("diagram", "add_connection", "--heat", "--part", "source.state")
    assert re.search(r"<b>stuck</b>.*<br>1 here", part)
    assert re.search(r"median .*p95 ", part)


# --- what bad input gets -------------------------------------------------------------------------

WRONG = (
    (["list", "--state", "flying"], "no state 'flying'; there are attempts in: cancelled, "),
    (["list", "--machine", "fly"], "no machine 'fly'; there are: add_connection, reconnect"),
    (["list", "--connector", "fly"], "no attempt chose a connector 'fly'; there are: 160 (Banco "),
    (["list", "--older-than", "soon"], "'soon' is not a duration: 90s, 15m, 2h, 7d, 1h30m"),
    (["list", "--older-than", "999999d"], "longer ago than there are dates"),
    (["list", "--limit", "0"], "'--limit'"),
    (["list", "--before", "9" * 20], "'--before'"),
    (["list", "--owner", "ad\udcff"], "it is no UTF-8"),
    (["list", "--older-than", "9" * 5000 + "s"], "is not a duration: 90s"),
    (["funnel", "fly"], "no machine 'fly'; there are: add_connection, reconnect"),
    (["show", "nobody"], "no attempt 'nobody'; to list them: powens-flow attempts list --store "),
    (["show", "nobody\udcff"], "no attempt"),
    (["show", "nobody", "--json", "--sequence"], "one of --diagram, --sequence and --json"),
    (["show", "nobody", "--overview"], "are of a --diagram"),
    (["show", "nobody", "--diagram", "gif"], "'mermaid', 'dot', 'svg', 'png', 'json'"),
    (["export", "nobody"], "no attempt 'nobody'; to list them: "),
    (["consent", "nobody"], "no attempt 'nobody'; to list them: "),
    (["cancel", "nobody", "--reason", "x"], "no attempt 'nobody'; to list them: "),
    (["fly"], "No such command 'fly'"),
)


@pytest.mark.parametrize(("command", "told"), WRONG)
def test_what_is_not_there_is_answered_with_what_is(
    desk: Desk, command: list[str], told: str
) -> None:
    status, err = desk.refuses("attempts", *command)
    assert status == 2
    assert told in err


def test_a_part_that_is_not_there_is_answered_with_those_that_are(desk: Desk) -> None:
    drawn = ["--diagram", "mermaid", "--part", "fly"]
    status, err = desk.refuses("attempts", "show", desk.attempt("sms"), *drawn)
    assert status == 2
    assert "there are: " in err


def test_a_picture_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    missing = str(tmp_path / "no" / "folder")
    for command in (["show", "--diagram", "mermaid"], ["export"]):
        given = ["attempts", *command, desk.attempt("sms"), "--output", missing]
        status, err = desk.refuses(*given)
        assert status == 1
        assert f"{missing}: No such file or directory" in err


def test_a_heat_without_a_store_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "add_connection", "--heat"]) == 2
    assert "--heat is of the attempts in a --store" in capsys.readouterr().err


# --- the store -----------------------------------------------------------------------------------

COMMANDS: tuple[list[str], ...] = (
    ["attempts", "list"],
    ["attempts", "show", "one"],
    ["attempts", "funnel"],
    ["attempts", "export", "one"],
    ["attempts", "consent", "one"],
    ["attempts", "cancel", "one", "--reason", "x"],
    ["attempts", "retry", "one", "--reason", "x"],
    ["attempts", "wake", "one", "--reason", "x"],
    ["diagram", "add_connection", "--heat"],
)
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def test_these_are_all_commands_that_take_a_store() -> None:
    group = cli.commands["attempts"]
    assert {one[1] for one in COMMANDS if one[0] == "attempts"} == set(group.commands)  # type: ignore[attr-defined]  # a group


@each_command
def test_a_store_that_is_not_there_is_told_and_not_made(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.sqlite"
    status, err = Desk(file, capsys).refuses(*command)
    assert status == 1
    assert err == f"powens-flow: {file}: there is no such file\n"
    assert list(tmp_path.iterdir()) == []


@each_command
def test_what_is_no_store_is_told_and_left_alone(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, whatever it is called" * 100)
    before = file.read_bytes()
    status, err = Desk(file, capsys).refuses(*command)
    assert status == 1
    assert f"{file}: " in err
    assert "no store of attempts" in err
    assert file.read_bytes() == before


@each_command
def test_a_store_of_another_version_is_told_and_left_alone(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "old.sqlite"
    schema.opened(file, schema.migrations()[:1], 1.0).close()
    before = file.read_bytes()
    status, err = Desk(file, capsys).refuses(*command)
    assert status == 1
    assert f"has schema 1, this version knows {schema.migrations()[-1].number}" in err
    assert file.read_bytes() == before


@each_command
@pytest.mark.parametrize("address", ["postgresql://ann:hush@db/x", "sqlite://host/x"])
def test_another_kind_of_store_is_answered_with_those_that_are(
    address: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--store", address]) == 2
    err = capsys.readouterr().err
    assert "there are: a file of the SQLite store, sqlite:///FILE" in err
    assert "hush" not in err


def test_without_a_store_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWENS_FLOW_STORE", raising=False)
    assert main(["attempts", "list"]) == 2
    assert "Missing option '--store' (env var: 'POWENS_FLOW_STORE')" in capsys.readouterr().err


def test_a_store_by_url_or_by_variable_is_the_same(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = desk.says("attempts", "list", "--ended")
    assert main(["attempts", "list", "--ended", "--store", f"sqlite:///{desk.store}"]) == 0
    assert capsys.readouterr().out == listed
    monkeypatch.setenv("POWENS_FLOW_STORE", str(desk.store))
    assert main(["attempts", "list", "--ended"]) == 0
    assert capsys.readouterr().out == listed


def test_looking_leaves_the_store_as_it_is(desk: Desk) -> None:
    before = desk.store.read_bytes()
    one = desk.attempt("left-stuck")
    for command in ("show", "export", "consent"):
        desk.says("attempts", command, one)
    desk.says("attempts", "funnel")
    desk.says("diagram", "add_connection", "--heat")
    assert desk.store.read_bytes() == before


async def _holding(desk: Desk) -> list[str]:
    """What is listed while a backend holds the store open and has just written to it."""

    async with SQLiteStore(desk.store) as backend:
        await backend.vault_records()
        return await asyncio.to_thread(owners, desk, "--live")


async def test_it_is_read_while_a_backend_has_it_open(desk: Desk) -> None:
    assert await _holding(desk) == ["left-stuck", "left-at-sms", "left-approving"]


def test_without_the_extra_the_path_is_no_picture(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.attempt("sms")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    status, err = desk.refuses("attempts", "show", one, "--diagram", "svg")
    assert status == 1
    assert "pip install 'powens-flow[diagrams]'" in err
