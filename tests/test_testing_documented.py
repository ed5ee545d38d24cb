"""`docs/testing.md`: its tests pass, and its tables are true."""

import re
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from powens_flow.simulator import Simulator
from powens_flow.simulator.faults import Kind
from powens_flow.testing import ManualClock, Script, World

TEXT = (Path(__file__).parents[1] / "docs" / "testing.md").read_text("utf-8")


def _defined() -> dict[str, Any]:
    found = re.search(r"<!-- tests: .*? -->\n```python\n(.*?)```", TEXT, re.S)
    assert found is not None, "the page has no block of tests"
    defined: dict[str, Any] = {"__name__": "docs.testing"}
    exec(compile(found[1], "docs/testing.md", "exec"), defined)  # noqa: S102 - our own page
    return {name: one for name, one in defined.items() if name.startswith("test_")}


TESTS = _defined()


@pytest.mark.parametrize("name", TESTS)
async def test_each_test_of_the_page_passes(name: str, powens_world: World) -> None:
    await TESTS[name](powens_world)
    assert not powens_world.simulator.violations


def _cells(head: str) -> list[list[str]]:
    table = TEXT.partition(f"| {head} |")[2].partition("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]
    ]


def test_the_script_is_told_with_its_defaults() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in _cells("of `Script`")}
    known = {one.name: one.default for one in attrs.fields(Script)}
    assert set(told) | {"logins"} == set(known)
    assert "`logins`" in TEXT
    for name, default in told.items():
        assert default == "-" or default == str(known[name]), name


@pytest.mark.parametrize(
    ("head", "kind"), [("of the clock", ManualClock), ("of the simulator", Simulator)]
)
def test_what_a_test_may_ask_for_is_there(head: str, kind: type) -> None:
    names = {
        name for row in _cells(head) for name in re.findall(r"`([a-z_]+)(?:\(.*?)?`", row[0])
    } - {"wrongpass"}
    assert len(names) >= 3
    assert not [name for name in names if not hasattr(kind, name)]


def test_every_kind_of_fault_is_told() -> None:
    [row] = [row for row in _cells("of the simulator") if "add_fault" in row[0]]
    assert set(re.findall(r"`([a-z_]+)`", row[1])) == set(get_args(Kind))
