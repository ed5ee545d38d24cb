"""Many attempts under one limit of calls a minute: never a 429, and users go before polls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from powens_flow.api.pacing import Pace
from powens_flow.simulator import Settings
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import OpenWorld

LIMIT = 30
LOOP_TURNS = 30
"""After so many turns of the loop with no call under way, everybody waits for the clock."""


class Patient(Driver):
    """An end user who waits as the clock goes, and does not press a button again at once."""

    async def wait(self, view: View) -> View:
        await self.clock.sleep(1.0)
        return await self.owner.get(view.attempt_id)

    async def answer(self, view: View) -> Any:
        if view.prompt.kind == "try_again":
            await self.clock.sleep(20.0)
        return await super().answer(view)


class Watch:
    """Sees how long calls wait on the manual clock, and moves it when nothing else moves."""

    def __init__(self, w: World) -> None:
        self.w = w
        self.under_way = 0
        self.waited: list[float] = []
        self._call: Callable[..., Awaitable[Any]] = w.api._transport.call
        w.api._transport.call = self._watched  # type: ignore[assignment,method-assign]  # only watched

    async def _watched(self, *arguments: Any) -> Any:
        came = self.w.clock.now()
        self.under_way += 1
        try:
            return await self._call(*arguments)
        finally:
            self.under_way -= 1
            self.waited.append((self.w.clock.now() - came).total_seconds())

    @property
    def pace(self) -> Pace:
        pace = self.w.api._transport._pace
        assert pace is not None
        return pace

    async def let_time_pass(self, *work: "asyncio.Future[Any]") -> None:
        """Second by second; never while a call is on its way, as the clock would outrun it."""
        while not all(one.done() for one in work):
            await self.no_call_is_on_its_way()
            self.w.clock.advance(1.0)

    async def no_call_is_on_its_way(self) -> None:
        """Until each call has its answer, or waits for its turn."""
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)
            while self.under_way > self.pace.waiting:  # noqa: ASYNC110 - nothing tells of all calls
                await asyncio.sleep(0)


async def test_a_hundred_attempts_under_one_limit_are_never_refused_and_all_complete(
    open_world: OpenWorld,
) -> None:
    w = await open_world(settings=Settings(calls_a_minute=LIMIT), calls_a_minute=LIMIT)
    watch = Watch(w)

    async def user(number: int) -> View:
        await w.clock.sleep(number * 16.0)  # sooner than the limit has calls for
        script = Script(login="decoupled-2" if number % 2 else "sms")
        driver = Patient(w.engine, w.clock, script, owner=f"owner-{number}", longest=2000)
        return await driver.run()

    running = asyncio.ensure_future(w.engine.run())
    users = [asyncio.ensure_future(user(number)) for number in range(100)]
    try:
        await watch.let_time_pass(*users)
    finally:
        running.cancel()
    assert {user.result().state for user in users} == {"completed"}
    assert {one.status for one in w.simulator.received} == {200, 202}
    assert sum(watch.waited) > 1000, "there were calls enough for everybody, and nothing was shown"


async def test_a_user_overtakes_the_polls_of_others(open_world: OpenWorld) -> None:
    w = await open_world(settings=Settings(calls_a_minute=LIMIT), calls_a_minute=LIMIT)
    watch = Watch(w)
    script = Script(login="decoupled-2")
    others = [Patient(w.engine, w.clock, script, owner=f"other-{n}") for n in range(30)]
    approving = [asyncio.ensure_future(one.until("approve_on_device")) for one in others]
    await watch.let_time_pass(*approving)
    w.clock.advance(61)

    polls = asyncio.ensure_future(w.engine.tick())
    await watch.no_call_is_on_its_way()
    assert watch.pace.waiting == 6, "polls leave a fifth of the calls to users"
    view = await w.engine.for_owner("owner-1").start()
    assert view.prompt.kind == "choose_connector"
    assert watch.pace.waiting == 6

    await watch.let_time_pass(polls)
    assert 429 not in {one.status for one in w.simulator.received}
