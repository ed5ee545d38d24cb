"""Taking up what is due, for ever."""

import asyncio
from typing import Any

import pytest

from powens_flow.store.port import StoreError
from tests.small_world import small_world


async def test_a_store_that_is_away_for_a_moment_ends_no_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with small_world() as here:
        attempt_id = await here.started()
        due, failures = here.store.due, [StoreError("away"), StoreError("away")]

        async def at_times_away(**options: Any) -> Any:
            if failures:
                raise failures.pop()
            return await due(**options)

        monkeypatch.setattr(here.store, "due", at_times_away)
        here.clock.advance(901)
        running = asyncio.create_task(here.engine.run())
        for _ in range(200):
            await asyncio.sleep(0)
            here.clock.advance(0.1)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not failures
        assert await here.state(attempt_id) != "asking"
