"""Two processes of different versions on one store: neither takes what only the other knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from powens_flow import events as e
from powens_flow.attempt import Attempt
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.machine import load_machines
from powens_flow.outcomes import Outcome
from powens_flow.staff import post_remedy
from tests.small_world import BELL, SmallWorld, machines_with_a_bell, send, small_world

OLDER = BELL.replace("looking", "searching")
"""The bell's machine, before its state `looking` was called so."""


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


@asynccontextmanager
async def an_older_process(here: SmallWorld) -> AsyncIterator[Engine]:
    async with here.another_engine("old", machines=machines_with_a_bell(OLDER)) as old:
        yield old


async def looking(here: SmallWorld) -> str:
    """An attempt in a state that the older process does not know, and that is looked at again."""
    here.bell.rings.append(Outcome("unknown"))
    attempt_id = await here.started()
    assert (await send(here, attempt_id, e.Acted())).state == "looking"
    return attempt_id


async def stored(here: SmallWorld, attempt_id: str) -> Attempt:
    found = await here.store.load(attempt_id)
    assert found is not None
    return found


async def test_an_unknown_state_is_left_to_who_knows_it(here: SmallWorld) -> None:
    attempt_id = await looking(here)
    before = await stored(here, attempt_id)
    async with an_older_process(here) as old:
        here.clock.advance(3)  # time for a look
        assert await old.tick() == 0
        assert await stored(here, attempt_id) == before
    here.clock.advance(31)
    await here.engine.tick()
    assert await here.state(attempt_id) == "finished"


async def test_an_unknown_state_that_nobody_knows_any_more_ends_on_time(here: SmallWorld) -> None:
    attempt_id = await looking(here)
    async with an_older_process(here) as old:
        here.clock.advance(599)
        await old.tick()
        assert await here.state(attempt_id) == "looking"
        here.clock.advance(31)
        await old.tick()
        assert await here.state(attempt_id) == "expired"


async def test_a_call_of_an_unknown_state_is_left_to_who_knows_it(here: SmallWorld) -> None:
    here.bell.listens.append(Outcome("temporary"))
    attempt_id = await here.started()
    await send(here, attempt_id, e.TryAgain())
    before = await stored(here, attempt_id)
    assert before.state == "listening"
    older = machines_with_a_bell(BELL.replace("listening", "hearing"))
    async with here.another_engine("old", machines=older) as old:
        here.clock.advance(10)
        assert await old.tick() == 0
        assert await stored(here, attempt_id) == before
        here.clock.advance(86_400)  # the longest that anything may last
        await old.tick()
        assert await here.state(attempt_id) == "expired"


async def test_who_cancels_an_attempt_of_an_unknown_state_is_heard(here: SmallWorld) -> None:
    attempt_id = await looking(here)
    async with an_older_process(here) as old:
        now = here.clock.now()
        await post_remedy(
            here.store, old.machines, attempt_id, "cancel", by="ann", reason="given up", now=now
        )
        await old.tick()
        assert await here.state(attempt_id) == "cancelled"


async def test_a_machine_that_is_not_loaded_is_left_to_who_has_it(here: SmallWorld) -> None:
    attempt_id = await looking(here)
    before = await stored(here, attempt_id)
    async with here.another_engine("old", machines=load_machines(default_registry())) as old:
        here.clock.advance(3)
        assert await old.tick() == 0
        assert not await old.wake(attempt_id)
        assert await stored(here, attempt_id) == before
        here.clock.advance(31)
        assert await here.engine.tick() == 1
    assert await here.state(attempt_id) == "finished"
