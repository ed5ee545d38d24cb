"""Listeners that remember what they heard, and what tests of listeners do."""

import asyncio

from powens_flow import events as e
from powens_flow.listeners import Change
from tests.small_world import SmallWorld


class Ear:
    """A listener that remembers what it heard, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.heard: list[tuple[str, int]] = []
        self.changes: list[Change] = []
        self.fails = fails

    async def __call__(self, change: Change) -> None:
        self.heard.append((change.row.attempt_id, change.row.seq))
        self.changes.append(change)
        if self.fails > 0:
            self.fails -= 1
            raise RuntimeError("S3cr3t")

    def of(self, attempt_id: str) -> list[int]:
        return [seq for heard, seq in self.heard if heard == attempt_id]


class Hanging(Ear):
    """A listener that hears nothing until its gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def __call__(self, change: Change) -> None:
        await self.gate.wait()
        await super().__call__(change)


def ear_of(here: SmallWorld, fails: int = 0, **wishes: str) -> Ear:
    ear = Ear(fails)
    here.engine.on(**wishes)(ear)
    return ear


async def rung(here: SmallWorld) -> str:
    """An attempt that went from asking to its end; its id."""
    attempt_id = await here.started()
    await here.engine.for_owner("owner-1").send(attempt_id, e.Acted())
    return attempt_id


async def retold(here: SmallWorld) -> None:
    await here.engine.settled()
    await here.engine._listeners.retell()
    await here.engine.settled()


def last_of_each(heard: list[int]) -> list[int]:
    """Without what was heard again later."""
    return [seq for place, seq in enumerate(heard) if seq not in heard[place + 1 :]]
