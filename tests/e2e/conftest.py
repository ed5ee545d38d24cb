"""Worlds for end-to-end tests, each checked when its test has ended.

No call that a strict server would refuse, nothing left driven, every journal replayed, and every
transition told to a listener: that holds for each test of this folder, whatever it is about.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import structlog

from powens_flow.listeners import Change
from powens_flow.store.port import Taken
from powens_flow.testing import World, world
from tests.e2e.story import OpenWorld, assert_replays

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def open_world(request: pytest.FixtureRequest) -> AsyncIterator[OpenWorld]:
    """A function that opens worlds; they are checked and closed when the test has ended."""
    opened: list[tuple[World, list[Change]]] = []
    async with AsyncExitStack() as stack:

        async def opening(**options: Any) -> World:
            made = await stack.enter_async_context(world(**options))
            heard: list[Change] = []

            @made.engine.on()
            async def hear(change: Change) -> None:
                heard.append(change)

            opened.append((made, heard))
            return made

        yield opening
        for made, heard in opened:
            await _check(made, heard)
            if request.node.get_closest_marker("provokes_violations") is None:
                assert list(made.simulator.violations) == []


async def _check(made: World, heard: list[Change]) -> None:
    await made.engine.settled(within=2.0)
    told = {(change.row.attempt_id, change.row.seq) for change in heard}
    for attempt_id in {change.row.attempt_id for change in heard}:
        attempt = await made.store.load(attempt_id)
        if attempt is None:  # purged or erased by the test
            continue
        await _assert_at_rest(made, attempt_id)
        definition = made.engine.machines[attempt.machine]
        rows = await made.engine.history(attempt_id)
        ours = {(attempt_id, row.seq) for row in rows if row.machine_hash == definition.hash}
        assert ours <= told, "a transition was not told"
        assert_replays(definition, attempt, rows)


async def _assert_at_rest(made: World, attempt_id: str) -> None:
    """Nobody drives the attempt: its lease can be had at once, and none lapsed."""
    now = made.clock.now()
    taken = await made.store.take(attempt_id, holder="check", now=now, until=now + MINUTE)
    assert isinstance(taken, Taken), "an attempt is still driven"
    await made.store.release(taken.lease)
    assert not taken.lapsed, "a lease was left to lapse"
