"""Which transitions the tests took: recorded while they run, for `make coverage-diagram`.

A transition counts as taken when a drive took it for an attempt and a store saved its journal row:
what steps the pure machine by hand, or makes rows by hand, counts for nothing. Only rows of the
machines as they are in the checkout count, by their hash. Each process writes one file.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from powens_flow.attempt import JournalRow
from powens_flow.drive import Drive
from powens_flow.machine import Definition

FOLDER = Path(__file__).parents[1] / "build" / "transitions"

WORKER = "PYTEST_XDIST_WORKER"
"""Set in the processes that pytest-xdist starts, and in all that these start."""

Row = tuple[str, str, str, str, str, tuple[str, ...]]
"""Machine, its hash, source, trigger, target, the guards of the branch that was taken."""


class Recorder:
    """A pytest plugin. The process that starts the others empties the folder first."""

    def __init__(self, config: pytest.Config) -> None:
        self.taken: dict[Row, None] = {}
        self._config = config
        self._save = Drive._save

    def pytest_sessionstart(self) -> None:
        if not self._is_worker() and WORKER not in os.environ:
            for path in FOLDER.glob("*.json"):
                path.unlink()
        recorder, save = self, self._save

        async def recording(drive: Drive, **how: Any) -> None:
            rows = tuple(drive._rows)
            await save(drive, **how)
            recorder.record(drive.definition, rows)

        setattr(Drive, "_save", recording)  # noqa: B010 - put back when the session ends

    def record(self, machine: Definition, rows: tuple[JournalRow, ...]) -> None:
        for row in rows:
            if (when := _branch(machine, row)) is not None:
                key = (machine.name, machine.hash, row.source, row.trigger, row.dest, when)
                self.taken[key] = None

    def pytest_sessionfinish(self) -> None:
        setattr(Drive, "_save", self._save)  # noqa: B010 - as above
        if self.taken:
            FOLDER.mkdir(parents=True, exist_ok=True)
            name = os.environ.get(WORKER, "alone")
            (FOLDER / f"{name}.json").write_text(json.dumps(sorted(self.taken)), "utf-8")

    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")


def _branch(machine: Definition, row: JournalRow) -> tuple[str, ...] | None:
    """The guards of the branch that the row took: the first that all answered yes.

    None for a row whose source is a former or unknown name: it is no transition of the machine.
    """
    for one in machine.transitions:
        if (one.source, one.trigger) == (row.source, row.trigger) and all(
            row.guards.get(guard, False) for guard in one.when
        ):
            return one.when if one.to == row.dest else None
    return None


def recorded() -> Iterator[Row]:
    """What the last run of the tests took."""
    for path in sorted(FOLDER.glob("*.json")):
        for machine, made, source, trigger, to, when in json.loads(path.read_text("utf-8")):
            yield machine, made, source, trigger, to, tuple(when)
