"""The simulator's own time."""

import asyncio
from datetime import timedelta

import pytest

from powens_flow.simulator import SimulatedClock
from powens_flow.simulator.clock import Agenda
from tests.simulator.client import StillClock


async def woken_by(clock: SimulatedClock, seconds: float) -> "asyncio.Task[None]":
    task = asyncio.create_task(clock.sleep(seconds))
    await turns()
    return task


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_sleeper_wakes_when_the_clock_is_moved_past_its_time() -> None:
    clock = SimulatedClock(StillClock())
    task = await woken_by(clock, 30)
    clock.move(29)
    await turns()
    assert not task.done()
    clock.move(1)
    await task


async def test_a_sleeper_wakes_when_the_base_clock_gets_there() -> None:
    base = StillClock()
    clock = SimulatedClock(base)
    task = await woken_by(clock, 30)
    clock.move(10)
    await turns()
    base.move(20)
    await task
    assert clock.now() == base.now() + timedelta(seconds=10)


async def test_a_cancelled_sleeper_is_no_trouble_later() -> None:
    clock = SimulatedClock(StillClock())
    task = await woken_by(clock, 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    clock.move(60)
    assert task.cancelled()


def test_the_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        SimulatedClock(StillClock()).move(-1)


def test_what_falls_due_happens_in_order() -> None:
    now, agenda, seen = StillClock().now(), Agenda(), list[str]()
    agenda.add(now + timedelta(seconds=2), lambda: seen.append("second"))
    agenda.add(now + timedelta(seconds=1), lambda: seen.append("first"))
    agenda.add(now + timedelta(seconds=3), lambda: seen.append("third"))
    agenda.run_due(now + timedelta(seconds=2))
    assert seen == ["first", "second"]
