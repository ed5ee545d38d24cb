"""A proof is cut short when nothing of it comes to its end, and not because it takes long."""

import asyncio

import pytest

from powens_flow.patience import wake
from soak.progress import Stalled, going_on, step


class Time:
    """A loop's time, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = asyncio.get_running_loop()
        self.passed = 0.0
        before = self.loop.time
        monkeypatch.setattr(self.loop, "time", lambda: before() + self.passed)

    async def goes_by(self, seconds: float) -> None:
        self.passed += seconds
        for _ in range(5):
            rung: asyncio.Future[None] = self.loop.create_future()
            self.loop.call_soon(wake, rung)
            await rung


async def test_one_that_makes_steps_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    async with going_on(silence=100):
        for _ in range(50):
            await time.goes_by(90)
            await asyncio.create_task(stepped())


async def stepped() -> None:
    step()


async def test_one_that_makes_none_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stalled, match="for 100 seconds"):
        await stands_still(Time(monkeypatch))


async def stands_still(time: Time) -> None:
    async with going_on(silence=100):
        await time.goes_by(90)
        step()
        await time.goes_by(110)


async def test_a_timeout_of_its_own_is_none_of_ours() -> None:
    with pytest.raises(TimeoutError):
        async with going_on():
            raise TimeoutError


def test_a_step_that_nobody_waits_for_is_nothing() -> None:
    step()
