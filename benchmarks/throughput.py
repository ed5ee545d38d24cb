"""CPU and time for each attempt: by hand, by the engine in memory, by the engine on SQLite."""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final, Protocol

from attrs import frozen

from benchmarks.engines import ByEngine, in_memory, on_sqlite
from benchmarks.hand import by_hand
from benchmarks.simulated import Simulated

AT_ONCE: Final = (1, 50, 500)
KINDS: Final = ("hand", "memory", "sqlite")


class Carrier(Protocol):
    """Who carries attempts."""

    async def attempt(self, number: int) -> None:
        """One attempt, whole."""
        ...


Ready = Callable[[Simulated], AbstractAsyncContextManager[Carrier]]


class UnlikeCalls(Exception):
    """Two kinds did not make the same calls, so that comparing them would say nothing."""


@frozen
class Run:
    """One run of many attempts: wall-clock seconds, and CPU seconds of the driving process."""

    attempts: int
    seconds: float
    cpu: float


@frozen
class Level:
    """The medians of all rounds at one number of attempts at once, by kind."""

    rates: Mapping[str, float]
    cpu_ms: Mapping[str, float]

    def ratio(self, kind: str) -> float:
        """CPU by hand over CPU of `kind`, for each attempt."""
        return self.cpu_ms["hand"] / self.cpu_ms[kind]


async def measure(
    simulated: Simulated, build: Path, attempts: int, rounds: int, at_once: tuple[int, ...]
) -> dict[int, Level]:
    """Each level's medians; the kinds take turns, round for round."""
    return {
        level: await _level(simulated, build, max(attempts, level), rounds, level)
        for level in at_once
    }


async def _level(
    simulated: Simulated, build: Path, attempts: int, rounds: int, at_once: int
) -> Level:
    runs: dict[str, list[Run]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        calls = {}
        for kind, ready in _kinds(build).items():
            runs[kind].append(await run(simulated, ready, attempts, at_once))
            calls[kind] = await simulated.calls()
        await _check(simulated, calls)
    return Level(
        {kind: median(one.attempts / one.seconds for one in runs[kind]) for kind in KINDS},
        {kind: median(1000 * one.cpu / one.attempts for one in runs[kind]) for kind in KINDS},
    )


def _kinds(build: Path) -> dict[str, Ready]:
    return {"hand": by_hand, "memory": in_memory, "sqlite": _on_new_file(build)}


def _on_new_file(build: Path) -> Ready:
    @asynccontextmanager
    async def ready(simulated: Simulated) -> AsyncIterator[ByEngine]:
        # Not in the system's temporary folder, which may be no disk.
        with tempfile.TemporaryDirectory(dir=build) as folder:
            async with on_sqlite(simulated, Path(folder)) as carrier:
                yield carrier

    return ready


async def run(simulated: Simulated, ready: Ready, attempts: int, at_once: int) -> Run:
    """So many attempts by one carrier, from a simulator and a heap without rubbish."""
    await simulated.reset()
    async with ready(simulated) as carrier:
        await carrier.attempt(0)
        gc.collect()
        numbers = iter(range(1, attempts + 1))
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_worker(carrier, numbers) for _ in range(at_once)))
        return Run(attempts, time.perf_counter() - began, time.process_time() - cpu)


async def _worker(carrier: Carrier, numbers: Iterator[int]) -> None:
    for number in numbers:
        await carrier.attempt(number)


async def _check(simulated: Simulated, calls: Mapping[str, Mapping[str, int]]) -> None:
    if any(made != calls["hand"] for made in calls.values()):
        raise UnlikeCalls(str(calls))
    violations = await simulated.violations()
    if violations:
        raise UnlikeCalls(f"the simulator counted: {violations}")
