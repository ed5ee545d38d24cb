"""Two processes of different versions on one store: neither takes what only the other knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from powens_flow import events as e
from powens_flow.attempt import Attempt
from powens_flow.engine import Engine
from powens_flow.errors import Outdated
from powens_flow.handlers import default_registry
from powens_flow.machine import Machines, load_machines
from powens_flow.outcomes import Outcome
from powens_flow.staff import post_remedy
from tests.small_world import (
    BELL,
    SmallWorld,
    machines_with_a_bell,
    opened,
    ringing,
    send,
    small_world,
)

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


# --- a process has died in a call that only its version knows -----------------------------------

OTHERS = (
    machines_with_a_bell(BELL.replace("ringing", "sounding")),
    load_machines(default_registry()),
)
"""Versions that do not know `ringing`, the state of the call, or the bell itself."""


async def died_ringing(here: SmallWorld, *, is_woken: bool = False) -> str:
    """An attempt whose process has died in the call that writes, and its lease has lapsed."""
    attempt_id, task = await ringing(here)
    if is_woken:
        assert await here.engine.wake(attempt_id)
    task.cancel()
    await here.engine.close()  # with no grace: as good as dead
    opened(here)
    here.clock.advance(30)
    return attempt_id


@pytest.mark.parametrize("is_woken", [False, True], ids=["", "woken"])
@pytest.mark.parametrize("machines", OTHERS, ids=["state", "machine"])
async def test_what_became_of_a_call_is_found_out_whoever_touched_it_meanwhile(
    here: SmallWorld, machines: Machines, is_woken: bool
) -> None:
    attempt_id = await died_ringing(here, is_woken=is_woken)
    async with here.another_engine("old", machines=machines) as old:
        with pytest.raises(Outdated):
            await old.for_owner("owner-1").send(attempt_id, e.TryAgain())
        here.clock.advance(30)
        assert not await old.wake(attempt_id)
        assert await here.store.live("owner-1") == (attempt_id,)
    async with here.another_engine("new") as new:
        here.clock.advance(30)
        assert await new.tick() == 1
    assert here.bell.seen[:3] == ["ring", "strike", "recovering"]
    assert await here.state(attempt_id) == ("finished" if is_woken else "looking")


@pytest.mark.parametrize("is_woken", [False, True], ids=["", "woken"])
async def test_a_call_that_died_in_a_state_that_nobody_knows_any_more_ends_on_time(
    here: SmallWorld, is_woken: bool
) -> None:
    attempt_id = await died_ringing(here, is_woken=is_woken)
    async with here.another_engine("old", machines=OTHERS[0]) as old:
        here.clock.advance(86_400)  # the longest that anything may last
        while await old.tick():
            pass
    assert await here.state(attempt_id) == "expired"


async def test_who_cancels_after_a_call_that_died_is_heard_also_behind_a_webhook(
    here: SmallWorld,
) -> None:
    attempt_id = await died_ringing(here, is_woken=True)
    async with here.another_engine("old", machines=OTHERS[0]) as old:
        view = await old.for_owner("owner-1").send(attempt_id, e.Cancel())
    assert view.state == "cancelled"
