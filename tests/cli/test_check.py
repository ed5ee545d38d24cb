"""`powens-flow check`: our machines, and a user's own."""

import re
from pathlib import Path

import pytest

from powens_flow.attempt import Attempt
from powens_flow.cli import main
from powens_flow.handlers import default_registry
from powens_flow.handlers.context import Context
from powens_flow.machine import Registry, load_machines
from powens_flow.outcomes import Outcome

ENDING_WELL = """
name = "waiting_only"
initial = "asking"
[states.asking]
kind = "calling"
handler = "ask_nobody"
retry = "read"
[states.asking.on]
done = [{ when = "is_tuesday", to = "completed" }, { to = "failed" }]
[states.completed]
kind = "final"
prompt = "done"
"""


async def ask_nobody(context: Context, attempt: Attempt) -> Outcome:
    """A user's handler."""
    return Outcome("done")


def own_registry() -> Registry:
    """What a user registers from Python, with ours."""
    registry = Registry().include(default_registry())
    registry.handler("ask_nobody")(ask_nobody)
    registry.guard("is_tuesday")(lambda attempt, outcome: True)
    return registry


def test_each_machine_is_told_with_its_counts_and_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0

    lines = capsys.readouterr().out.splitlines()
    machines = load_machines(default_registry())
    assert [line.partition(":")[0] for line in lines] == list(machines)
    for line, machine in zip(lines, machines.values(), strict=True):
        found = re.search(r": (\d+) states \(.*\), (\d+) transitions, hash (\w+)$", line)
        assert found is not None
        assert (int(found[1]), int(found[2])) == (len(machine.states), len(machine.transitions))
        assert found[3] == machine.hash


def test_a_users_machine_with_handlers_and_guards_from_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text(ENDING_WELL, "utf-8")
    registry = f"{__name__}:own_registry"

    assert main(["check", str(tmp_path), "--registry", registry]) == 0

    assert "waiting_only: " in capsys.readouterr().out


def test_each_fault_is_told_with_file_state_and_trigger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text(ENDING_WELL, "utf-8")

    assert main(["check", str(tmp_path)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert "own.toml, state 'asking': unknown handler 'ask_nobody'" in err
    assert "own.toml, state 'asking', trigger 'done': unknown guard 'is_tuesday'" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_bytes(content)

    assert main(["check", str(tmp_path)]) == 1

    err = capsys.readouterr().err
    assert str(tmp_path) in err or "own.toml" in err
    assert err.count("\n") == 1


def test_a_folder_without_machines_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path)]) == 2

    assert "there is no machine file (*.toml)" in capsys.readouterr().err
