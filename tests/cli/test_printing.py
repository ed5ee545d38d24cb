"""What came from outside moves no cursor and begins no line on a terminal of staff."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from powens_flow import events as e
from powens_flow.cli.tables import printable
from powens_flow.diagrams import FORMATS
from powens_flow.inspection import flight
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import Script, world
from tests.cli.desk import Desk

FORGED = "\x1b[31mforged\n2026-01-05 09:00:00Z\x9b2J\x07\u2028"


async def refused_at_the_bank(file: Path) -> str:
    """An attempt whose end user came back from the bank with an odd address."""
    async with SQLiteStore(file) as store, world(store=store) as w:
        driver = w.driver(Script(login="webauth"))
        view = await driver.until("open_url")
        await driver.owner.send(view.attempt_id, e.Returned({"error": FORGED, FORGED: "x"}))
        return view.attempt_id


def test_a_story_holds_no_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "attempts.sqlite"
    one = asyncio.run(refused_at_the_bank(file))
    desk = Desk(file, capsys)
    commands = [["show", one], ["list"], ["funnel"], ["consent", one]]
    commands += [[*command, "--json"] for command in commands]
    commands += [["show", one, "--sequence"], ["export", one]]
    commands += [["show", one, "--diagram", form] for form in FORMATS if form != "png"]
    for command in commands:
        told = desk.says("attempts", *command)
        assert all(line.isprintable() for line in told.split("\n")), command
        assert not any(line.startswith("2026-01-05 09:00:00Z\ufffd") for line in told.split("\n"))
    assert "forged" in desk.says("attempts", "show", one)


def test_only_what_can_be_printed_is() -> None:
    assert printable("é\x1b[2J\n\u2028\ud800") == "é\ufffd[2J\ufffd\ufffd\ufffd"


def resummed(content: dict[str, Any]) -> str:
    """A recording that somebody changed, and whose sums they made again."""
    return json.dumps(content | {"sums": flight._sums(content)})


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("attempt", "id"), "\x1b]0;PWNED\x07\ud800"),
        (("machine", "hash"), "\x1b[2J"),
    ],
)
def test_a_foreign_recording_is_printed_as_text(
    desk: Desk, tmp_path: Path, where: tuple[str, str], value: str
) -> None:
    content = json.loads(desk.says("attempts", "export", desk.attempt("sms")))
    content[where[0]][where[1]] = value
    file = tmp_path / "flight.json"
    file.write_text(resummed(content), "utf-8")
    _, out, err = desk.bare("replay", str(file))
    assert err == ""
    assert all(line.isprintable() for line in out.split("\n"))


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("machine", "name", [1]),
        ("attempt", "state", None),
        ("journal", "source", [1]),
        ("journal", "guards", "ab"),
        ("journal", "trigger", 7),
    ],
)
def test_a_recording_of_another_shape_is_none(
    desk: Desk, tmp_path: Path, part: str, name: str, value: Any
) -> None:
    content = json.loads(desk.says("attempts", "export", desk.attempt("sms")))
    place = content[part][2] if part == "journal" else content[part]
    place[name] = value
    file = tmp_path / "flight.json"
    file.write_text(resummed(content), "utf-8")
    status, out, err = desk.bare("replay", str(file))
    assert (status, out) == (2, "")
    assert "not as this version records" in err
