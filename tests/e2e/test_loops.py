"""Connection states one after the other, in any order, and the bound on loops without progress."""

import random

import pytest

from powens_flow import events as e
from powens_flow.testing import Script
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    FILL_IN,
    UPDATE,
    OpenWorld,
    assert_completed,
    errors,
    policy,
    run,
    run_until,
    shown,
)

STEPS = {
    "sms": ("fill_in_fields", "state.additionalInformationNeeded"),
    "sms-wrong": ("fill_in_fields", "state.additionalInformationNeeded"),
    "decoupled-1": ("approve_on_device", "state.decoupled"),
    "validating-2": ("wait", "state.validating"),
    "sca": None,
    "webauth": ("open_url", "webauth.open"),
    "wrongpass-later": ("fill_in_fields", "state.wrongpass"),
    "password-expired": ("fill_in_fields", "state.passwordExpired"),
    "action-needed": ("act_at_bank", "state.actionNeeded"),
    "unavailable-15": ("wait", "state.temporary"),
}
"""Entries of the simulator's table of logins, and the prompt that each shows."""


def _orders(count: int, length: int) -> list[str]:
    chance = random.Random(7)  # noqa: S311 - the same orders in each run
    return ["+".join(chance.choices(list(STEPS), k=length)) for _ in range(count)]


@pytest.mark.parametrize("login", [*_orders(8, 4), "+".join(STEPS), "+".join(reversed(STEPS))])
async def test_states_in_any_order_end_synced(open_world: OpenWorld, login: str) -> None:
    w = await open_world()
    driver, end = await run(w, Script("150", login=login))
    told = [CHOOSE, FILL_IN]
    for name in login.split("+"):
        prompt = STEPS[name]
        if prompt is not None and told[-1] != prompt:
            told.append(prompt)
    assert driver.prompts == [*told, ACCOUNTS, DONE]
    await assert_completed(w, end, active=("Compte joint",))


async def test_states_of_each_source_in_their_own_order(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, end = await run(w, Script("150", login="1:sms+decoupled-1,2:action-needed+sms"))
    assert driver.prompts == [
        CHOOSE,
        FILL_IN,
        STEPS["sms"],
        STEPS["decoupled-1"],
        FILL_IN,
        STEPS["action-needed"],
        STEPS["sms"],
        ACCOUNTS,
        DONE,
    ]
    await assert_completed(
        w, end, sources=("directaccess", "fallback"), active=("Compte joint", "Livret Horizon")
    )


@pytest.mark.parametrize("limit", [1, 3, 6])
async def test_a_loop_that_brings_nothing_new_is_bounded(open_world: OpenWorld, limit: int) -> None:
    w = await open_world(policy=policy(no_progress_limit=limit))
    driver, view = await run_until(w, "act_at_bank", Script(login="action-needed"))
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "SCARequired", until="never")
    after = await driver.owner.send(view.attempt_id, e.Acted())
    assert shown(after) == ("try_again", "state.unknown")
    assert after.prompt.error is not None
    assert after.prompt.error.key == "state.no_progress"
    assert after.prompt.connection_state == "SCARequired"
    assert w.simulator.calls[UPDATE] == limit + 1
    before = w.simulator.calls[UPDATE]
    again = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(again) == ("try_again", "state.unknown")
    assert w.simulator.calls[UPDATE] - before <= limit
    end = await driver.owner.send(view.attempt_id, e.FinishLater())
    assert shown(end) == DONE
    assert end.result is not None
    assert end.result.pending == "SCARequired"


async def test_a_state_that_ends_after_all_is_taken_up_again(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "act_at_bank", Script(login="action-needed"))
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "SCARequired", until="never")
    stuck = await driver.owner.send(view.attempt_id, e.Acted())
    w.simulator.set_state(connection.id, None)
    after = await driver.owner.send(stuck.attempt_id, e.TryAgain())
    assert shown(after) == ACCOUNTS
    await assert_completed(w, await driver.run(after))


async def test_input_of_the_user_is_progress(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="+".join(["sms"] * 6)))
    end = await driver.run(view)
    assert errors(driver) == []
    await assert_completed(w, end)


@pytest.mark.parametrize("login", ["decoupled-never", "validating-never"])
async def test_a_state_that_is_waited_for_is_no_loop(open_world: OpenWorld, login: str) -> None:
    w = await open_world(policy=policy(no_progress_limit=1))
    driver = w.driver(Script(login=login))
    view = await driver.until("wait", "approve_on_device")
    for _ in range(4):
        view = await driver.wait(view)
        assert view.prompt.kind in ("wait", "approve_on_device")
        assert view.prompt.error is None
