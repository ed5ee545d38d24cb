"""Retention and erasure."""

import asyncio
from datetime import timedelta

import pytest

from powens_flow.errors import NoSuchAttempt
from powens_flow.policy import Policy
from powens_flow.testing import Script
from powens_flow.vault import MemoryVault, PermanentUser
from tests.e2e.story import OWNER, OpenWorld, run, run_until


async def test_ended_attempts_are_forgotten_after_a_while_and_live_ones_are_not(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    _, ended = await run(w, Script())
    w.clock.advance(3600)
    _, live = await run_until(w, "choose_connector", Script())
    await w.engine.settled()
    assert await w.engine.purge(timedelta(hours=2)) == 0
    assert await w.engine.purge(timedelta(minutes=30)) == 1
    with pytest.raises(NoSuchAttempt):
        await w.engine.history(ended.attempt_id)
    owner = w.engine.for_owner(OWNER)
    assert (await owner.get(live.attempt_id)).state == "choosing_connector"


async def test_an_owner_is_erased_with_attempts_and_token(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script())
    assert await w.engine.erase(OWNER) == 1
    assert await w.vault.get(OWNER) is None
    assert await w.store.load(end.attempt_id) is None
    assert len(w.simulator.users) == 1


async def test_the_user_at_powens_is_erased_when_asked_for(open_world: OpenWorld) -> None:
    w = await open_world()
    await run(w, Script())
    await w.engine.erase(OWNER, user=True)
    assert w.simulator.users == []
    assert w.simulator.connections == []


async def test_a_user_that_an_attempt_under_way_made_is_erased_too(open_world: OpenWorld) -> None:
    policy = Policy(redirect_uri="https://app.example/callback", permanent_user=True)
    w = await open_world(policy=policy)
    await run_until(w, "choose_accounts", Script())
    assert len(w.simulator.users) == 1
    assert await w.vault.get(OWNER) is None
    await w.engine.erase(OWNER, user=True)
    assert (w.simulator.users, w.simulator.connections) == ([], [])


class SlowVault(MemoryVault):
    """A vault that takes its time to put a token away."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def put(self, owner: str, user: PermanentUser) -> None:
        self.begun.set()
        await self.go_on.wait()
        await super().put(owner, user)


async def test_a_token_that_is_kept_while_its_owner_is_erased_does_not_stay(
    open_world: OpenWorld,
) -> None:
    vault = SlowVault()
    w = await open_world(vault=vault)
    running = asyncio.create_task(run(w, Script()))
    await vault.begun.wait()
    assert await w.engine.erase(OWNER) == 1
    vault.go_on.set()
    with pytest.raises(NoSuchAttempt):
        await running
    await w.engine.settled()
    assert await vault.get(OWNER) is None


async def test_an_ended_attempt_holds_no_account_holders_data(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script())
    attempt = await w.store.load(end.attempt_id)
    assert attempt is not None
    assert [one.id for one in attempt.accounts] == list(end.result.accounts if end.result else ())
    assert all(
        (one.name, one.iban, one.number, one.balance) == (None,) * 4 for one in attempt.accounts
    )
    assert attempt.user is None
