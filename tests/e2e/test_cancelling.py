"""Cancellation and expiry, wherever an attempt rests, and the clean-up after them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from powens_flow import events as e
from powens_flow.attempt import Claim
from powens_flow.handlers import default_registry
from powens_flow.machine import load_machines
from powens_flow.policy import Deadlines
from powens_flow.secret import Secret
from powens_flow.simulator.faults import Fault
from powens_flow.store.memory import MemoryStore
from powens_flow.testing import Script
from powens_flow.vault import PermanentUser
from powens_flow.view import View
from tests.e2e.story import (
    CANCELLED,
    DELETE_CONNECTION,
    DELETE_USER,
    EXPIRED,
    OWNER,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    policy,
    run,
    run_until,
    shown,
    soon,
)
from tests.e2e.waiting import UNREACHED, WAYS, brought_to, until_ended


def test_every_waiting_state_is_brought_to_rest_here_or_told_why_not() -> None:
    definition = load_machines(default_registry())["add_connection"]
    waiting = {one.name for one in definition.states.values() if one.kind == "waiting"}
    ours = {name for name in waiting if not name.startswith("repair.")}
    assert set(WAYS) | set(UNREACHED) == ours


@pytest.mark.parametrize("state", WAYS)
async def test_every_waiting_state_can_be_cancelled(open_world: OpenWorld, state: str) -> None:
    w, driver, view = await brought_to(open_world, state)
    assert "cancel" in view.prompt.accepts
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert end.state == "cancelled"
    assert end.result is None
    await assert_nothing_left(w)
    last = (await w.engine.history(view.attempt_id))[-1]
    assert (last.source, last.dest) == ("ending.cleaning_up", "cancelled")


class Overtaken(MemoryStore):
    """A store that lets others go on, as soon as a connection is about to be made."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        if claim.key.startswith("create:") and self.meanwhile is not None:
            await self.meanwhile()
        return await super().claim(claim, now)


async def test_a_cancellation_just_before_a_write_is_cleaned_up_after(
    open_world: OpenWorld,
) -> None:
    store = Overtaken()
    w = await open_world(store=store)
    driver, view = await run_until(w, "fill_in_fields", Script())
    cancelling: list[asyncio.Task[View]] = []

    async def cancel() -> None:
        sending = driver.owner.send(view.attempt_id, e.Cancel())
        cancelling.append(asyncio.create_task(sending))
        for _ in range(20):
            await asyncio.sleep(0)

    store.meanwhile = cancel
    end = await driver.run(view)
    assert (end.state, (await cancelling[0]).state) == ("cancelled", "cancelled")
    assert (w.simulator.users, w.simulator.connections) == ([], [])


@pytest.mark.parametrize("state", WAYS)
async def test_every_waiting_state_ends_by_itself(open_world: OpenWorld, state: str) -> None:
    w, driver, view = await brought_to(open_world, state)
    assert view.prompt.until is not None
    end = await until_ended(driver, view, before=w.clock.now() + timedelta(minutes=31))
    assert shown(end) == EXPIRED
    assert end.state == "expired"
    await assert_nothing_left(w)


async def test_a_deadline_is_not_moved_by_polls(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.approving")
    until = view.prompt.until
    assert until == w.clock.now() + timedelta(seconds=300)
    for _ in range(5):
        view = await driver.wait(view)
        assert view.prompt.until == until


async def test_a_cancelled_attempt_takes_nothing_more(open_world: OpenWorld) -> None:
    _, driver, view = await brought_to(open_world, "source.filling_in")
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert end.prompt.accepts == ()


# --- while a call is under way -------------------------------------------------------------------


async def test_a_cancel_while_a_call_is_under_way_takes_effect_when_it_returns(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="slow-20"))
    sending = asyncio.create_task(driver.step(view))
    await soon(lambda: w.simulator.clock.sleepers)
    cancelling = asyncio.create_task(driver.owner.send(view.attempt_id, e.Cancel()))
    working = await driver.owner.get(view.attempt_id)
    assert shown(working) == ("working", "working")
    assert working.prompt.accepts == ("cancel",)
    assert w.simulator.connections == []
    w.clock.advance(20)
    assert (await sending).state == "cancelled"
    assert shown(await cancelling) == CANCELLED
    await assert_nothing_left(w)


