"""Answers that were lost or wrong, and what must not be concluded from them."""

from datetime import timedelta
from typing import Literal

import pytest

from powens_flow import events as e
from powens_flow.calls import TEMPORARY_USER
from powens_flow.errors import EventRefused
from powens_flow.policy import CHAIN
from powens_flow.secret import Secret
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Driver, Script, World
from powens_flow.testing.clock import BEGINNING
from powens_flow.vault import PermanentUser
from powens_flow.view import View
from tests.e2e.story import (
    CANCELLED,
    EXPIRED,
    FAILED,
    FILL_IN,
    OWNER,
    RENEW,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    policy,
    run,
    run_until,
    shown,
)

CREATE, CHANGE = "/users/me/connections", "/users/me/connections/*"
CODE = "state.additionalInformationNeeded"


async def with_a_permanent_user(w: World) -> None:
    user, token = w.simulator.new_user(permanent=True)
    await w.vault.put(OWNER, PermanentUser(user.id, Secret(token)))


# --- the user ------------------------------------------------------------------------------------


async def test_lost_creations_of_a_permanent_user_leave_no_more_than_one_behind(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(permanent_user=True))
    w.simulator.add_fault(Fault("drop_after", "POST", "/auth/init", times=3))
    _, end = await run(w, Script())
    assert end.result is not None
    assert end.result.orphans == 3
    w.clock.advance(1801)
    orphan, kept = w.simulator.users
    assert kept.id == end.result.id_user
    assert (orphan.permanent, kept.permanent) == (True, True)
    assert orphan.connections == {}


# --- looking for what a lost answer left ---------------------------------------------------------


async def test_a_404_while_looking_is_no_proof_that_no_connection_was_made(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("drop_after", "POST", CREATE))
    w.simulator.add_fault(Fault("status", "GET", CREATE, status=404))
    driver, end = await run(w, Script())
    assert shown(end) == FAILED
    assert driver.prompts.count(FILL_IN) == 1
    await assert_nothing_left(w)


async def test_a_404_while_looking_for_a_further_source_asks_for_no_values_again(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources=CHAIN))
    w.simulator.add_fault(Fault("drop_after", "POST", CHANGE))
    w.simulator.add_fault(Fault("status", "GET", CHANGE, status=404))
    _, end = await run(w, Script("150"))
    assert shown(end) == FAILED
    await assert_nothing_left(w)


@pytest.mark.parametrize("kind", ["drop_before", "cut_body", "status"])
async def test_a_key_that_cannot_be_fetched_leaves_no_doubt_of_what_the_refusal_said(
    open_world: OpenWorld, kind: Literal["drop_before", "cut_body", "status"]
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="error-keymanager-once"))
    event = await driver.answer(view)
    assert event is not None
    w.simulator.add_fault(Fault(kind, "GET", "/publickey", times=2, status=404))
    again = await driver.owner.send(view.attempt_id, event)
    assert shown(again) == FILL_IN
    assert again.prompt.error is not None
    assert again.prompt.error.key == "values.seal_again"
    w.simulator.faults.clear()
    await assert_completed(w, await driver.run(again))


# --- clean-up ------------------------------------------------------------------------------------


async def cancelled_at_the_code(w: World) -> str | None:
    """The attempt's `cleanup`, after a cancellation that has come to its end."""
    _, end = await run(w, Script(login="sms", answers={CODE: e.Cancel()}))
    assert shown(end) == CANCELLED
    attempt = await w.store.load(end.attempt_id)
    assert attempt is not None
    return attempt.cleanup


@pytest.mark.parametrize("kind", ["drop_after", "cut_body", "not_json"])
async def test_a_deletion_whose_answer_was_lost_is_found_done(
    open_world: OpenWorld, kind: Literal["drop_after", "cut_body", "not_json"]
) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    w.simulator.add_fault(Fault(kind, "DELETE", CHANGE))
    assert await cancelled_at_the_code(w) == "connection"
    assert w.simulator.connections == []


async def test_a_connection_that_is_said_to_be_gone_is_looked_for(open_world: OpenWorld) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    w.simulator.add_fault(Fault("status", "DELETE", CHANGE, status=404))
    assert await cancelled_at_the_code(w) == "connection"
    assert w.simulator.connections == []


