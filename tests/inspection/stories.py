"""Stories for these tests: played against the simulator, or made by hand."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from attrs import evolve

from powens_flow.attempt import Attempt, CallRecord, JournalRow
from powens_flow.handlers import default_registry
from powens_flow.inspection import Story, story_of
from powens_flow.machine import Definition, Machines, load_machines
from powens_flow.store.memory import MemoryStore
from powens_flow.testing import Script, World

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@cache
def machines() -> Machines:
    return load_machines(default_registry())


def adding() -> Definition:
    return machines()["add_connection"]


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def a_row(seq: int, source: str, trigger: str, dest: str, **how: Any) -> JournalRow:
    row = JournalRow("one", seq, at(seq), trigger, source, dest, "event", 0.0, adding().hash)
    return evolve(row, **how)


def a_call(name: str, status: int | None = 200, **how: Any) -> CallRecord:
    return CallRecord(name, status, request_id=f"req-{name}", **how)


def a_story(*rows: JournalRow, **changes: Any) -> Story:
    state = rows[-1].dest if rows else "choosing_connector"
    entered = rows[-1].at if rows else NINE
    attempt = Attempt("one", "ada", "add_connection", state, NINE, entered, adding().hash)
    return Story(evolve(attempt, **changes), rows, adding())


async def played(w: World, script: Script | None = None, **options: Any) -> Story:
    """The story of an attempt that was carried to its end."""
    end = await w.driver(script, **options).run()
    assert isinstance(w.store, MemoryStore)
    return await story_of(w.store, w.engine.machines, end.attempt_id)


async def played_until(w: World, *keys: str, script: Script | None = None) -> Story:
    """The story of an attempt that waits."""
    view = await w.driver(script).until(*keys)
    assert isinstance(w.store, MemoryStore)
    return await story_of(w.store, w.engine.machines, view.attempt_id)
