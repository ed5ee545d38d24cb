"""Taking up what is due, for ever."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from powens_flow import events as e
from powens_flow.outcomes import Outcome
from powens_flow.store.port import StoreError
from tests.small_world import send, small_world, turns
from tests.unwritable import an_unwritable_log


@pytest.mark.parametrize("log", [nullcontext, an_unwritable_log], ids=["", "no log"])
@pytest.mark.parametrize("away", [StoreError("away"), RuntimeError("S3cr3t")])
async def test_a_store_that_is_away_for_a_moment_ends_no_deadline(
    log: Callable[[], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
    away: Exception,
) -> None:
    """Nor one of an integrator's own that tells it by an error of its driver's."""
    async with small_world() as here:
        attempt_id = await here.started()
        due, failures = here.store.due, [away, away]

        async def at_times_away(**options: Any) -> Any:
            if failures:
                raise failures.pop()
            return await due(**options)

        monkeypatch.setattr(here.store, "due", at_times_away)
        here.clock.advance(901)
        running = asyncio.create_task(here.engine.run())
        with log():
            while failures and not running.done():
                await asyncio.sleep(0)
                here.clock.advance(0.1)
        for _ in range(200):
            await asyncio.sleep(0)
            here.clock.advance(0.1)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not failures
        assert await here.state(attempt_id) != "asking"


async def test_who_hangs_holds_up_the_deadlines_of_others_for_a_minute_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("powens_flow.due.AT_ONCE", 1)
    async with small_world() as here:
        here.bell.rings.append(Outcome("unknown"))
        await send(here, await here.started(), e.Acted())  # it looks again, and hangs
        here.bell.gate = asyncio.Event()
        here.bell.under_way.clear()
        other = await here.started("owner-2")
        here.clock.advance(3)
        hanging = asyncio.create_task(here.engine.tick())
        await here.bell.under_way.wait()
        for _ in range(90):  # the other's deadline comes, and the lease of this is renewed
            here.clock.advance(10)
            await turns()
        assert await here.engine.tick() == 1
        assert await here.state(other) == "expired"
        here.bell.gate.set()
        await hanging


async def test_what_is_driven_here_is_not_taken_for_dead_when_the_clock_leaps_ahead() -> None:
    async with small_world() as here:
        attempt_id = await here.started()
        here.bell.gate = asyncio.Event()
        ringing = asyncio.create_task(send(here, attempt_id, e.Acted()))
        await here.bell.under_way.wait()
        here.clock.advance(3600)  # before a lease can be renewed
        assert await here.engine.tick() == 0
        here.bell.gate.set()
        await ringing
        await here.engine.settled()
        assert await here.state(attempt_id) == "finished"
        assert "recovering" not in here.bell.seen
        assert here.bell.seen.count("strike") == 1