async def test_a_caller_that_leaves_cancels_nothing(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="slow-20"))
    sending = asyncio.create_task(driver.step(view))
    await soon(lambda: w.simulator.clock.sleepers)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    w.clock.advance(20)
    await w.engine.settled(within=2.0)
    after = await driver.owner.get(view.attempt_id)
    await assert_completed(w, await driver.run(after))


async def test_a_caller_that_waited_long_enough_is_told_working(open_world: OpenWorld) -> None:
    w = await open_world(patience=0.05)
    driver, view = await run_until(w, "fill_in_fields", Script(login="slow-20"))
    after = await driver.step(view)
    assert shown(after) == ("working", "working")
    w.clock.advance(20)
    await w.engine.settled(within=2.0)
    await assert_completed(w, await driver.run(await driver.owner.get(view.attempt_id)))


# --- clean-up ------------------------------------------------------------------------------------


async def test_clean_up_of_a_temporary_user_deletes_it_whole(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.asking_information")
    await driver.owner.send(view.attempt_id, e.Cancel())
    assert (w.simulator.calls[DELETE_USER], w.simulator.calls[DELETE_CONNECTION]) == (1, 0)
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert attempt.cleanup == "user"


async def test_clean_up_of_a_known_user_deletes_what_the_attempt_made_and_only_that(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    assert first.result is not None
    driver, view = await run_until(w, "choose_accounts", Script("150"))
    assert len(w.simulator.connections) == 2
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert [one.id for one in w.simulator.connections] == [first.result.id_connection]
    assert (w.simulator.calls[DELETE_USER], w.simulator.calls[DELETE_CONNECTION]) == (0, 1)
    assert await w.vault.get(OWNER) is not None


async def test_clean_up_deletes_nothing_where_nothing_was_made(open_world: OpenWorld) -> None:
    w = await open_world()
    user, token = w.simulator.new_user(permanent=True)
    await w.vault.put(OWNER, PermanentUser(user.id, Secret(token)))
    driver, view = await run_until(w, "fill_in_fields", Script())
    await driver.owner.send(view.attempt_id, e.Cancel())
    assert (w.simulator.calls[DELETE_USER], w.simulator.calls[DELETE_CONNECTION]) == (0, 0)
    assert len(w.simulator.users) == 1


async def test_the_bank_that_the_user_has_already_outlives_a_cancelled_attempt(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    assert first.result is not None
    driver, view = await run_until(w, "connector.already_connected", Script("40"))
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert [one.id for one in w.simulator.connections] == [first.result.id_connection]


async def test_a_policy_without_clean_up_keeps_what_was_made(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.asking_information", cleanup=False)
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert len(w.simulator.connections) == 1
    assert w.simulator.calls[DELETE_USER] == 0


async def test_clean_up_is_tried_again_until_it_succeeds(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.state.asking_information")
    w.simulator.add_fault(Fault("error", "DELETE", "/users/me", code="bug", times=6))
    after = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(after)[0] == "working"
    end = await driver.run(after)
    assert shown(end) == CANCELLED
    await assert_nothing_left(w)
    assert w.simulator.calls[DELETE_USER] == 7


async def test_clean_up_that_never_succeeds_is_recorded_as_incomplete(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(deadlines=Deadlines(cleanup=600)))
    user, token = w.simulator.new_user(permanent=True)
    await w.vault.put(OWNER, PermanentUser(user.id, Secret(token)))
    driver, view = await run_until(w, "choose_accounts", Script())
    w.simulator.add_fault(Fault("error", "DELETE", code="bug", times=None))
    after = await driver.owner.send(view.attempt_id, e.Cancel())
    end = await driver.run(after)
    assert shown(end) == CANCELLED
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert attempt.cleanup == "incomplete"
    assert len(w.simulator.connections) == 1


async def test_what_is_gone_already_is_as_good_as_deleted(open_world: OpenWorld) -> None:
    w, driver, view = await brought_to(open_world, "source.filling_in")
    w.clock.advance(1801)
    assert w.simulator.users == []
    end = await until_ended(driver, view, before=w.clock.now() + timedelta(minutes=5))
    assert shown(end) == EXPIRED
