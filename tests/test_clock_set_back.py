"""The machine's clock is set back by an hour: what was put off by it is not put off by an hour."""

import asyncio

from powens_flow.lanes import TellLater
from powens_flow.listeners import Change
from tests.ears import Ear, ear_of, last_of_each, retold, rung
from tests.small_world import small_world

HOUR = 3600.0


async def test_what_a_listener_failed_to_hear_is_told_again_by_run() -> None:
    async with small_world() as here:
        ear = ear_of(here)
        running = asyncio.create_task(here.engine.run())
        for _ in range(20):
            await asyncio.sleep(0)
        ear.fails = 1
        attempt_id = await rung(here)
        await here.engine._listeners.settled()
        assert ear.of(attempt_id) == [1]
        here.clock.set_back(HOUR)
        for _ in range(80):
            for _ in range(5):
                await asyncio.sleep(0)
            here.clock.advance(0.5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert last_of_each(ear.of(attempt_id)) == [1, 2, 3]


class Resting(Ear):
    """A listener that wants to be left alone for a minute, once."""

    wants = True

    async def __call__(self, change: Change) -> None:
        if self.wants:
            self.wants = False
            raise TellLater("resting", 60, everything=True)
        await super().__call__(change)


async def test_a_listener_that_wanted_a_minute_is_left_alone_for_no_hour() -> None:
    async with small_world() as here:
        resting = Resting()
        here.engine.on()(resting)
        attempt_id = await rung(here)
        await here.engine.settled()
        here.clock.set_back(HOUR)
        await retold(here)
        assert resting.of(attempt_id) == [1, 2, 3]
