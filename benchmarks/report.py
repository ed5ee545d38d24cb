"""The numbers as a table, and as `bench.json`."""

import os
import platform
import sqlite3
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from benchmarks.fleet import Seen
from benchmarks.throughput import KINDS, Level
from benchmarks.waiting import Waiting

ENGINES = ("memory", "sqlite")


def as_json(levels: Mapping[int, Level], waiting: Waiting, seen: Seen) -> dict[str, Any]:
    """What is written to `bench.json`. Rates are attempts a second; times, milliseconds."""
    return {
        "throughput": {str(at_once): _level(level) for at_once, level in levels.items()},
        "event_ms": {str(count): round(ms, 4) for count, ms in waiting.event_ms.items()},
        "waiting_bytes": round(waiting.disk_bytes),
        "fleet": _fleet(seen),
        "machine": machine(),
    }


def _fleet(seen: Seen) -> dict[str, float]:
    times = {f"{name}_ms": round(ms, 1) for name, ms in seen.ms.items()}
    return {"attempts": seen.attempts, "transitions": seen.rows, **times}


def _level(level: Level) -> dict[str, float]:
    return {
        **{kind: round(level.rates[kind], 1) for kind in KINDS},
        **{f"{kind}_ratio": round(level.ratio(kind), 3) for kind in ENGINES},
        **{f"{kind}_cpu_ms": round(level.cpu_ms[kind], 3) for kind in KINDS},
    }


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "aiohttp": version("aiohttp"),
    }


def table(levels: Mapping[int, Level], waiting: Waiting, seen: Seen) -> str:
    """The same for people to read."""
    lines = [
        "at once            hand              engine, memory               engine, SQLite",
        "          per s  CPU ms     per s  CPU ms  hand/engine     per s  CPU ms  hand/engine",
        *(_line(at_once, level) for at_once, level in levels.items()),
        "",
        *(
            f"one event, {count:,} attempts stored: {ms:.3f} ms"
            for count, ms in waiting.event_ms.items()
        ),
        f"each waiting attempt: {waiting.disk_bytes:,.0f} bytes on disk;"
        f" in the process: {waiting.in_process} attempts",
        "",
        f"all attempts together, {seen.attempts:,} stored with {seen.rows:,} transitions:",
        *(f"  {name.replace('_', ' ')}: {ms / 1000:.3f} s" for name, ms in seen.ms.items()),
    ]
    return "\n".join(lines)


def _line(at_once: int, level: Level) -> str:
    cells = [f"{at_once:>7}{level.rates['hand']:>8.0f}{level.cpu_ms['hand']:>8.2f}"]
    for kind in ENGINES:
        cells.append(
            f"{level.rates[kind]:>10.0f}{level.cpu_ms[kind]:>8.2f}{level.ratio(kind):>13.2f}"
        )
    return "".join(cells)