async def test_a_user_that_is_said_to_be_gone_is_looked_for(open_world: OpenWorld) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("status", "DELETE", "/users/me", status=404))
    assert await cancelled_at_the_code(w) == "user"
    await assert_nothing_left(w)


async def test_clean_up_waits_for_a_creation_that_may_still_be_at_work(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    w.simulator.add_fault(Fault("drop_and_act_later", "POST", CREATE, seconds=20))
    driver, view = await run_until(w, "wait.finding_out", Script())
    after = await driver.owner.send(view.attempt_id, e.Cancel())
    assert after.prompt.kind == "working"
    assert shown(await driver.run(after)) == CANCELLED
    assert w.simulator.connections == []
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert attempt.cleanup == "connection"


async def not_waited_for(w: World) -> tuple[Driver, View]:
    """The form again, for a user who did not wait for a lost creation, which acts later."""
    await with_a_permanent_user(w)
    w.simulator.add_fault(Fault("drop_and_act_later", "POST", CREATE, seconds=20))
    driver, view = await run_until(w, "wait.finding_out", Script())
    form = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(form) == FILL_IN
    return driver, form


async def test_clean_up_knows_of_a_creation_that_the_user_did_not_wait_for(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, form = await not_waited_for(w)
    after = await driver.owner.send(form.attempt_id, e.Cancel())
    assert shown(await driver.run(after)) == CANCELLED
    assert w.simulator.connections == []


async def test_no_other_bank_is_chosen_while_a_connection_may_still_come_to_be(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, form = await not_waited_for(w)
    assert "choose_another_connector" not in form.prompt.accepts
    with pytest.raises(EventRefused, match="cannot be changed"):
        await driver.owner.send(form.attempt_id, e.ChooseAnotherConnector())
    after = await driver.owner.send(form.attempt_id, e.Cancel())
    assert shown(await driver.run(after)) == CANCELLED
    assert w.simulator.connections == []


async def test_a_refusal_leaves_no_doubt_that_clean_up_would_wait_for(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    driver, view = await run_until(w, "fill_in_fields", Script(login="wrongpass"))
    again = await driver.step(view)
    assert again.prompt.error is not None
    assert shown(await driver.owner.send(view.attempt_id, e.Cancel())) == CANCELLED


async def test_a_user_that_a_lost_exchange_made_permanent_does_not_end_by_itself(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script())
    w.simulator.add_fault(Fault("drop_after", "POST", "/auth/token/access"))
    w.simulator.add_fault(Fault("error", "POST", "/auth/renew", code="config"))
    down = w.simulator.add_fault(Fault("status", "DELETE", "/users/me", status=503, times=None))
    view = await driver.step(view)
    assert shown(view) == ("try_again", "interrupted.renewing_token")
    view = await driver.owner.send(view.attempt_id, e.Cancel())
    while w.clock.now() < BEGINNING + timedelta(seconds=TEMPORARY_USER):
        view = await driver.wait(view)
    w.simulator.faults.remove(down)
    assert shown(await driver.run(view)) == CANCELLED
    await assert_nothing_left(w)


async def test_a_user_that_ended_though_an_exchange_was_tried_is_found_gone(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script())
    for path in ("/auth/token/access", "/auth/renew"):
        w.simulator.add_fault(Fault("error", "POST", path, code="config"))
    view = await driver.step(view)
    w.clock.advance(TEMPORARY_USER)
    await w.engine.tick()
    assert shown(await driver.owner.get(view.attempt_id)) == EXPIRED
    assert w.simulator.calls[RENEW] == 2
    await assert_nothing_left(w)


# --- nobody looked -------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [Script("160"), Script(login="webauth")])
async def test_a_wait_at_the_bank_that_outlived_its_user_has_expired(
    open_world: OpenWorld, script: Script
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "open_url", script)
    w.clock.advance(3600)
    await w.engine.tick()
    assert shown(await driver.owner.get(view.attempt_id)) == EXPIRED
    await assert_nothing_left(w)


# --- locked --------------------------------------------------------------------------------------


async def test_a_resumption_that_another_sync_refused_is_asked_for_again(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "POST", CHANGE, code="connectionLocked"))
    _, end = await run(w, Script(login="decoupled-2"))
    await assert_completed(w, end)
