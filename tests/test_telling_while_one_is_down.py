"""While one listener is down, the others hear what it lacks once; it hears all of it later."""

import asyncio
from collections.abc import Collection

import pytest

from powens_flow.lanes import TellLater
from powens_flow.listeners import Change
from powens_flow.store.port import Untold
from tests.ears import Ear, Hanging, ear_of, retold, rung
from tests.small_world import SmallWorld, small_world, turns


class Down(Ear):
    """A listener that can hear nothing, for a day."""

    is_down = True

    async def __call__(self, change: Change) -> None:
        if self.is_down:
            raise TellLater("down", 86_400, everything=True)
        await super().__call__(change)


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powens_flow.lanes.REMEMBERED", 2)
    monkeypatch.setattr("powens_flow.listeners.LOOKED_OVER", 2)


async def test_the_others_hear_each_transition_once_however_many_there_are() -> None:
    async with small_world() as here:
        down, ear = Down(), ear_of(here)
        here.engine.on()(down)
        ids = [await rung(here) for _ in range(7)]
        for _ in range(3):
            await retold(here)
        each = [(one, seq) for one in ids for seq in (1, 2, 3)]
        assert sorted(ear.heard) == sorted(each)
        assert len(await here.store.untold(100)) == 21
        down.is_down = False
        here.clock.advance(86_401)
        await retold(here)
        assert sorted(down.heard) == sorted(each)
        assert [down.of(one) for one in ids] == [[1, 2, 3]] * 7
        assert len(ear.heard) == 21
        assert await here.store.untold(100) == ()
        await _is_forgotten(here)


async def test_what_nobody_can_hear_now_is_not_read_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with small_world() as here:
        read: list[str] = []
        untold_of = here.store.untold_of

        async def counted(attempt_ids: Collection[str]) -> tuple[Untold, ...]:
            read.extend(attempt_ids)
            return await untold_of(attempt_ids)

        monkeypatch.setattr(here.store, "untold_of", counted)
        ear_of(here)
        here.engine.on()(Down())
        for _ in range(5):
            await rung(here)
        for _ in range(3):
            await retold(here)
        assert read == []


async def test_what_was_erased_meanwhile_is_remembered_no_longer() -> None:
    async with small_world() as here:
        ear_of(here)
        here.engine.on()(Down())
        for _ in range(5):
            await rung(here)
        await here.engine.settled()
        await here.engine.erase("owner-1")
        await retold(here)
        await _is_forgotten(here)


async def _is_forgotten(here: SmallWorld) -> None:
    """No more is remembered than the lanes may, whoever was down."""
    for lane in here.engine._listeners._lanes:
        assert not lane._ahead
        assert len(lane._next) <= 2


async def test_who_was_down_hears_what_it_lacks_while_another_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("powens_flow.lanes.QUEUED", 4)
    async with small_world() as here:
        here.engine.on()(Down())  # of the process before
        ids = [await rung(here) for _ in range(6)]
        await here.engine.close()
        hanging, down = Hanging(), Down()
        async with here.another_engine() as other:
            other.on()(hanging)
            other.on()(down)
            await other._listeners.retell(2)
            await turns(60)
            down.is_down = False
            here.clock.advance(86_401)
            await other._listeners.retell(2)
            await turns(60)
            assert [down.of(one) for one in ids] == [[1, 2, 3]] * 6
            hanging.gate.set()
            await other.settled()
            assert [hanging.of(one) for one in ids] == [[1, 2, 3]] * 6
        assert await here.store.untold(100) == ()


class Slow(Ear):
    """A listener that hears as many transitions as it is given time for."""

    def __init__(self) -> None:
        super().__init__()
        self.time = asyncio.Semaphore(0)

    async def __call__(self, change: Change) -> None:
        await self.time.acquire()
        await super().__call__(change)


async def test_what_a_slow_listener_heard_is_remembered_before_it_has_heard_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("powens_flow.lanes.QUEUED", 4)
    async with small_world() as here:
        here.engine.on()(Down())  # of the process before
        for _ in range(6):
            await rung(here)
        await here.engine.close()
        slow = Slow()
        async with here.another_engine() as other:
            other.on()(slow)
            await other._listeners.retell(2)
            for heard in (1, 2):
                slow.time.release()
                await turns(60)
                assert len(slow.heard) == heard
                assert len(await here.store.untold(100)) == 18 - heard
            for _ in range(16):
                slow.time.release()
            await other.settled()
        assert await here.store.untold(100) == ()
