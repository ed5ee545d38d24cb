"""What a listener may be registered for: what is there; and only if it can be told at all."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from powens_flow.listeners import Change
from powens_flow.machine import load_machines
from tests.ears import Ear, ear_of, rung
from tests.small_world import BELL, SmallWorld, registry, small_world


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


# --- who can be told ----------------------------------------------------------------------------


def plain(change: Change) -> None: ...


class Plain:
    def __call__(self, change: Change) -> None: ...


async def noted(to: list[int], change: Change) -> None:
    to.append(change.row.seq)


class Noting:
    def __init__(self) -> None:
        self.to: list[int] = []

    async def hears(self, change: Change) -> None:
        self.to.append(change.row.seq)


@pytest.mark.parametrize(
    ("listener", "named"),
    [
        (plain, "'plain'"),
        (partial(plain), "'plain'"),
        (Plain(), "'Plain'"),
        (Ear, "'Ear'"),
        (lambda change: None, "lambda"),
        (None, "'NoneType'"),
        ("S3cr3t", "'str'"),
    ],
    ids=["function", "partial", "object", "class", "lambda", "None", "text"],
)
def test_what_is_not_async_is_refused(here: SmallWorld, listener: object, named: str) -> None:
    with pytest.raises(TypeError, match=rf"{named}.* is no listener: .*an async function") as met:
        here.engine.on()(listener)  # type: ignore[arg-type]  # what mypy would have said
    assert "S3cr3t" not in str(met.value)
    assert not here.engine._listeners


async def of_none() -> None: ...


async def of_two(change: Change, token: str) -> None: ...


@pytest.mark.parametrize("listener", [of_none, of_two])
def test_what_cannot_take_a_change_is_refused(here: SmallWorld, listener: object) -> None:
    with pytest.raises(TypeError, match=r"called with one argument, the Change, but of_.* takes"):
        here.engine.on()(listener)  # type: ignore[arg-type]  # what mypy would have said
    assert not here.engine._listeners
    here.engine.on()(partial(of_two, token="S3cr3t"))


class Deaf(Ear):
    at_once = 0


def test_a_listener_that_would_be_told_nothing_is_refused(here: SmallWorld) -> None:
    with pytest.raises(ValueError, match="at_once is a whole number from 1, not 0"):
        here.engine.on()(Deaf())


def test_a_mock_is_a_listener(here: SmallWorld) -> None:
    here.engine.on()(AsyncMock())


@pytest.mark.parametrize("wish", [{"state": ["ringing"]}, {"state": 3}, {"machine": ("bell",)}])
def test_a_wish_is_one_name(here: SmallWorld, wish: dict[str, object]) -> None:
    [(what, given)] = wish.items()
    said = f"^{what} must be one name, not {type(given).__name__}: register once for each"
    with pytest.raises(TypeError, match=said):
        here.engine.on(**wish)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("watcher", [None, of_none, noted, lambda: None])
def test_a_watcher_does_its_work_when_it_is_called(here: SmallWorld, watcher: object) -> None:
    with pytest.raises(TypeError, match="a watcher is a plain function of an attempt's id"):
        here.engine.watch(watcher)  # type: ignore[arg-type]  # that is the point


async def test_whatever_is_async_is_told(here: SmallWorld) -> None:
    ear, noting, to = Ear(), Noting(), list[int]()
    for listener in (
        ear,
        partial(ear),
        noting.hears,
        partial(noted, to),
        partial(partial(noted), to),
    ):
        here.engine.on()(listener)
    attempt_id = await rung(here)
    await here.engine.settled()
    assert sorted(ear.of(attempt_id)) == sorted(to) == [1, 1, 2, 2, 3, 3]
    assert noting.to == [1, 2, 3]


# --- what there is to hear ----------------------------------------------------------------------


def test_a_machine_that_is_not_loaded_is_refused(here: SmallWorld) -> None:
    with pytest.raises(
        ValueError,
        match=r"no machine 'add_conection' is loaded, only add_connection, bell, reconnect; "
        r"did you mean 'add_connection'\?",
    ):
        here.engine.on(machine="add_conection")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            {"state": "complete"},
            r"no loaded machine has a state 'complete'; did you mean 'completed'",
        ),
        ({"state": "approving"}, r"did you mean .* 'source\.state\.approving'"),
        ({"state": "rining", "machine": "bell"}, r"'bell' has no state 'rining'; .* 'ringing'"),
        ({"state": "completed", "machine": "bell"}, r"machine 'bell' has no state 'completed'"),
        ({"state": "12345"}, r"'12345'; the names are those of engine\.machines"),
        ({"state": ""}, r"has a state ''"),
        ({"machine": ""}, r"no machine '' is loaded"),
    ],
    ids=str,
)
def test_a_state_that_no_machine_asked_for_has_is_refused(
    here: SmallWorld, wish: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        here.engine.on(**wish)


def test_every_state_of_every_machine_can_be_asked_for(here: SmallWorld) -> None:
    for name, machine in here.engine.machines.items():
        for state in machine.states:
            here.engine.on(state=state)
            here.engine.on(state=state, machine=name)


# --- former names -------------------------------------------------------------------------------


def with_another_name_for_the_end(here: SmallWorld, folder: Path) -> None:
    """The bell of a later version: its end has another name."""
    later = BELL.replace('"finished"', '"rung"').replace(
        "[states.finished]", '[states.rung]\nformerly = ["finished"]'
    )
    Path(folder, "bell.toml").write_text(later, "utf-8")
    here.machines = load_machines(registry(), folder)


async def test_what_was_saved_under_a_former_name_is_heard_by_todays(
    here: SmallWorld, tmp_path: Path
) -> None:
    ear_of(here, fails=10**6)
    attempt_id = await rung(here)
    await here.engine.settled()
    with_another_name_for_the_end(here, tmp_path)
    ear = Ear()
    async with here.another_engine() as later:
        later.on(state="rung", machine="bell")(ear)
        await later._listeners.retell()
        await later.settled()
    assert ear.of(attempt_id) == [3]


async def test_a_former_name_is_refused_with_todays(here: SmallWorld, tmp_path: Path) -> None:
    """No transition of today has it: its listener would hear of the past alone."""
    with_another_name_for_the_end(here, tmp_path)
    async with here.another_engine() as later:
        with pytest.raises(ValueError, match=r"'finished'; today it is called 'rung'"):
            later.on(state="finished")
