"""The clock test: time moved by hand through every deadline of every waiting state.

Nobody acts any more: each wait has to end by itself, when its deadline comes and no sooner, in the
process that began it, or in one that took it over before or after.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import frozen

from powens_flow.engine import Engine
from powens_flow.policy import Deadlines
from soak import check
from soak.alive import ATTEMPTS, alive
from soak.bringing import brought, process
from soak.cell import ORPHANS_DIE
from soak.check import Bad
from soak.faults import PROCESSES, all_of
from soak.idle import Idle, on_time
from soak.line import Tally
from soak.owner import OWNER
from soak.stage import Stage, stage, unhandled
from soak.waits import WAITS, Wait


@frozen
class Mode:
    """One way to live through a wait.

    `restart`: another engine takes over, on the same file. `down` is how many seconds after the
    deadline it begins to. `runs`: the engine's own `run()` takes up what is due; else `tick()`.
    `wakes`: something happens at Powens before each look, and again. `deadlines` are the policy's.
    """

    name: str
    restart: bool = False
    down: float | None = None
    runs: bool = False
    wakes: bool = False
    deadlines: Deadlines | None = None


LONG = Deadlines(user=7200, bank=7200, approval=2400, processing=2400, temporary=7200)
"""Waits that no temporary user outlives."""

MODES = (
    Mode("kept", wakes=True),
    Mode("long", deadlines=LONG),
    Mode("restarted", restart=True, runs=True),
    Mode("down", restart=True, down=3600.0, runs=True),
)


async def lived(key: tuple[str, str], mode: Mode, seed: int = 0) -> list[Bad]:
    """Brings an attempt to a wait, and lets time pass to its end; what is bad about it."""
    where = f"{key[0]}: {key[1]} {mode.name}"
    with TemporaryDirectory() as folder:
        async with unhandled() as escaped, stage(seed=seed) as on:
            try:
                bad = await _lived(on, key, mode, Path(folder) / "attempts.db")
            except Exception as error:
                escaped.append(f"{type(error).__name__}: {error}"[:200])
                bad = []
    bad += [("unhandled", words) for words in escaped]
    return [(kind, f"{where}: {what}") for kind, what in bad]


async def _lived(on: Stage, key: tuple[str, str], mode: Mode, path: Path) -> list[Bad]:
    wait = WAITS[key]
    async with AsyncExitStack() as first:
        store, engine = await first.enter_async_context(process(on, path))
        idle = await brought(on, store, engine, key, deadlines=mode.deadlines, wakes=mode.wakes)
        if not mode.restart:
            return await _ended(on, engine, idle, wait)
    if mode.down is not None:
        await idle.sleep_through(mode.down)
    async with (
        process(on, path) as (store, engine),
        idle.taken_over(store, engine, runs=mode.runs),
    ):
        return await _ended(on, engine, idle, wait)


async def _ended(on: Stage, engine: Engine, idle: Idle, wait: Wait) -> list[Bad]:
    """Nobody acts any more; what is bad about the end, and the way there."""
    await idle.until_ended()
    await engine.settled(within=2.0)
    attempt = await idle.attempt()
    await on.pass_by(ORPHANS_DIE)
    on.vault.fails.clear()
    return [
        *idle.bad,
        *_end(on, attempt.state, wait),
        *await _left(on, attempt.cleanup, wait),
        *on_time(await engine.history(attempt.id), idle.began),
        *check.violated(on),
        *[one async for one in check.untold(on, engine, attempt.id)],
        *[one async for one in check.unreplayed(engine, attempt)],
    ]


def _end(on: Stage, state: str, wait: Wait) -> Iterator[Bad]:
    if state != wait.end:
        yield "lost", f"ended {state}, not {wait.end}"


async def _left(on: Stage, cleanup: str | None, wait: Wait) -> list[Bad]:
    """What there was before is there still, and nothing of what the attempt made."""
    if cleanup == "incomplete" and wait.end == "cancelled":
        return []
    kept = await on.vault.get(OWNER) is not None
    wanted = (int(kept), wait.owner.left[1])
    has = (len(on.simulator.users), len(on.simulator.connections))
    return [] if has == wanted else [("lost", f"(users, connections) are {has}, not {wanted}")]


def _row(key: tuple[str, str], seed: int) -> list[list[Bad]]:
    """All modes of one wait, in a process with a loop of its own."""

    async def played() -> list[list[Bad]]:
        return [await lived(key, mode, seed) for mode in MODES]

    return asyncio.run(played())


async def run(*, seed: int = 0) -> dict[str, Any]:
    """Every wait in every mode; `seed` is of the retries' jitter."""
    tally, loop = Tally("clock"), asyncio.get_running_loop()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        rows = [loop.run_in_executor(pool, _row, key, seed) for key in WAITS]
        for bad in [bad for row in await all_of(rows) for bad in row]:
            tally.tried += 1
            tally.add_all(bad)
    tally.tried += ATTEMPTS
    tally.add_all(await alive())
    return tally.line(states=len(WAITS), modes=len(MODES))
