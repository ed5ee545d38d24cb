"""Brings an attempt to rest in a wait, in what a process of the backend has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import evolve

from powens_flow.engine import Engine
from powens_flow.policy import Deadlines
from powens_flow.simulator.faults import Fault
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.view import View
from soak.cell import MANY
from soak.idle import Idle
from soak.owner import OWNER, begun
from soak.stage import Stage
from soak.user import EndUser
from soak.waits import AT_THE_LAST_MOMENT, WAITS

MOST_STEPS = 100


@asynccontextmanager
async def process(on: Stage, path: Path) -> AsyncIterator[tuple[SQLiteStore, Engine]]:
    """What a process of the backend has: the file, and an engine on it."""
    async with SQLiteStore(path) as store, on.engine(store) as engine:
        yield store, engine


async def brought(
    on: Stage,
    store: SQLiteStore,
    engine: Engine,
    key: tuple[str, str],
    *,
    deadlines: Deadlines | None = None,
    wakes: bool = False,
) -> Idle:
    """An attempt that rests in the wait."""
    wait, state = WAITS[key], key[1]
    policy = evolve(wait.policy, deadlines=deadlines or wait.policy.deadlines)
    begin = await begun(on, engine, wait.owner, policy)
    faults = list(wait.faults)
    user = EndUser(engine, on.clock, wait.script, owner=OWNER, policy=policy)
    if wait.vault is not None:
        on.vault.fails[wait.vault] = MANY
    if wait.later is None:
        _put_in_force(on, faults)
    view = await begin()
    for _ in range(MOST_STEPS):
        if await _rests(store, view.attempt_id, state):
            return Idle(on, store, engine, view.attempt_id, wakes=wakes)
        idle = Idle(on, store, engine, view.attempt_id)
        if wait.later == AT_THE_LAST_MOMENT and view.state.endswith("at_bank"):
            view = await _late(idle, faults)
            continue
        if wait.later == view.prompt.message_key:
            _put_in_force(on, faults)
        view = await user.step(view)
    raise LookupError(f"not reached: {view.state}")


async def _late(idle: Idle, faults: list[Fault]) -> View:
    """The view after the deadline, which the faults precede by nothing."""
    await idle.until_the_last_moment()
    _put_in_force(idle.on, faults)
    await idle.step()
    return await idle.engine.for_owner(OWNER).get(idle.attempt_id)


async def _rests(store: SQLiteStore, attempt_id: str, state: str) -> bool:
    attempt = await store.load(attempt_id)
    return attempt is not None and attempt.state == attempt.deadline_of == state


def _put_in_force(on: Stage, faults: list[Fault]) -> None:
    while faults:
        on.simulator.add_fault(faults.pop(0))
