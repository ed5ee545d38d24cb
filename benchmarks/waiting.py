"""What attempts cost that wait: bytes on disk, and the time of one event beside many others."""

import asyncio
import gc
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from attrs import evolve, field, frozen

from benchmarks.engines import STORE_FILE, Astray, running_engine
from benchmarks.simulated import Simulated
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.engine import Engine
from powens_flow.events import ChooseConnector, ChooseSource
from powens_flow.keyring import Keyring
from powens_flow.policy import Policy
from powens_flow.store.port import Save, Store
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import StoreVault

CONNECTOR: Final = "5b81cf40-8e1c-56d4-a7e3-b0a0d9cf4e59"
"""A connector of two sources. Choosing one of them is an event that makes no API call."""

EVENT: Final = ChooseSource("directaccess")
POLICY: Final = Policy(choose_source=True)
WRITERS: Final = 200
HOLDER: Final = "benchmark"
HELD: Final = timedelta(minutes=1)


@frozen
class Waiting:
    """`event_ms` is the median time of one event, by the number of attempts stored."""

    event_ms: dict[int, float]
    disk_bytes: float
    in_process: int


@frozen
class Crowd:
    """A store in which many attempts wait for the same event."""

    count: int
    engine: Engine = field(repr=False)
    file: Path

    async def event(self, number: int) -> float:
        """Seconds that one event of one of the attempts takes."""
        owner = self.engine.for_owner(f"owner-{number}")
        began = time.perf_counter()
        view = await owner.send(f"waiting-{number}", EVENT)
        took = time.perf_counter() - began
        if view.prompt.kind != "fill_in_fields":
            raise Astray(view.state)
        return took


async def measure(
    simulated: Simulated, build: Path, counts: tuple[int, ...], events: int
) -> Waiting:
    """One event at each of `counts`, in turns; the bytes are those of the largest store."""
    await simulated.reset()
    before = living_attempts()
    async with AsyncExitStack() as stack:
        crowds = [await stack.enter_async_context(_crowd(simulated, build, n)) for n in counts]
        largest = max(crowds, key=lambda crowd: crowd.count)
        disk = _size(largest.file) / largest.count
        return Waiting(await _events(crowds, events), disk, living_attempts() - before)


async def _events(crowds: list[Crowd], events: int) -> dict[int, float]:
    chance = random.Random(0)  # noqa: S311 - which attempts are asked, the same in each run
    events = min([events, *(crowd.count for crowd in crowds)])
    asked = [(crowd, chance.sample(range(crowd.count), events)) for crowd in crowds]
    took: dict[int, list[float]] = {crowd.count: [] for crowd in crowds}
    for turn in range(events):
        for crowd, numbers in asked:
            took[crowd.count].append(await crowd.event(numbers[turn]))
    return {count: 1000 * median(times) for count, times in took.items()}


@asynccontextmanager
async def _crowd(simulated: Simulated, build: Path, count: int) -> AsyncIterator[Crowd]:
    with tempfile.TemporaryDirectory(dir=build) as folder:
        file, keyring = Path(folder) / STORE_FILE, Keyring.generate()
        async with _opened(simulated, file, keyring) as (engine, store):
            await _fill(store, *await _one_that_waits(engine, store), count)
        async with _opened(simulated, file, keyring) as (engine, _):  # as a new process finds it
            yield Crowd(count, engine, file)


@asynccontextmanager
async def _opened(
    simulated: Simulated, file: Path, keyring: Keyring
) -> AsyncIterator[tuple[Engine, Store]]:
    async with SQLiteStore(file) as store:
        vault = StoreVault(store, keyring)
        async with running_engine(simulated, store, vault, keyring, POLICY) as engine:
            yield engine, store


async def _one_that_waits(engine: Engine, store: Store) -> tuple[Attempt, tuple[JournalRow, ...]]:
    owner = engine.for_owner("model")
    view = await owner.start()
    view = await owner.send(view.attempt_id, ChooseConnector(CONNECTOR))
    attempt = await store.load(view.attempt_id)
    if attempt is None or view.prompt.kind != "choose_source":
        raise Astray(view.state)
    return attempt, await engine.history(attempt.id)


async def _fill(store: Store, model: Attempt, rows: Iterable[JournalRow], count: int) -> None:
    numbers = iter(range(count))

    async def writer() -> None:
        for number in numbers:
            await _store_copy(store, model, rows, number)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))


async def _store_copy(
    store: Store, model: Attempt, rows: Iterable[JournalRow], number: int
) -> None:
    copy = evolve(model, id=f"waiting-{number}", owner=f"owner-{number}", version=0)
    until = datetime.now(UTC) + HELD
    taken = await store.create(copy, (), holder=HOLDER, until=until, untold=False)
    own = tuple(evolve(row, attempt_id=copy.id) for row in rows)
    await store.save(Save(taken.attempt, taken.lease, own, release=True))


def _size(file: Path) -> int:
    """Bytes of the database with what its log holds."""
    return sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))


def living_attempts() -> int:
    """How many attempts this process holds in memory."""
    gc.collect()
    return sum(isinstance(one, Attempt) for one in gc.get_objects())
