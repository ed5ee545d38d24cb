"""Where what is printed goes: nobody who reads it, no room for it, no letters for it."""

import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from powens_flow.cli.app import run
from tests.cli.desk import Desk

FULL = Path("/dev/full")
COMMANDS = (["check"], ["--help"], ["simulate"], ["serve", "--port", "0"])


def printed_into(output: int, command: list[str]) -> tuple[int, str]:
    """Status and errors of a command whose output goes there."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "powens_flow", *command],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="no such device here")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_no_room_for_the_output_is_told_in_one_line(command: list[str]) -> None:
    with FULL.open("wb") as output:
        told = printed_into(output.fileno(), command)
    assert told == (1, "powens-flow: No space left on device\n")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_a_reader_that_has_left_is_no_error(command: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert printed_into(write, command) == (1, "")
    finally:
        os.close(write)


@pytest.mark.parametrize("command", ["list", "funnel"])
def test_what_an_encoding_has_no_letter_for_is_printed_all_the_same(
    desk: Desk, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(kept, "ascii"))
    assert run(["attempts", command, "--store", str(desk.store)]) == 0
    assert kept.getvalue()


def test_a_diagram_is_printed_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(kept, "latin-1"))
    assert run(["diagram", "add_connection", "--overview"]) == 0
    assert b"\\u" in kept.getvalue()
