"""An attempt of a machine of the integrator's own, asked about without `--machines`."""

import asyncio
from pathlib import Path

import pytest

from powens_flow.machine import our_machines
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import world
from tests.cli.desk import Desk

NOT_LOADED = "its machine is not loaded here"


@pytest.fixture
def theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk on a store with one attempt, which waits in a state that only their machine has."""
    flows = tmp_path / "flows"
    flows.mkdir()
    ours = our_machines()["add_connection.toml"]
    text = ours.replace('name = "add_connection"', 'name = "acme"')
    text = text.replace("choosing_connector", "choosing_bank")
    (flows / "acme.toml").write_text(text, "utf-8")
    asyncio.run(_begun(tmp_path / "store.sqlite", flows))
    return Desk(tmp_path / "store.sqlite", capsys)


async def _begun(file: Path, flows: Path) -> None:
    async with SQLiteStore(file) as store, world(store=store, machines=flows) as w:
        view = await w.engine.for_owner("ada").start(machine="acme")
        assert view.state == "choosing_bank"


def the_one(desk: Desk, *options: str) -> tuple[str, list[str]]:
    (found,) = desk.json("attempts", "list", *options)["attempts"]
    return found["id"], found["stuck"]


def test_the_list_does_not_take_it_for_one_of_another_version(theirs: Desk) -> None:
    assert the_one(theirs)[1][-1] == NOT_LOADED
    assert NOT_LOADED not in the_one(theirs, "--machines", f"{theirs.store.parent / 'flows'}")[1]


def test_its_story_says_so(theirs: Desk) -> None:
    one, _ = the_one(theirs)
    assert "choosing_bank: Its machine is not loaded here." in theirs.says("attempts", "show", one)


def test_who_would_cancel_it_is_told_what_to_give(theirs: Desk) -> None:
    one, _ = the_one(theirs)
    _, err = theirs.refuses("attempts", "cancel", one, "--reason", "ticket 1")
    assert f"{NOT_LOADED}: give --machines and --registry" in err


def test_the_funnel_says_that_it_is_left_out(theirs: Desk) -> None:
    told = "powens-flow: left out: 1 attempts of acme, which is not loaded here: give --machines\n"
    assert theirs.gives("attempts", "funnel") == (0, "no attempts\n", told)
