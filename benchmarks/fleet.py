"""How long staff wait for a list, a heat picture and a funnel, beside many stored attempts."""

import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from attrs import evolve, frozen

from benchmarks.attempt import CONNECTOR, VALUES
from benchmarks.engines import STORE_FILE, Astray, running_engine
from benchmarks.simulated import Simulated
from powens_flow import events as e
from powens_flow.attempt import Attempt, Connector, JournalRow
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.inspection import funnel, heat, trouble
from powens_flow.keyring import Keyring
from powens_flow.machine import Machines, load_machines
from powens_flow.owner import Owner
from powens_flow.snapshot import next_version
from powens_flow.store.fleet import Wanted
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Lease, Save, Store
from powens_flow.store.sqlite import SQLiteStore, schema
from powens_flow.store.sqlite.saves import CreateWork, SaveWork
from powens_flow.store.sqlite.store import READ
from powens_flow.vault import MemoryVault

ROUNDS: Final = 3
AT_ONCE: Final = 2_000
SPREAD: Final = timedelta(days=30)
CONNECTORS: Final = 12

LIVING: Final = 20
"""Of a hundred attempts, how many are still under way."""


@frozen
class Seen:
    """Milliseconds for each question, and how much was asked."""

    attempts: int
    rows: int
    ms: dict[str, float]


@frozen
class Model:
    """An attempt that was really carried, to be stored many times with other times."""

    attempt: Attempt
    rows: tuple[JournalRow, ...]
    share: int


async def measure(simulated: Simulated, build: Path, count: int) -> Seen:
    """Each question in turns, asked by a process that has just opened the store to read it."""
    await simulated.reset()
    models = await _models(simulated)
    machines = load_machines(default_registry())
    with tempfile.TemporaryDirectory(dir=build) as folder:
        file = Path(folder) / STORE_FILE
        rows = _fill(file, models, count)
        async with SQLiteStore(file, access=READ) as store:
            return Seen(count, rows, await _asked(store, machines))


async def _asked(store: SQLiteStore, machines: Machines) -> dict[str, float]:
    took: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, ask in _questions(store, machines).items():
            began = time.perf_counter()
            await ask()
            took.setdefault(name, []).append(1000 * (time.perf_counter() - began))
    return {name: median(times) for name, times in took.items()}


def _questions(store: SQLiteStore, machines: Machines) -> dict[str, Callable[[], Awaitable[Any]]]:
    machine, stuck = machines["add_connection"], trouble(machines, datetime.now(UTC))
    return {
        "list": lambda: store.attempts(Wanted()),
        "list_of_few": lambda: store.attempts(Wanted(states=frozenset({"failed"}))),
        "list_stuck": lambda: store.attempts(Wanted(stuck=stuck)),
        "heat": lambda: heat(store, machine),
        "funnel": lambda: funnel(store, machine),
    }


# --- attempts to store ---------------------------------------------------------------------------


async def _models(simulated: Simulated) -> list[Model]:
    """A completed one, one that was cancelled, and one that waits for a code."""
    store = MemoryStore()
    async with running_engine(simulated, store, MemoryVault(), Keyring.generate()) as engine:
        ids = {name: await _carried(engine, name) for name in ("completed", "cancelled", "waits")}
        await engine.settled()
        return [
            await _model(store, ids["completed"], 70),
            await _model(store, ids["cancelled"], 100 - 70 - LIVING),
            await _model(store, ids["waits"], LIVING),
        ]


async def _model(store: Store, attempt_id: str, share: int) -> Model:
    attempt = await store.load(attempt_id)
    assert attempt is not None, "it was carried a moment ago"
    return Model(attempt, await store.history(attempt_id), share)


async def _carried(engine: Engine, to: str) -> str:
    owner = engine.for_owner(to)
    view = await owner.start()
    view = await owner.send(view.attempt_id, e.ChooseConnector(CONNECTOR))
    while view.prompt.message_key != "state.additionalInformationNeeded":
        view = await owner.send(view.attempt_id, await _values(owner, view.attempt_id))
    if to == "cancelled":
        view = await owner.send(view.attempt_id, e.Cancel())
    if to == "completed":
        view = await owner.send(view.attempt_id, await _values(owner, view.attempt_id))
        ids = tuple(one["id"] for one in view.prompt.content["accounts"])
        view = await owner.send(view.attempt_id, e.ChooseAccounts(ids))
    if to not in ("waits", view.state):
        raise Astray(view.state)
    return view.attempt_id


async def _values(owner: Owner, attempt_id: str) -> e.SubmitValues:
    asked = (await owner.get(attempt_id)).prompt.content["fields"]
    return await owner.seal(attempt_id, {one["name"]: VALUES[one["name"]] for one in asked})


def _fill(file: Path, models: list[Model], count: int) -> int:
    """Store so many attempts, each with a journal of its own; answers the rows.

    As the store writes them, but many in one transaction, and without waiting for the disk.
    """
    chance = random.Random(0)  # noqa: S311 - the same store in each run
    copies, rows = _copies(models, count, chance), 0
    db = schema.opened(file, schema.migrations(), 10.0)
    with closing(db):
        db.execute("pragma synchronous = off")
        while part := list(islice(copies, AT_ONCE)):
            db.execute("begin")
            for attempt, journal in part:
                _store(db, attempt, journal)
                rows += len(journal)
            db.execute("commit")
    return rows


def _copies(
    models: list[Model], count: int, chance: random.Random
) -> Iterator[tuple[Attempt, tuple[JournalRow, ...]]]:
    now, shares = datetime.now(UTC), [one.share for one in models]
    for number in range(count):
        model = chance.choices(models, shares)[0]
        begun = now - SPREAD * (1 - number / count)
        yield _copy(model, number, begun, chance)


def _copy(
    model: Model, number: int, begun: datetime, chance: random.Random
) -> tuple[Attempt, tuple[JournalRow, ...]]:
    at, rows, attempt_id = begun, [], f"attempt-{number}"
    for row in model.rows:
        stay = chance.expovariate(1 / 20) if row.cause == "event" else chance.expovariate(2)
        at += timedelta(seconds=stay)
        rows.append(evolve(row, attempt_id=attempt_id, at=at, duration=stay))
    attempt = evolve(
        model.attempt,
        id=attempt_id,
        owner=f"owner-{number}",
        version=0,
        created_at=begun,
        entered_at=at,
        due_at=at + timedelta(hours=1) if model.attempt.due_at else None,
        connector=_connector(model.attempt, chance.randrange(CONNECTORS)),
    )
    return attempt, tuple(rows)


def _connector(attempt: Attempt, number: int) -> Connector:
    assert attempt.connector is not None, "chosen by each model"
    known = _CHOSEN.get(number)
    if known is None:
        name, uuid = f"Bank {number}", f"{number:08}-0000-4000-8000-000000000000"
        known = evolve(attempt.connector, id=1000 + number, uuid=uuid, name=name)
        _CHOSEN[number] = known
    return known


_CHOSEN: Final[dict[int, Connector]] = {}
"""One value for each connector: the store remembers their JSON by their identity."""


def _store(db: sqlite3.Connection, attempt: Attempt, rows: tuple[JournalRow, ...]) -> None:
    lease = Lease(attempt.id, "benchmark", 1, attempt.entered_at)
    new = evolve(attempt, version=1)
    CreateWork.of(new, (), lease, untold=False).run(db)
    SaveWork.of(Save(new, lease, rows, release=True), next_version(new)).run(db)
