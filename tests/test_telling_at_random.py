"""Listeners that fail, rest and forget at random, in two processes on one store."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Collection

import pytest
from attrs import evolve

from powens_flow.lanes import TellLater
from powens_flow.listeners import Change, Listeners, Subscription
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Save, StoreError, Taken, Untold
from powens_flow.testing import ManualClock
from tests.store import values as v

ATTEMPTS = 10
SAVES = 120


class Moody:
    """A listener that hears most of it, in its own time."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.fails = chance.choice((0.0, 0.1, 0.5))
        self.at_once = chance.choice((1, 3))
        self.heard: dict[str, list[int]] = defaultdict(list)

    async def __call__(self, change: Change) -> None:
        for _ in range(self.chance.randrange(3)):
            await asyncio.sleep(0)
        if self.chance.random() < self.fails:
            if self.chance.random() < 0.5:
                raise RuntimeError
            everything = self.chance.random() < 0.5
            raise TellLater("not now", self.chance.choice((10, 60, 900)), everything=everything)
        self.heard[change.row.attempt_id].append(change.row.seq)


class Forgetful(MemoryStore):
    """Fails, at times, to remember what was told."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.fails = 0.1

    async def told(self, rows: Collection[tuple[str, int]]) -> None:
        await asyncio.sleep(0)
        if self.chance.random() < self.fails:
            raise StoreError("away")
        await super().told(rows)


class Story:
    """Saves told in either of two processes, or in none, while time goes by."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same in each run
        self.store, self.clock = Forgetful(self.chance), ManualClock()
        self.processes = [Listeners(self.store, self.clock) for _ in range(2)]
        self.moods = [[Moody(self.chance) for _ in range(2)] for _ in self.processes]
        for process, moods in zip(self.processes, self.moods, strict=True):
            for one in moods:
                process.add(Subscription(one))
        self.taken: list[Taken] = []
        self.rows = [0] * ATTEMPTS

    async def played(self) -> None:
        self.taken = [await v.created(self.store, v.an_attempt(f"a{n}")) for n in range(ATTEMPTS)]
        for _ in range(SAVES):
            await self._save(self.chance.randrange(ATTEMPTS))
            if self.chance.random() < 0.2:
                self.clock.advance(self.chance.choice((5, 30, 100)))
            if self.chance.random() < 0.2:
                await self._retell(self.chance.choice(self.processes))
        for mood in (one for moods in self.moods for one in moods):
            mood.fails = self.store.fails = 0.0
        for _ in range(3):
            self.clock.advance(1000)
            for process in self.processes:
                await self._retell(process)
                await process.settled()

    async def _save(self, n: int) -> None:
        taken, first = self.taken[n], self.rows[n] + 1
        self.rows[n] += self.chance.randint(1, 3)
        rows = tuple(v.a_row(seq, f"a{n}") for seq in range(first, self.rows[n] + 1))
        saved = await self.store.save(Save(taken.attempt, taken.lease, rows=rows, untold=True))
        self.taken[n] = evolve(taken, attempt=saved.attempt)
        if self.chance.random() < 0.9:  # else the process dies before it tells
            told = [Untold(row, saved.attempt) for row in rows]
            self.chance.choice(self.processes).tell(told)
        for _ in range(self.chance.randrange(6)):
            await asyncio.sleep(0)

    async def _retell(self, process: Listeners) -> None:
        await process.retell(limit=self.chance.choice((1, 3, 500)))


@pytest.mark.parametrize("seed", range(30))
async def test_all_of_it_is_heard_in_order_whatever_fails(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = random.Random(seed)  # noqa: S311 - the same in each run
    monkeypatch.setattr("powens_flow.lanes.REMEMBERED", bounds.choice((1, 3, 100)))
    monkeypatch.setattr("powens_flow.lanes.QUEUED", bounds.choice((2, 5, 50)))
    monkeypatch.setattr("powens_flow.listeners.LOOKED_OVER", bounds.choice((1, 3, 100)))
    story = Story(seed)
    await story.played()
    assert await story.store.untold_attempts() == {}
    here, there = story.moods
    for n, rows in enumerate(story.rows):
        for one, other in zip(here, there, strict=True):
            heard = [mood.heard[f"a{n}"] for mood in (one, other)]
            assert {seq for each in heard for seq in each} == set(range(1, rows + 1))
            for each in heard:
                first_times = list(dict.fromkeys(each))
                assert first_times == sorted(first_times)
