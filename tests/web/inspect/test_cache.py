"""What is asked for once for all who want to know it."""

import asyncio

import pytest

from powens_flow.testing import ManualClock
from powens_flow.web.inspect.cache import Cache


class Source:
    """Something that is dear to ask."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.fails = False

    async def ask(self) -> int:
        self.asked += 1
        mine = self.asked
        await self.may_answer.wait()
        if self.fails:
            raise RuntimeError("no")
        return mine


async def test_who_asks_at_the_same_time_gets_one_answer_until_it_is_old() -> None:
    clock, source = ManualClock(), Source()
    cache = Cache(clock)
    asking = [asyncio.create_task(cache.get("a", 3, source.ask)) for _ in range(10)]
    await asyncio.sleep(0)
    source.may_answer.set()

    assert await asyncio.gather(*asking) == [1] * 10
    clock.advance(2.9)
    assert await cache.get("a", 3, source.ask) == 1
    assert await cache.get("b", 3, source.ask) == 2
    clock.advance(0.1)
    assert await cache.get("a", 3, source.ask) == 3


async def test_an_answer_of_before_the_clock_was_set_back_is_old() -> None:
    clock, source = ManualClock(), Source()
    source.may_answer.set()
    cache = Cache(clock)
    assert await cache.get("a", 3, source.ask) == 1
    clock.set_back(3600)
    assert await cache.get("a", 3, source.ask) == 2


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    source = Source()
    cache = Cache(ManualClock())
    leaves, stays = (asyncio.create_task(cache.get("a", 3, source.ask)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    source.may_answer.set()

    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await leaves


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    source = Source()
    source.fails = True
    source.may_answer.set()
    cache = Cache(ManualClock())
    asking = (cache.get("a", 3, source.ask) for _ in range(3))

    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [
        RuntimeError
    ] * 3
    source.fails = False
    assert await cache.get("a", 3, source.ask) == 2


async def test_the_oldest_is_forgotten_when_there_are_many() -> None:
    source = Source()
    source.may_answer.set()
    cache = Cache(ManualClock(), most=2)
    for key in "abc":
        await cache.get(key, 3, source.ask)

    assert len(cache) == 2
    assert await cache.get("c", 3, source.ask) == 3
    assert await cache.get("a", 3, source.ask) == 4


async def test_closing_leaves_what_is_still_asked() -> None:
    source = Source()
    cache = Cache(ManualClock())
    asking = asyncio.create_task(cache.get("a", 3, source.ask))
    await asyncio.sleep(0)
    await cache.close()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(cache) == 0
