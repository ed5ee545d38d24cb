"""The clock that is moved by hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from powens_flow.clock import Clock, SystemClock
from powens_flow.testing import ManualClock
from powens_flow.testing.clock import BEGINNING


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_it_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert clock.now() == clock.now() == BEGINNING
    clock.advance(90)
    assert clock.now() == BEGINNING + timedelta(seconds=90)
    clock.advance(0)
    assert clock.now() == BEGINNING + timedelta(seconds=90)


def test_it_begins_when_it_is_told_to() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    assert ManualClock(moment).now() == moment


def test_it_goes_forward_only() -> None:
    clock = ManualClock()
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)
    for never in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match="not for ever"):
            clock.advance(never)
    clock.advance_to(BEGINNING - timedelta(days=1))
    assert clock.now() == BEGINNING
    clock.advance_to(BEGINNING + timedelta(days=1))
    assert clock.now() == BEGINNING + timedelta(days=1)


@pytest.mark.parametrize("wrong", [timedelta(seconds=1), "60", None])
def test_it_is_moved_by_a_number_of_seconds(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"number of seconds, not {type(wrong).__name__}"):
        ManualClock().advance(wrong)


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (datetime(2030, 1, 1), ValueError, "tzinfo is missing"),  # noqa: DTZ001 - that is the point
        ("2030-01-01", TypeError, "with its zone, not str"),
        (None, TypeError, "with its zone, not NoneType"),
    ],
)
def test_its_moments_have_their_zone(wrong: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        ManualClock(wrong)
    with pytest.raises(kind, match=said):
        ManualClock().advance_to(wrong)


async def test_sleepers_wake_when_their_time_has_come_the_earliest_first() -> None:
    clock = ManualClock()
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper(n, s)) for n, s in (("c", 9), ("a", 3), ("b", 3))]
    await turns()
    clock.advance(2.9)
    await turns()
    assert woken == []
    clock.advance(0.1)
    await turns()
    assert woken == ["a", "b"]
    clock.advance(100)
    await asyncio.gather(*tasks)
    assert woken == ["a", "b", "c"]


async def test_no_time_at_all_is_only_a_turn_of_the_loop() -> None:
    clock = ManualClock()
    await clock.sleep(0)
    await clock.sleep(-5)
    assert clock.now() == BEGINNING


async def test_a_sleeper_that_was_cancelled_is_forgotten() -> None:
    clock = ManualClock()
    sleeping = asyncio.create_task(clock.sleep(5))
    await turns()
    sleeping.cancel()
    await asyncio.gather(sleeping, return_exceptions=True)
    clock.advance(10)
    assert sleeping.cancelled()


async def test_the_systems_clock_is_one_too() -> None:
    clock: Clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert before.tzinfo is UTC
    assert clock.now() >= before


async def test_who_sleeps_while_the_clock_is_set_back_sleeps_no_longer() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    clock.set_back(3600)
    assert clock.now() == BEGINNING - timedelta(hours=1)
    clock.advance(9.9)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(0.1)
    await sleeper
