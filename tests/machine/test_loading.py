"""Our machines, and a folder of somebody's own that replaces and extends them."""

from pathlib import Path
from typing import Any

import pytest

from powens_flow.handlers import default_registry
from powens_flow.machine import MachineError, Registry, load_machines, our_machines
from powens_flow.outcomes import Outcome
from tests.machine.small import PIECE, changed, nothing

OWN = """
name = "just_look"
title = "Look at a connection, and no more"
initial = "greeting"

[states.greeting]
kind = "calling"
handler = "greet"
[states.greeting.on]
done = [
    { when = "is_monday", to = "state" },
    { to = "completed" },
]

[parts.state]
machine = "connection_state"
[parts.state.exits]
synced = "completed"
unusable = "ending"
put_off = "completed"
given_up = "completed"
source_lost = "ending"

[states.completed]
kind = "final"
prompt = "done"
message = "ended.completed"
"""


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def with_own() -> Registry:
    registry = default_registry()
    registry.handler("greet")(nothing)
    registry.guard("is_monday")(lambda attempt, outcome: attempt == "monday")
    return registry


def test_ours_are_sound() -> None:
    machines = load_machines(default_registry())
    assert "add_connection" in machines
    finals = {s.name for s in machines["add_connection"].states.values() if s.kind == "final"}
    assert finals == {"completed", "failed", "cancelled", "expired"}


def test_a_folder_extends_ours_and_includes_our_parts(tmp_path: Path) -> None:
    machines = load_machines(with_own(), write(tmp_path, own=OWN))
    own = machines["just_look"]
    assert own.step("greeting", "done", "monday").to == "state.reading"
    assert own.step("greeting", "done", "tuesday").to == "completed"
    assert own.step("state.reading", "done").to == "completed"
    assert own.handler("greeting") is nothing
    assert "add_connection" in machines


def test_own_names_have_to_be_registered(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as refused:
        load_machines(default_registry(), write(tmp_path, own=OWN))
    assert "own.toml, state 'greeting': unknown handler 'greet'" in str(refused.value)
    assert "own.toml, state 'greeting', trigger 'done': unknown guard 'is_monday'" in str(
        refused.value
    )


def test_a_file_of_the_same_name_replaces_ours(tmp_path: Path) -> None:
    patient = changed(
        our_machines()["add_connection.toml"],
        "refused_input = [                   # hidden, restricted, or not what the policy allows\n"
        '    { when = "connector_is_given", to = "ending" },\n',
        "refused_input = [\n",
    )
    before = load_machines(default_registry())["add_connection"]
    after = load_machines(default_registry(), write(tmp_path, add_connection=patient))[
        "add_connection"
    ]
    assert after.hash != before.hash
    assert len(after.transitions) == len(before.transitions) - 1


def test_a_replaced_part_is_in_every_machine_that_includes_it(tmp_path: Path) -> None:
    eager = changed(our_machines()["ending.toml"], 'handler = "clean_up"', 'handler = "greet"')
    machines = load_machines(with_own(), write(tmp_path, ending=eager, own=OWN))
    for machine in machines.values():
        assert machine.handler("ending.cleaning_up") is nothing


def test_a_part_that_no_machine_uses_is_refused(tmp_path: Path) -> None:
    inner = changed(PIECE, 'name = "piece"', 'name = "inner"')
    outer = changed(PIECE, 'name = "piece"', 'name = "outer"')
    outer += '[parts.deep]\nmachine = "inner"\n'
    with pytest.raises(MachineError) as refused:
        load_machines(default_registry(), write(tmp_path, inner=inner, outer=outer))
    assert str(refused.value).splitlines() == [
        "inner.toml: no machine uses the part 'inner'; a machine has no exits",
        "outer.toml: no machine uses the part 'outer'; a machine has no exits",
    ]


def test_a_part_of_ours_may_be_left_unused_but_not_when_it_is_replaced(tmp_path: Path) -> None:
    alone = changed(OWN, 'name = "just_look"', 'name = "reconnect"')
    write(tmp_path, reconnect=alone, add_connection=changed(OWN, "just_look", "add_connection"))
    assert set(load_machines(with_own(), tmp_path)) == {"add_connection", "reconnect"}
    with pytest.raises(MachineError, match=r"^repair.toml: no machine uses the part 'repair'"):
        load_machines(with_own(), write(tmp_path, repair=our_machines()["repair.toml"]))


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("= not TOML", "utf-8")
    (tmp_path / "more").mkdir()
    assert set(load_machines(default_registry(), tmp_path)) == set(
        load_machines(default_registry())
    )


def test_the_text_of_ours_is_what_is_loaded() -> None:
    texts = our_machines()
    assert {"common.toml", "add_connection.toml", "source.toml", "ending.toml"} <= set(texts)
    assert all(text.strip() for text in texts.values())


# --- registries ---------------------------------------------------------------------------------


async def other(context: Any, attempt: Any) -> Outcome:
    return Outcome("gone")


def test_a_name_is_registered_once_unless_replacing_is_meant() -> None:
    registry = default_registry()
    with pytest.raises(ValueError, match="handler 'clean_up' is registered already"):
        registry.handler("clean_up")(other)
    with pytest.raises(ValueError, match="guard 'was_cancelled' is registered already"):
        registry.guard("was_cancelled")(lambda attempt, outcome: True)
    registry.handler("clean_up", replace=True)(other)
    ours = load_machines(registry)["add_connection"]
    assert ours.handler("ending.cleaning_up") is other


def test_including_another_registry_takes_all_its_names_but_no_doubles() -> None:
    mine = Registry()
    mine.handler("greet")(nothing)
    registry = default_registry().include(mine)
    assert registry.handlers["greet"] is nothing
    with pytest.raises(ValueError, match="handler 'greet' is registered already"):
        registry.include(mine)


def test_our_registry_is_a_new_one_each_time() -> None:
    default_registry().handler("greet")(nothing)
    assert "greet" not in default_registry().handlers


def test_every_registered_name_of_ours_is_used() -> None:
    registry = default_registry()
    used: set[str] = set()
    asked: set[str] = set()
    for machine in load_machines(registry).values():
        used |= {s.table.handler for s in machine.states.values() if s.table.handler}
        asked |= {guard for one in machine.transitions for guard in one.when}
    assert set(registry.handlers) == used
    assert set(registry.guards) == asked
