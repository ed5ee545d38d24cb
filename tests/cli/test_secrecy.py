"""No credential and no token in any output of any command: the very values of a run are looked for.

All scenarios of the demo, with passwords that can be told from every other text, attempts walked at
random, and some that are left where secrets are under way.
"""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from powens_flow.demo import PARKED, SCENARIOS, Narrator, Scenario, Stage, park, play
from powens_flow.diagrams import FORMATS
from powens_flow.testing import Script
from tests.cli.desk import Desk
from tests.e2e.walker import Walk, hunt_what_is_under_way, opened
from tests.hunting import Hunt

STEPS = 60
DEEP = 6
"""The newest attempts, those under way among them, are looked at in every shape."""

TEXTS = tuple(form for form in FORMATS if form != "png")


class Play:
    """What was played on one store: the secrets it used, and what the demo told of it."""

    def __init__(self, folder: Path) -> None:
        self.hunt = Hunt()
        self.store = folder / "flow.db"
        self.told: list[str] = []
        self._folder = folder

    async def plays(self) -> None:
        luck = random.Random(11)  # noqa: S311 - the same play in each run
        async with opened(self._folder, self.hunt, luck) as w:
            stage = Stage(w.clock, w.simulator, w.api, w.store, w.vault, w.engine)
            narrator = Narrator(self.told.append)
            for scenario in SCENARIOS.values():
                report = await play(stage, self._with_secrets(scenario), narrator)
                assert report.faults == (), scenario.name
                await hunt_what_is_under_way(w, self.hunt)
            await Walk(w, self.hunt, luck).walk(STEPS)
            for parked in PARKED:
                await park(stage, parked, narrator)
            await w.driver(Script(login="webauth"), owner="at-the-bank").until("open_url")
            await hunt_what_is_under_way(w, self.hunt)

    def _with_secrets(self, scenario: Scenario) -> Scenario:
        """The scenario, with a password of its own where its connector takes any."""
        if "password" in scenario.script.values:
            return scenario
        password = f"zq-geheïm-{scenario.name}"
        self.hunt.add([password], "a password")
        values = {**scenario.script.values, "password": password}
        return evolve(scenario, script=evolve(scenario.script, values=values))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    made = Play(tmp_path_factory.mktemp("secrets"))
    asyncio.run(made.plays())
    assert len(made.hunt) > 3 * len(SCENARIOS)
    return made


@pytest.fixture
def staff(played: Play, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(played.store, capsys)


def commands(desk: Desk) -> Iterator[tuple[str, ...]]:
    """Every command on every attempt, in every shape."""
    for shape in ((), ("--json",)):
        yield ("attempts", "list", *shape)
        yield ("attempts", "list", "--stuck", *shape)
        yield ("attempts", "funnel", *shape)
    listed = [one["id"] for one in desk.json("attempts", "list")["attempts"]]
    for one in listed:
        yield ("attempts", "show", one)
        yield ("attempts", "show", one, "--json")
        yield ("attempts", "export", one, "--with-owner")
    for one in listed[:DEEP]:
        yield ("attempts", "show", one, "--sequence")
        yield ("attempts", "consent", one)
        yield ("attempts", "consent", one, "--json")
        for form in TEXTS:
            yield ("attempts", "show", one, "--diagram", form)
        for act in ("cancel", "retry", "wake"):
            yield ("attempts", act, one, "--reason", "a look", "--by", "staff")
    for form in TEXTS:
        yield ("diagram", "add_connection", "--heat", "--format", form)


def test_no_command_tells_a_secret(played: Play, staff: Desk) -> None:
    given = 0
    for command in commands(staff):
        _, out, err = staff.gives(*command)
        assert out or err
        played.hunt.expect_none(f"what {command} says", out + err)
        given += 1
    assert given > 150


def test_no_recording_replayed_tells_a_secret(played: Play, staff: Desk, tmp_path: Path) -> None:
    for one in staff.json("attempts", "list")["attempts"][:DEEP]:
        file = tmp_path / f"{one['id']}.json"
        staff.says("attempts", "export", one["id"], "--output", str(file))
        _, out, err = staff.bare("replay", str(file), "--json")
        assert out
        played.hunt.expect_none(f"the replay of {one['id']}", out + err)


def test_the_demo_tells_no_secret(played: Play) -> None:
    assert len(played.told) > 200
    played.hunt.expect_none("what the demo tells", "\n".join(played.told))


def test_a_picture_holds_no_secret(played: Play, staff: Desk, tmp_path: Path) -> None:
    one = staff.json("attempts", "list")["attempts"][0]["id"]
    file = tmp_path / "path.png"
    staff.says("attempts", "show", one, "--diagram", "png", "--output", str(file))
    played.hunt.expect_none("a PNG", file.read_bytes())


def test_what_is_hunted_is_there_to_be_told(played: Play) -> None:
    kept = b"".join(file.read_bytes() for file in played.store.parent.iterdir())
    with pytest.raises(AssertionError, match="a sealed token or address"):
        played.hunt.expect_none("the store", kept)
