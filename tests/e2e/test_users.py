"""The user context: whose Powens user an attempt works for, and whose token is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from powens_flow.attempt import Claim
from powens_flow.events import Cancel
from powens_flow.listeners import Change
from powens_flow.policy import Deadlines
from powens_flow.secret import Secret
from powens_flow.simulator import Settings
from powens_flow.simulator.faults import Fault
from powens_flow.store.memory import MemoryStore
from powens_flow.testing import Script, World
from powens_flow.vault import PermanentUser
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    EXCHANGE,
    FILL_IN,
    INIT,
    OWNER,
    RENEW,
    OpenWorld,
    assert_completed,
    assert_kept,
    policy,
    run,
    run_until,
    shown,
    soon,
)


def _made(w: World) -> tuple[int, str]:
    """A permanent user, as an earlier attempt made it."""
    user, token = w.simulator.new_user(permanent=True)
    return user.id, token


async def test_a_temporary_user_is_exchanged_at_the_end(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script())
    (user,) = w.simulator.users
    assert not user.permanent
    assert await w.vault.get(OWNER) is None
    await assert_completed(w, await driver.run(view))
    assert (w.simulator.calls[INIT], w.simulator.calls[EXCHANGE]) == (1, 1)


@pytest.mark.parametrize("token_key", ["access_token", "token"])
async def test_the_permanent_token_is_found_under_either_key(
    open_world: OpenWorld, token_key: str
) -> None:
    w = await open_world(settings=Settings(token_key=token_key))  # type: ignore[arg-type]  # one of the literals
    _, end = await run(w, Script())
    await assert_completed(w, end)


async def test_the_token_is_kept_before_the_attempt_is_called_completed(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    kept: list[PermanentUser | None] = []

    @w.engine.on(state="completed")
    async def hear(change: object) -> None:
        kept.append(await w.vault.get(OWNER))

    _, end = await run(w, Script())
    await w.engine.settled(within=1.0)
    (user,) = kept
    assert user is not None
    assert end.result is not None
    assert user.id_user == end.result.id_user
    rows = await w.engine.history(end.attempt_id)
    assert [row.source for row in rows[-2:]] == ["exchanging_token", "keeping_token"]


async def test_a_user_made_permanent_at_once_needs_no_exchange(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(permanent_user=True))
    driver, view = await run_until(w, "fill_in_fields", Script())
    (user,) = w.simulator.users
    assert user.permanent
    await assert_completed(w, await driver.run(view))
    assert (w.simulator.calls[INIT], w.simulator.calls[EXCHANGE]) == (1, 0)


async def test_a_user_wanted_permanent_is_temporary_where_the_answer_says_so(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(permanent_user=True))
    body = {"auth_token": "x", "type": "temporary", "id_user": 77, "expires_in": 1800}
    w.simulator.add_fault(Fault("wrong_shape", "POST", "/auth/init", acts=False, body=body))
    _, view = await run_until(w, "choose_connector", Script())
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert attempt.user is not None
    assert (attempt.user.permanent, attempt.user.expires_at is None) == (False, False)


async def test_a_user_in_the_vault_is_used_again(open_world: OpenWorld) -> None:
    w = await open_world()
    id_user, token = _made(w)
    await w.vault.put(OWNER, PermanentUser(id_user, Secret(token)))
    driver, end = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert end.result is not None
    assert end.result.id_user == id_user
    assert (w.simulator.calls[INIT], w.simulator.calls[EXCHANGE]) == (0, 0)


async def test_one_owner_has_one_user_for_all_their_banks(open_world: OpenWorld) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    _, second = await run(w, Script("160"))
    assert first.result is not None
    assert second.result is not None
    assert first.result.id_user == second.result.id_user
    assert len(w.simulator.users) == 1
    assert len(w.simulator.connections) == 2
    await assert_kept(w, first.result.id_user)


async def test_two_owners_have_two_users(open_world: OpenWorld) -> None:
    w = await open_world()
    _, first = await run(w, Script(), owner="owner-1")
    _, second = await run(w, Script(), owner="owner-2")
    assert first.result is not None
    assert second.result is not None
    assert first.result.id_user != second.result.id_user
    assert len(w.simulator.users) == 2


async def test_two_first_attempts_at_once_make_one_user(open_world: OpenWorld) -> None:
    w = await open_world()
    first, second = w.driver(Script("40")), w.driver(Script("160"))
    views = await asyncio.gather(first.owner.start(), second.owner.start())
    assert w.simulator.calls[INIT] == 1
    ends = [await first.run(views[0]), await second.run(views[1])]
    assert [end.state for end in ends] == ["completed", "completed"]
    (user,) = w.simulator.users
    assert len(user.connections) == 2
    assert w.simulator.calls[EXCHANGE] == 1
    await assert_kept(w, user.id)


async def test_the_second_of_two_attempts_at_once_may_end_first(open_world: OpenWorld) -> None:
    w = await open_world()
    first, second = w.driver(Script("40")), w.driver(Script("160"))
    views = await asyncio.gather(first.owner.start(), second.owner.start())
    assert (await second.run(views[1])).state == "completed"
    assert (await first.run(views[0])).state == "completed"
    (user,) = w.simulator.users
    await assert_kept(w, user.id)


async def test_cancelling_one_of_two_attempts_leaves_the_other_its_user(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    first, second = w.driver(Script("40")), w.driver(Script("160"))
    views = [await first.owner.start(), await second.owner.start()]
    cancelled = await first.owner.send(views[0].attempt_id, {"type": "cancel"})
    assert cancelled.state == "cancelled"
    assert len(w.simulator.users) == 1
    assert (await second.run(views[1])).state == "completed"
    (user,) = w.simulator.users
    await assert_kept(w, user.id)


async def test_a_lost_exchange_takes_the_documented_way_back(open_world: OpenWorld) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("drop_after", "POST", "/auth/token/access"))
    _, end = await run(w, Script())
    await assert_completed(w, end)
    assert (w.simulator.calls[EXCHANGE], w.simulator.calls[RENEW]) == (1, 1)


async def test_a_permanent_token_that_was_revoked_fails_until_it_is_renewed(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    assert first.result is not None
    w.simulator.tokens.revoke_permanent(first.result.id_user)
    _, failed = await run(w, Script("160"))
    assert failed.prompt.error is not None
    assert failed.prompt.error.key == "unauthorised"
    assert len(w.simulator.connections) == 1

    kept = await w.vault.get(OWNER)  # as docs/operations.md has it
    assert kept is not None
    token = await w.api.renew_token(kept.id_user)
    await w.vault.put(OWNER, PermanentUser(kept.id_user, token))

    _, end = await run(w, Script("160"))
    assert end.result is not None
    assert end.result.id_user == first.result.id_user
    assert len(w.simulator.connections) == 2


async def test_a_burnt_code_takes_the_documented_way_back(open_world: OpenWorld) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "POST", "/auth/token/access", code="forbidden"))
    _, end = await run(w, Script())
    await assert_completed(w, end)
    assert w.simulator.calls[RENEW] == 1


async def test_a_token_that_cannot_be_had_can_be_asked_for_again(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    for path in ("/auth/token/access", "/auth/renew"):
        w.simulator.add_fault(Fault("error", "POST", path, code="forbidden"))
    driver, view = await run_until(w, "try_again", Script())
    assert shown(view) == ("try_again", "interrupted.renewing_token")
    assert view.prompt.error is not None
    assert view.prompt.error.key == "unauthorised"
    await assert_completed(w, await driver.run(view))


async def test_a_temporary_user_is_not_waited_for_beyond_its_life(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(deadlines=Deadlines(user=86400.0)))
    _, view = await run_until(w, "fill_in_fields", Script())
    (user,) = w.simulator.users
    assert user.expires is not None
    assert view.prompt.until is not None
    assert view.prompt.until < user.expires


async def test_a_user_that_would_end_before_the_next_wait_is_made_permanent_early(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(deadlines=Deadlines(user=86400.0)))
    driver, view = await run_until(w, "choose_accounts", Script())
    (user,) = w.simulator.users
    assert user.expires is None
    assert await w.vault.get(OWNER) is not None
    w.clock.advance(3600)
    end = await driver.run(view)
    assert end.state == "completed"
    assert w.simulator.calls[EXCHANGE] == 1


async def test_a_user_that_would_end_while_values_are_checked_is_made_permanent_early(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login="2:slow-200"))
    w.clock.advance(780)
    view = await driver.step(view)
    assert (shown(view), view.prompt.source) == (FILL_IN, "fallback")
    w.clock.advance(890)
    checked = asyncio.create_task(driver.step(view))
    await soon(lambda: w.simulator.clock.sleepers)
    w.clock.advance(200)
    end = await driver.run(await checked)
    assert end.state == "completed"
    assert end.result is not None
    assert end.result.sources == ("directaccess", "fallback")
    assert w.simulator.calls[EXCHANGE] == 1


async def test_an_early_exchange_that_fails_is_no_error_of_what_comes_next(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login="2:sms"))
    for path in ("/auth/token/access", "/auth/renew"):
        w.simulator.add_fault(Fault("error", "POST", path, code="config"))
    w.clock.advance(890)
    second = await driver.step(view)
    assert w.simulator.calls[EXCHANGE] == 1
    assert (shown(second), second.prompt.source) == (FILL_IN, "fallback")
    assert second.prompt.error is None
    end = await driver.run(second)
    assert end.state == "completed"


@pytest.mark.parametrize(
    ("login", "key", "deadlines"),
    [
        ("rate-limiting-7200", "state.temporary", Deadlines(temporary=10800.0)),
        ("validating-500", "state.validating", Deadlines(processing=10800.0)),
    ],
)
async def test_a_wait_for_powens_that_outlives_the_temporary_user_is_as_long_as_the_policy_says(
    open_world: OpenWorld, login: str, key: str, deadlines: Deadlines
) -> None:
    w = await open_world(policy=policy(deadlines=deadlines))
    driver, view = await run_until(w, key, Script(login=login), longest=600)
    began = w.clock.now()
    assert view.prompt.until == began + timedelta(seconds=10800)
    end = await driver.run(view)
    assert w.clock.now() - began > timedelta(hours=1)
    await assert_completed(w, end)
    assert w.simulator.calls[EXCHANGE] == 1


async def test_a_user_who_outlives_the_wait_is_not_made_permanent_for_a_poll(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "state.temporary", Script(login="unavailable-never"))
    end = await driver.run(view)
    assert end.state == "expired"
    assert (w.simulator.calls[EXCHANGE], w.simulator.users) == (0, [])


async def test_listeners_are_warned_before_a_wait_ends(open_world: OpenWorld) -> None:
    w = await open_world()
    heard: list[str] = []

    @w.engine.on()
    async def hear(change: Change) -> None:
        heard.append(change.row.trigger)

    _, view = await run_until(w, "choose_connector", Script())
    w.clock.advance(780)
    await w.engine.tick()
    await w.engine.settled()
    assert heard[-1] == "warn"
    assert (await w.engine.for_owner(OWNER).get(view.attempt_id)).state == view.state
    w.clock.advance(120)
    await w.engine.tick()
    assert (await w.engine.for_owner(OWNER).get(view.attempt_id)).state == "expired"


async def test_an_attempt_waits_while_another_makes_the_owners_user(open_world: OpenWorld) -> None:
    w = await open_world()
    being_made = Claim(f"user:{OWNER}", "another", w.clock.now() + timedelta(seconds=2))
    await w.store.claim(being_made, w.clock.now())
    driver = w.driver(Script())
    view = await driver.owner.start()
    assert shown(view) == ("wait", "wait.user")
    end = await driver.run(view)
    assert end.state == "completed"
    assert w.simulator.calls[INIT] == 1


@pytest.mark.parametrize(("event", "ended"), [(Cancel(), "cancelled"), (None, "expired")])
async def test_that_wait_can_be_cancelled_and_expires(
    open_world: OpenWorld, event: Cancel | None, ended: str
) -> None:
    w = await open_world()
    being_made = Claim(f"user:{OWNER}", "another", w.clock.now() + timedelta(days=1))
    await w.store.claim(being_made, w.clock.now())
    driver = w.driver(Script())
    view = await driver.owner.start()
    if event is not None:
        view = await driver.owner.send(view.attempt_id, event)
    else:
        w.clock.advance(600)
        view = await driver.wait(view)
    assert view.state == ended
    assert w.simulator.users == []


class SlowToClaim(MemoryStore):
    """A store on which another attempt ends between a look at the vault and the claim."""

    before_claim: Callable[[], Awaitable[None]] | None = None

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        meanwhile, self.before_claim = self.before_claim, None
        if meanwhile is not None:
            await meanwhile()
        return await super().claim(claim, now)


async def test_a_user_kept_while_another_attempt_begins_is_the_owners_only_one(
    open_world: OpenWorld,
) -> None:
    store = SlowToClaim()
    w = await open_world(store=store)
    first = w.driver(Script())
    view = await first.until("choose_accounts")

    async def first_ends() -> None:
        assert (await first.run(view)).state == "completed"

    store.before_claim = first_ends
    second = w.driver(Script("160"))
    end = await second.run()
    assert end.state == "completed"
    (user,) = w.simulator.users
    assert len(user.connections) == 2
    assert w.simulator.calls[INIT] == 1
