"""Log events: those that the page names, with the fields that it lists, and nothing personal."""

import ast
from collections.abc import Iterator
from pathlib import Path

from structlog.testing import capture_logs

import powens_flow
from powens_flow.telemetry import owner_hash
from powens_flow.testing import Script, world
from tests.telemetry.tables import code_in, table

LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


def _logged() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each event that the package's code logs: name, level, fields."""
    for path in Path(powens_flow.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_log(node.func):
                assert isinstance(node.func, ast.Attribute)
                name = ast.literal_eval(node.args[0])
                yield name, node.func.attr, tuple(sorted(_fields(node)))


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "log"
    )


def _fields(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
        else:  # `from` is no name that a keyword could have
            assert isinstance(keyword.value, ast.Dict)
            yield from (ast.literal_eval(key) for key in keyword.value.keys if key is not None)


def test_the_table_of_events_is_true() -> None:
    told = {
        (code_in(name)[0], level, tuple(sorted(code_in(fields))))
        for name, level, fields, _ in table("events")
    }
    assert told == set(_logged())


async def test_a_transition_is_logged_with_its_fields() -> None:
    async with world() as w:
        with capture_logs() as logs:
            end = await w.driver(Script(connector="40"), owner="camille@example.org").run()
        rows = await w.engine.history(end.attempt_id)
    moves = [one for one in logs if one["event"] == "attempt.transition"]
    assert [(one["from"], one["to"], one["trigger"]) for one in moves] == [
        (row.source, row.dest, row.trigger) for row in rows
    ]
    assert {one["attempt"] for one in moves} == {end.attempt_id}
    assert {one["owner_hash"] for one in moves} == {owner_hash("camille@example.org")}
    known = [one["request_id"] for one in moves if one["request_id"]]
    assert known
    assert set(known) <= {call.request_id for row in rows for call in row.calls}
    assert "camille" not in str(logs)


def test_an_owner_has_one_hash_and_not_anothers() -> None:
    assert owner_hash("ann") == owner_hash("ann") != owner_hash("bob")
    assert "ann" not in owner_hash("ann")
    assert len(owner_hash("\ud800")) == 16
