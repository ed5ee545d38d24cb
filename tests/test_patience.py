"""Callers who wait are woken by news, or when their patience ends; one timer serves all."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVarTuple

from powens_flow.patience import Patience, wake

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
