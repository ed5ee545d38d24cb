"""The page for support staff: each of its commands does what it is said to do."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.desk import Desk

PAGE = Path("docs/support.md")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
COMMANDS = [
    line.removeprefix("powens-flow ")
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith("powens-flow ")
]
LOOKS_BY_ITSELF = ("attempts wake ",)
"""Told to an attempt that looks by itself; the other commands fit the stuck one."""


def test_every_command_of_the_page_works(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWENS_FLOW_STORE", str(desk.store))
    monkeypatch.chdir(desk.store.parent)
    for command in COMMANDS:
        looks = command.startswith(LOOKS_BY_ITSELF)
        one = desk.attempt("left-approving" if looks else "left-stuck")
        status, out, err = desk.bare(*shlex.split(re.sub(r"\bID\b", one, command)))
        assert (status, err) == (0, ""), command
        assert out or "--output" in command
    assert Path("flight.json").stat().st_size > 1000
    assert Path("path.svg").read_text("utf-8").startswith("<svg")
    assert Path("heat.svg").is_file()


def test_the_page_tells_of_every_command_of_the_group(desk: Desk) -> None:
    known = set(re.findall(r"^  (\w+)  ", desk.bare("attempts", "--help")[1], re.M))
    told = {command.split()[1] for command in COMMANDS if command.startswith("attempts ")}
    assert told == known
