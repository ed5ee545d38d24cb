"""What is tried again by itself, and what a failure that lasts leaves."""

from datetime import timedelta

import pytest

from powens_flow import events as e
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from powens_flow.vault import MemoryVault, PermanentUser
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DELETE_USER,
    DONE,
    EXCHANGE,
    FILL_IN,
    INIT,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    policy,
    run,
    run_until,
)

WORKING = ("working", "working")


class Failing(MemoryVault):
    """The integrator's vault, whose database is down at times."""

    def __init__(self, *, gets: int = 0, puts: int = 0) -> None:
        super().__init__()
        self.gets, self.puts = gets, puts

    async def get(self, owner: str) -> PermanentUser | None:
        if self.gets > 0:
            self.gets -= 1
            raise ConnectionError("db.internal refused user-token")
        return await super().get(owner)

    async def put(self, owner: str, user: PermanentUser) -> None:
        if self.puts > 0:
            self.puts -= 1
            raise ConnectionError(f"db.internal refused {user.token.reveal()}")
        await super().put(owner, user)


@pytest.mark.parametrize("vault", [Failing(gets=2), Failing(puts=2)], ids=["get", "put"])
async def test_a_vault_that_is_down_for_a_moment_is_asked_again(
    open_world: OpenWorld, vault: Failing
) -> None:
    w = await open_world(vault=vault)
    driver, end = await run(w, Script())
    assert WORKING in driver.prompts
    await assert_completed(w, end)


async def test_a_vault_that_is_down_for_long_loses_nothing_that_was_approved(
    open_world: OpenWorld,
) -> None:
    vault = Failing(puts=5)
    w = await open_world(vault=vault)
    driver, view = await run_until(w, "try_again", Script())
    assert view.state == "keeping_token.interrupted"
    assert len(w.simulator.connections) == 1
    await assert_completed(w, await driver.run(view))


async def test_what_a_vault_says_of_its_failure_is_not_repeated(open_world: OpenWorld) -> None:
    w = await open_world(vault=Failing(puts=5))
    _, view = await run_until(w, "try_again", Script())
    attempt = await w.store.load(view.attempt_id)
    assert "db.internal" not in repr((attempt, view, await w.engine.history(view.attempt_id)))


async def test_an_exchange_that_the_limit_refused_is_tried_again(open_world: OpenWorld) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("status", *EXCHANGE, status=429, retry_after=60))
    driver, end = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, WORKING, DONE]
    await assert_completed(w, end)


async def test_a_lost_answer_leaves_no_more_than_one_orphan_that_lives_on(
    open_world: OpenWorld,
) -> None:
    """A permanent user is billed; a temporary one dies, or is made permanent at the end."""
    w = await open_world(policy=policy(permanent_user=True))
    w.simulator.add_fault(Fault("drop_after", *INIT, times=3))
    _, end = await run(w, Script())
    assert end.state == "completed"
    assert end.result is not None
    assert end.result.orphans == 3
    w.clock.advance(31 * 60)
    assert len(w.simulator.users) == 2
    assert end.result.id_user in {user.id for user in w.simulator.users}


@pytest.mark.parametrize("permanent", [False, True])
async def test_a_deleted_user_whose_answer_was_lost_is_known_to_be_deleted(
    open_world: OpenWorld, permanent: bool
) -> None:
    """The second deletion is answered 401: a token dies with its user."""
    w = await open_world(policy=policy(permanent_user=permanent))
    driver, view = await run_until(w, "choose_accounts", Script())
    w.simulator.add_fault(Fault("drop_after", *DELETE_USER))
    began = w.clock.now()
    end = await driver.run(await driver.owner.send(view.attempt_id, e.Cancel()))
    assert end.state == "cancelled"
    assert w.clock.now() - began < timedelta(seconds=10)
    attempt = await w.store.load(end.attempt_id)
    assert attempt is not None
    assert attempt.cleanup == "user"
    await assert_nothing_left(w)


async def test_a_clean_up_that_never_succeeds_ends_as_incomplete(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(permanent_user=True))
    driver, view = await run_until(w, "choose_accounts", Script())
    w.simulator.add_fault(Fault("status", *DELETE_USER, status=503, times=None))
    began = w.clock.now()
    driver._longest = 400
    end = await driver.run(await driver.owner.send(view.attempt_id, e.Cancel()))
    attempt = await w.store.load(end.attempt_id)
    assert attempt is not None
    assert (attempt.state, attempt.cleanup) == ("cancelled", "incomplete")
    assert timedelta(hours=24) <= w.clock.now() - began < timedelta(hours=24, seconds=10)
    assert 30 < w.simulator.calls[DELETE_USER] < 200, "it goes on, ever less often"


async def test_a_clean_up_looks_no_sooner_than_the_api_asked(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script())
    w.simulator.add_fault(Fault("status", *DELETE_USER, status=429, retry_after=300))
    began = w.clock.now()
    end = await driver.run(await driver.owner.send(view.attempt_id, e.Cancel()))
    assert end.state == "cancelled"
    assert w.clock.now() - began == timedelta(seconds=300)
    await assert_nothing_left(w)
