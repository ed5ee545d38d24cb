"""What was measured: by kind of request, in the server's own measure."""

import math
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from benchmarks.load.pace import Size
from benchmarks.load.person import Request
from powens_flow.attempt import JournalRow
from powens_flow.store.sqlite import SQLiteStore

LIMIT: Final = 25.0
"""Milliseconds: the p99 that an event without an API call keeps under."""

Step = tuple[str, str, str]
"""Machine, state and event."""


@frozen
class Load:
    """One run. Times are milliseconds; CPU, seconds."""

    size: Size
    seconds: float
    ended: int
    errors: Sequence[str]
    requests: Sequence[Request]
    without_call: Collection[Step]
    cpu: dict[str, float] = field(factory=dict)

    def of(self, *routes: str) -> list[float]:
        """The server's times of these routes."""
        return [one.server for one in self.requests if one.route in routes]

    @property
    def events_without_call(self) -> list[float]:
        """The server's times of events that made no API call."""
        return [
            one.server
            for one in self.requests
            if one.route == "event" and (one.machine, one.state, one.event) in self.without_call
        ]

    def as_json(self) -> dict[str, Any]:
        """For `bench.json`."""
        return {
            "people": self.size.people,
            "seconds": self.size.seconds,
            "think_seconds": list(self.size.think),
            "attempts": self.ended,
            "errors": len(self.errors),
            "requests": len(self.requests),
            "requests_per_second": round(len(self.requests) / self.size.seconds, 1),
            "event_without_call_ms": stats(self.events_without_call),
            "event_ms": stats(self.of("event")),
            "read_ms": stats(self.of("read", "connectors", "publickey")),
            "start_ms": stats(self.of("start")),
            "cpu_seconds": {name: round(one, 1) for name, one in self.cpu.items()},
        }

    def table(self) -> str:
        """The same for people to read."""
        size, told = self.size, self.as_json()
        rows = {
            "event, no API call": told["event_without_call_ms"],
            "any event": told["event_ms"],
            "read": told["read_ms"],
            "start": told["start_ms"],
        }
        lines = [
            f"{size.people} people at once for {size.seconds:.0f} s, thinking {size.think[0]:g} to"
            f" {size.think[1]:g} s on each screen, each with a stream open:"
            f" {told['requests_per_second']:.0f} requests a second,"
            f" {self.ended} attempts ended, {len(self.errors)} errors",
            f"{'ms in the server':<20}{'count':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}",
            *(_line(name, row) for name, row in rows.items()),
            "CPU seconds: " + ", ".join(f"{name} {one:.0f}" for name, one in self.cpu.items()),
        ]
        return "\n".join(lines)


def _line(name: str, row: dict[str, float]) -> str:
    numbers = "".join(f"{row.get(one, 0):>8.1f}" for one in ("p50", "p95", "p99", "most"))
    return f"{name:<20}{row['count']:>8.0f}{numbers}"


def stats(times: Collection[float]) -> dict[str, float]:
    """How many, and p50, p95, p99 (nearest rank) and the longest."""
    if not times:
        return {"count": 0}
    ordered = sorted(times)
    ranks = {name: ordered[math.ceil(part * len(ordered)) - 1] for name, part in PARTS.items()}
    return {"count": len(ordered), **{name: round(one, 2) for name, one in ranks.items()}}


PARTS: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}


async def steps_without_call(path: Path) -> set[Step]:
    """Events that never made an API call, by the journals of all attempts: neither the event's own
    transition, nor what followed it until something else came from outside."""
    ids = _attempts(path)
    called: dict[Step, bool] = {}
    async with SQLiteStore(path) as store:
        for attempt_id, machine in ids:
            for step, calls in _steps(machine, await store.history(attempt_id)):
                called[step] = called.get(step, False) or calls
    return {step for step, calls in called.items() if not calls}


def _attempts(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return [(found[0], found[1]) for found in db.execute("select id, machine from attempt")]


def _steps(machine: str, rows: Iterable[JournalRow]) -> Iterable[tuple[Step, bool]]:
    step: Step | None = None
    calls = False
    for row in rows:
        if row.cause in ("event", "clock", "webhook"):
            if step is not None:
                yield step, calls
            step = (machine, row.source, row.trigger) if row.cause == "event" else None
            calls = False
        calls = calls or bool(row.calls)
    if step is not None:
        yield step, calls
