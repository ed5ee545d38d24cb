"""Callers who wait are woken by news, or when their patience ends; one timer serves all."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVarTuple

import pytest

from powens_flow.patience import Patience, TimeLimit, wake

Given = TypeVarTuple("Given")


class Loop(asyncio.SelectorEventLoop):
    """A loop whose time is moved by hand; its timers are counted."""

    moment = 0.0
    timers = 0

    def time(self) -> float:
        return self.moment

    def call_at(
        self,
        when: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(when, callback, *args, context=context)


def on_loop(work: Callable[[Loop], Any]) -> None:
    loop = Loop()
    try:
        loop.run_until_complete(work(loop))
    finally:
        loop.close()


async def _passes(loop: Loop, seconds: float) -> None:
    loop.moment += seconds
    for _ in range(3):
        await asyncio.sleep(0)


def test_each_waits_as_long_as_it_may() -> None:
    async def work(loop: Loop) -> None:
        patience = Patience(10.0)
        first = patience.begin()
        await _passes(loop, 4.0)
        second = patience.begin()
        await _passes(loop, 5.9)
        assert not first.done()
        await _passes(loop, 0.2)
        assert (first.done(), second.done()) == (True, False)
        await _passes(loop, 4.0)
        assert second.done()

    on_loop(work)


def test_news_come_before_patience_ends_and_leave_no_timer_behind() -> None:
    async def work(loop: Loop) -> None:
        patience = Patience(10.0)
        for _ in range(1000):
            wake(patience.begin())
            await _passes(loop, 0.001)
        assert loop.timers == 1
        left = patience.begin()
        await _passes(loop, 10.1)
        assert left.done()
        await _passes(loop, 100.0)
        assert loop.timers == 2

    on_loop(work)


def test_one_who_has_left_is_not_woken() -> None:
    async def work(loop: Loop) -> None:
        patience = Patience(10.0)
        gone, stays = patience.begin(), patience.begin()
        gone.cancel()
        await _passes(loop, 10.1)
        assert gone.cancelled()
        assert stays.result() is None

    on_loop(work)


def test_closing_lets_everybody_go() -> None:
    async def work(loop: Loop) -> None:
        patience = Patience(10.0)
        waiter = patience.begin()
        patience.close()
        assert waiter.result() is None
        later = patience.begin()
        await _passes(loop, 10.1)
        assert later.done()

    on_loop(work)


async def _takes(limit: TimeLimit, until: asyncio.Future[None]) -> str:
    with limit.begun():
        await until
    return "done"


async def _begun(limit: TimeLimit, until: asyncio.Future[None]) -> asyncio.Task[str]:
    task = asyncio.create_task(_takes(limit, until))
    await asyncio.sleep(0)
    return task


def test_work_that_takes_longer_meets_a_timeout() -> None:
    async def work(loop: Loop) -> None:
        limit = TimeLimit(10.0)
        first = await _begun(limit, loop.create_future())
        await _passes(loop, 4.0)
        second = await _begun(limit, loop.create_future())
        await _passes(loop, 5.9)
        assert not first.done()
        await _passes(loop, 0.2)
        assert not second.done()
        with pytest.raises(TimeoutError) as raised:
            await first
        assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)
        assert first.cancelling() == 0  # the task itself may go on
        await _passes(loop, 4.0)
        with pytest.raises(TimeoutError):
            await second

    on_loop(work)


def test_work_that_is_done_in_time_is_left_alone() -> None:
    async def work(loop: Loop) -> None:
        limit, until = TimeLimit(10.0), loop.create_future()
        task = await _begun(limit, until)
        await _passes(loop, 9.9)
        until.set_result(None)
        assert await task == "done"
        await _passes(loop, 1.0)
        assert loop.timers == 1

    on_loop(work)


def test_work_that_is_done_just_as_its_time_is_over_is_left_alone() -> None:
    async def work(loop: Loop) -> None:
        limit, until, after = TimeLimit(10.0), loop.create_future(), loop.create_future()

        async def goes_on() -> None:
            await _takes(limit, until)
            await after

        task = asyncio.create_task(goes_on())
        await asyncio.sleep(0)
        loop.call_later(9.9, until.set_result, None)  # both ring in the same turn
        await _passes(loop, 10.1)
        assert (until.done(), task.done(), task.cancelling()) == (True, False, 0)
        after.set_result(None)
        await task

    on_loop(work)


def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def work(loop: Loop) -> None:
        limit = TimeLimit(10.0)
        alone = await _begun(limit, loop.create_future())
        both = await _begun(limit, loop.create_future())
        await _passes(loop, 1.0)
        alone.cancel()
        await _passes(loop, 8.0)
        assert alone.cancelled()
        loop.moment += 1.1  # its time is over
        both.cancel()
        await _passes(loop, 0.0)
        assert both.cancelled()

    on_loop(work)


async def test_only_a_tasks_work_can_be_limited() -> None:
    answers: list[str] = []

    def outside() -> None:
        with pytest.raises(RuntimeError):
            TimeLimit(1.0).begun()
        answers.append("refused")

    asyncio.get_running_loop().call_soon(outside)
    await asyncio.sleep(0)
    assert answers == ["refused"]
