"""Worlds for end-to-end tests, each checked when its test has ended.

No call that a strict server would refuse, nothing left driven, every journal replayed, and every
transition told to a listener: that holds for each test of this folder, whatever it is about.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import structlog

from powens_flow.listeners import Change
from powens_flow.testing import World, world
from tests.e2e.story import OpenWorld, assert_replays


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
    assert made.engine._driven == {}, "an attempt is still driven"
    told = {(change.row.attempt_id, change.row.seq) for change in heard}
    for attempt_id in {change.row.attempt_id for change in heard}:
        attempt = await made.store.load(attempt_id)
        if attempt is None:  # purged or erased by the test
            continue
        rows = await made.engine.history(attempt_id)
        assert {(attempt_id, row.seq) for row in rows} <= told, "a transition was not told"
        assert_replays(made.engine.machines[attempt.machine], attempt, rows)
