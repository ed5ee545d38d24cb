"""`python -m benchmarks`: prints the table, and writes `build/bench.json`."""

import argparse
import asyncio
import json
import logging
from pathlib import Path

import structlog
from attrs import evolve, field, frozen

from benchmarks import fleet, report, throughput, waiting
from benchmarks.fleet import Seen
from benchmarks.load import pace
from benchmarks.load.results import Load
from benchmarks.load.run import load
from benchmarks.simulated import simulated
from benchmarks.throughput import Level
from benchmarks.waiting import Waiting

BUILD = Path("build")


@frozen
class Size:
    """How much is measured."""

    attempts: int = 500
    rounds: int = 5
    at_once: tuple[int, ...] = throughput.AT_ONCE
    stored: tuple[int, ...] = (1_000, 100_000)
    events: int = 500
    people: pace.Size = field(factory=pace.Size)
    fleet: int = 100_000


QUICK = Size(
    attempts=100,
    rounds=3,
    stored=(1_000, 10_000),
    events=200,
    people=pace.Size(people=50, seconds=15.0),
    fleet=10_000,
)


def bench(size: Size, build: Path) -> str:
    """Measure, write `bench.json` into `build`, and answer the table."""
    build.mkdir(parents=True, exist_ok=True)
    levels, waits, seen = asyncio.run(_measured(size, build))
    people = load(size.people, build)
    told = {**report.as_json(levels, waits, seen), "load": people.as_json()}
    (build / "bench.json").write_text(f"{json.dumps(told, indent=2)}\n", "utf-8")
    return "\n\n".join((report.table(levels, waits, seen), people.table(), *_met(people)))


def _met(people: Load) -> tuple[str, ...]:
    """The errors that people met, the first of them."""
    return ("\n".join(people.errors[:20]),) if people.errors else ()


async def _measured(size: Size, build: Path) -> tuple[dict[int, Level], Waiting, Seen]:
    with simulated() as server:
        return (
            await throughput.measure(server, build, size.attempts, size.rounds, size.at_once),
            await waiting.measure(server, build, size.stored, size.events),
            await fleet.measure(server, build, size.fleet),
        )


def size_of(arguments: list[str] | None = None) -> Size:
    """The size that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--attempts", type=int, help="attempts a run (500; at least those at once)")
    parser.add_argument("--rounds", type=int, help="rounds of which the medians are taken (5)")
    parser.add_argument("--quick", action="store_true", help="a fifth of it, for a first look")
    given = parser.parse_args(arguments)
    size = QUICK if given.quick else Size()
    wanted = {name: getattr(given, name) for name in ("attempts", "rounds")}
    return evolve(size, **{name: value for name, value in wanted.items() if value is not None})


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )
    print(bench(size_of(), BUILD))
