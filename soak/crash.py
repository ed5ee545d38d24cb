"""The crash proof: processes killed at each point of an attempt, and taken over by fresh ones.

Each trial has a simulator, an SQLite file and a clock of its own. A process drives one attempt
and is killed (SIGKILL): before or after a save, before, during or after a call, or at any moment;
the next process takes over, and may be killed too. In the end everything has to be as if nobody
had been killed.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import cycle, islice
from random import Random
from typing import Any

from attrs import frozen

from soak.aftermath import (
    BEYOND,
    Left,
    bad_codes,
    bad_end,
    bad_left,
    bad_notes,
    left_by,
    posted_again,
)
from soak.life import live
from soak.line import Tally
from soak.processes import ended, started
from soak.progress import step
from soak.scenarios import SCENARIOS, Scenario
from soak.site import Ground, Site, open_ground

AT_ONCE = 2
"""Trials at the same time: one for each core of a small machine."""

LIFE = 60.0
"""Real seconds that one process may take."""

KILLED = -9

MOMENTS = (0.02, 0.3)
"""Real seconds after its start when a process is killed, if not at a point: most of its life."""

Kill = int | float
"""A point of the process, counted from 1, or so many real seconds after its start."""

Plan = tuple[str, tuple[Kill, ...]]
"""A scenario's name, and what kills its processes, one after the other."""


@frozen
class Trial:
    """One attempt, carried through by several processes."""

    scenario: str
    kills: tuple[Kill, ...]
    left: Left
    killed: int
    points: tuple[str, ...]
    orphans: int
    bad: tuple[tuple[str, str], ...]


async def run(*, seed: int = 0, trials: int = 400, only: Sequence[str] = ()) -> dict[str, Any]:
    """Each kind of point once; then moments, pairs of points, and others, at random."""
    chance = Random(seed)  # noqa: S311 - which points, the same in each run
    gate = asyncio.Semaphore(AT_ONCE)
    whole = {name: await _judged(gate, None, name, (), seed) for name in only or SCENARIOS}
    plans = _plans({name: trial.points for name, trial in whole.items()}, trials, chance)
    work = [_judged(gate, whole[name].left, name, kill, seed) for name, kill in plans]
    return _line([*whole.values(), *await asyncio.gather(*work)])


def _plans(points: Mapping[str, Sequence[str]], trials: int, chance: Random) -> list[Plan]:
    """What is done at a point, in the same state, is the same in many scenarios: done once."""
    kinds: dict[str, Plan] = {}
    others: list[Plan] = []
    for name, found in points.items():
        for number, kind in enumerate(found, start=1):
            plan = (name, (number,))
            if kinds.setdefault(kind, plan) is not plan:
                others.append(plan)
    chance.shuffle(others)
    plans = [*kinds.values()][:trials]
    for name in islice(cycle(points), (trials - len(plans)) // 2):
        pair = chance.randint(1, len(points[name])), chance.randint(1, len(points[name]))
        plans.append((name, (chance.uniform(*MOMENTS),) if len(plans) % 2 else pair))
    return (plans + others)[:trials]


def _line(trials: Sequence[Trial]) -> dict[str, Any]:
    tally = Tally("crash")
    for trial in trials:
        tally.tried += trial.killed
        where = f"{trial.scenario}, killed at {_words(trial)}"
        tally.add_all((kind, f"{where}: {what}") for kind, what in trial.bad)
    spared = sum(bool(trial.kills) and not trial.killed for trial in trials)
    orphans = sum(trial.orphans for trial in trials)
    return tally.line(attempts=len(trials), spared=spared, orphans=orphans)


def _words(trial: Trial) -> str:
    return ", ".join(str(kill) for kill in trial.kills)


# --- one trial -------------------------------------------------------------------------------


async def _judged(
    gate: asyncio.Semaphore, whole: Left | None, name: str, kills: tuple[Kill, ...], seed: int
) -> Trial:
    async with gate:
        trial = await tried(name, kills, seed, whole)
    step()
    return trial


async def tried(
    name: str, kills: tuple[Kill, ...], seed: int, expected: Left | None = None
) -> Trial:
    """One attempt whose processes are killed so, and what is bad about its end."""
    scenario = SCENARIOS[name]
    async with open_ground() as ground:
        await _prepare(ground, scenario, seed)
        codes = [code async for code in _lives(ground.site, name, kills, seed)]
        orphans = sum(not user.permanent for user in ground.simulator.users)
        doubled = [*posted_again(ground)]
        ground.clock.advance(BEYOND)
        left = left_by(ground.site, ground.simulator)
        bad = (
            *doubled,
            *bad_codes(codes),
            *bad_notes(ground.site),
            *bad_left(left, expected or left),
            *bad_end(ground.site, scenario, ground.simulator),
        )
        killed, points = codes.count(KILLED), _points(ground.site)
        return Trial(name, kills, left, killed, points, orphans, bad)


def _points(site: Site) -> tuple[str, ...]:
    notes = site.notes("points")
    return tuple(notes[-1]["points"]) if notes else ()


async def _lives(
    site: Site, name: str, kills: tuple[Kill, ...], seed: int
) -> AsyncIterator[int | None]:
    for number, kill in enumerate((*kills, None)):
        point = kill if isinstance(kill, int) else None
        process = started(live, site, name, point, seed + number)
        if isinstance(kill, float):
            asyncio.get_running_loop().call_later(kill, process.kill)
        code = await ended(process, LIFE)
        yield code
        if code != KILLED:
            return


async def _prepare(ground: Ground, scenario: Scenario, seed: int) -> None:
    """The owner's earlier attempt, where there was one; nobody is killed in it."""
    if not scenario.returning:
        return
    process = started(live, ground.site, "credentials", None, seed)
    if (code := await ended(process, LIFE)) != 0:
        raise RuntimeError(f"the earlier attempt's process ended with {code}")
    for kind in ("created", "submitted", "end", "points"):
        (ground.site.folder / f"{kind}.jsonl").unlink(missing_ok=True)
    if scenario.reconnects:
        (connection,) = ground.simulator.connections
        ground.simulator.set_state(connection.id, **scenario.found)
    ground.simulator.received.clear()
