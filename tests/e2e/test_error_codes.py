"""Each row of the protocol page's "What each error code asks for", over HTTP, to the end."""

import json

import pytest

from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DELETE_USER,
    DONE,
    FAILED,
    FILL_IN,
    PUBLIC_KEY,
    SUBMIT,
    UPDATE,
    WEBAUTH,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    errors,
    run,
    run_until,
    shown,
)

SMS = ("fill_in_fields", "state.additionalInformationNeeded")
DEVICE = ("approve_on_device", "state.decoupled")
ACTION = ("act_at_bank", "state.actionNeeded")
LOCKED = ("wait", "wait.sync")
AGAIN = ("try_again", "interrupted.submitting")
SETTLING = ("wait", "wait.settling")

ASKED_AGAIN = {
    "wrongpass": "values.refused",
    "wrongPass": "values.refused",
    "keymanager": "values.seal_again",
    "passwordExpired": "state.passwordExpired",
    "SCARequired": "state.SCARequired",
    "additionalInformationNeeded": "state.additionalInformationNeeded",
    "decoupled": "state.decoupled",
    "websiteUnavailable": "temporary",
    "bug": "temporary",
    "internalServerError": "temporary",
    "noAccount": "no_account",
}
"""Codes after which nothing was kept: the values are asked for again, with that key."""


@pytest.mark.parametrize("code", ASKED_AGAIN)
async def test_refused_values_are_asked_for_again_and_never_sent_unasked(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login=f"error-{code}-once"))
    assert shown(view) == FILL_IN
    again = await driver.step(view)
    assert shown(again) == FILL_IN
    assert again.prompt.error is not None
    assert again.prompt.error.key == ASKED_AGAIN[code]
    assert w.simulator.calls[SUBMIT] == 1
    await assert_completed(w, await driver.run(again))
    assert w.simulator.calls[SUBMIT] == 2


async def test_wrong_credentials_show_the_banks_own_words(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script(login="wrongpass-once"))
    again = await driver.step(view)
    assert again.prompt.error is not None
    assert again.prompt.error.message == "Identifiant ou mot de passe incorrect."
    assert w.simulator.connections == []


async def test_values_that_could_not_be_opened_are_sealed_for_the_key_fetched_anew(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script())
    event = await driver.owner.seal(view.attempt_id, {"login": "camille", "password": "987654"})
    w.simulator.rotate_key()
    again = await driver.owner.send(view.attempt_id, event)
    assert shown(again) == FILL_IN
    assert again.prompt.error is not None
    assert again.prompt.error.key == "values.seal_again"
    assert w.simulator.calls[PUBLIC_KEY] == 2
    await assert_completed(w, await driver.run(again))


async def test_action_needed_as_a_code_asks_to_act_and_then_for_the_values(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "act_at_bank", Script(login="error-actionNeeded-once"))
    assert shown(view) == ACTION
    assert view.prompt.error is not None
    assert "conditions générales" in (view.prompt.error.message or "")
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, ACTION, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_webauth_required_as_a_code_opens_the_banks_page(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="error-webauthRequired-once"))
    assert driver.prompts == [CHOOSE, FILL_IN, ("open_url", "webauth.open"), ACCOUNTS, DONE]
    assert w.simulator.calls[WEBAUTH] == 1
    await assert_completed(w, end)


LATER_STATES = {
    "actionNeeded": "act_at_bank",
    "passwordExpired": "fill_in_fields",
    "webauthRequired": "open_url",
    "decoupled": "approve_on_device",
}


@pytest.mark.parametrize("code", LATER_STATES)
async def test_a_state_as_the_code_of_a_later_answer_is_taken_as_that_state(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, code)
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code=code))
    after = await driver.step(view)
    assert shown(after) == (
        LATER_STATES[code],
        {"webauthRequired": "webauth.open"}.get(code, f"state.{code}"),
    )
    await assert_completed(w, await driver.run(after))


async def test_sca_required_as_the_code_of_a_later_answer_forces_a_sync(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "SCARequired")
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code="SCARequired"))
    after = await driver.step(view)
    assert shown(after) == ACCOUNTS
    await assert_completed(w, await driver.run(after))


@pytest.mark.parametrize("code", ["websiteUnavailable", "bug", "maintenance"])
async def test_a_read_is_retried_by_itself_after_a_temporary_error(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "GET", "/connectors/40", code=code, times=2))
    driver, end = await run(w, Script())
    assert driver.prompts == [CHOOSE, ("working", "working"), FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls["GET", "/connectors/{connector}"] == 3


async def test_a_read_that_fails_for_long_offers_to_try_again(open_world: OpenWorld) -> None:
    w = await open_world()
    fault = w.simulator.add_fault(Fault("error", "GET", "/connectors/40", code="bug", times=None))
    driver, view = await run_until(w, "try_again", Script())
    assert shown(view) == ("try_again", "interrupted.fetching_connector")
    assert view.prompt.error is not None
    assert view.prompt.error.key == "temporary"
    w.simulator.faults.remove(fault)
    await assert_completed(w, await driver.run(view))


@pytest.mark.parametrize("code", ["websiteUnavailable", "bug", "internalServerError"])
async def test_after_a_failed_write_it_is_found_out_what_happened(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    fault = Fault("error", "POST", "/users/me/connections", code=code, acts=True)
    w.simulator.add_fault(fault)
    driver, end = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[SUBMIT] == 1


@pytest.mark.parametrize("code", ["websiteUnavailable", "bug"])
async def test_a_code_whose_posting_failed_is_asked_for_again(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code=code))
    after = await driver.step(view)
    assert shown(after) == SETTLING
    again = await driver.wait(after)
    assert shown(again) == SMS
    assert w.simulator.calls[UPDATE] == 1
    await assert_completed(w, await driver.run(again))


async def test_a_code_whose_answer_was_lost_is_asked_for_again_once_it_can_no_longer_be_at_work(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    w.simulator.add_fault(Fault("drop_before", "POST", "/users/me/connections/*"))
    asked_at = w.clock.now()
    settling = await driver.step(view)
    assert shown(settling) == SETTLING
    again = await driver.until(SMS[1], view=settling)
    assert (w.clock.now() - asked_at).total_seconds() >= 300
    assert w.simulator.calls[UPDATE] == 1
    await assert_completed(w, await driver.run(again))


async def test_a_resumption_that_failed_is_asked_for_again(open_world: OpenWorld) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code="bug"))
    driver, end = await run(w, Script(login="decoupled-2"))
    assert driver.prompts == [CHOOSE, FILL_IN, DEVICE, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 2


@pytest.mark.parametrize("code", ["tooManySync", "tooManyRequests"])
async def test_a_read_waits_as_long_as_the_limit_asks(open_world: OpenWorld, code: str) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "GET", "/connectors/40", code=code, retry_after=17))
    driver, view = await run_until(w, "working", Script())
    asked_at = w.clock.now()
    view = await driver.wait(view)
    assert shown(view) == FILL_IN
    assert (w.clock.now() - asked_at).total_seconds() == 17
    await assert_completed(w, await driver.run(view))


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("tooManySync", "rate_limited"),
        ("tooManyRequests", "rate_limited"),
        ("bankMessage", "bank.message"),
    ],
)
async def test_values_refused_for_now_can_be_given_again(
    open_world: OpenWorld, code: str, key: str
) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login=f"error-{code}-once"))
    assert driver.prompts == [CHOOSE, FILL_IN, AGAIN, FILL_IN, ACCOUNTS, DONE]
    assert errors(driver)[0] == key
    await assert_completed(w, end)


async def test_a_message_of_the_bank_is_shown(open_world: OpenWorld) -> None:
    w = await open_world()
    _, view = await run_until(w, "try_again", Script(login="error-bankMessage"))
    assert shown(view) == AGAIN
    assert view.prompt.error is not None
    assert view.prompt.error.message == "Votre espace client est en cours de migration."


async def test_a_locked_connection_is_polled_until_its_sync_ends(open_world: OpenWorld) -> None:
    w = await open_world()
    script = Script("150", login="1:locked-9", further=1)
    driver, end = await run(w, script)
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, FILL_IN, LOCKED, FILL_IN, ACCOUNTS, DONE]
    assert errors(driver) == ["connection.locked", "values.ask_again"]
    await assert_completed(
        w, end, sources=("directaccess", "fallback"), active=("Compte joint", "Livret Horizon")
    )


async def test_a_forced_sync_waits_for_the_one_that_runs(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, ACTION[0], Script(login="action-needed"))
    (connection,) = w.simulator.connections
    w.simulator.lock(connection.id, 5)
    after = await driver.step(view)
    assert after.prompt.kind == "working"
    await assert_completed(w, await driver.run(after))


async def test_not_supported_fails_when_no_source_is_left(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="error-notSupported"))
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert shown(end) == FAILED
    assert errors(driver) == ["unsupported"]
    await assert_nothing_left(w)


async def test_not_supported_leaves_a_further_source_out(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script("150", login="2:error-notSupported", further=1))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end, active=("Compte joint",))


async def test_no_account_is_an_empty_list(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script(login="no-accounts"))
    assert view.prompt.content["accounts"] == []
    await assert_completed(w, await driver.run(view), active=())


async def test_an_up_to_date_connection_needs_no_page(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "open_url", Script(login="webauth"))
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, None)
    after = await driver.owner.send(view.attempt_id, {"type": "try_again"})
    assert [one.status for one in w.simulator.received if one.route == WEBAUTH[1]] == [200, 409]
    assert shown(after) == ACCOUNTS
    await assert_completed(w, await driver.run(after))


REJECTED = ["invalidValue", "missingParameter", "methodNotAllowed", "config", "dataError"]


@pytest.mark.parametrize("code", [*REJECTED, "solarEclipse"])
async def test_what_asking_again_cannot_mend_fails_with_the_description_for_the_log(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login=f"error-{code}"))
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert w.simulator.calls[SUBMIT] == 1
    assert end.prompt.error is not None
    assert (end.prompt.error.key, end.prompt.error.code) == ("rejected", code)
    assert end.prompt.error.description == "The bank's answer to these values"
    assert "description" not in json.dumps(end.prompt.to_json()["error"])
    await assert_nothing_left(w)


@pytest.mark.parametrize("code", ["forbidden", "unauthorized"])
async def test_a_token_that_may_not_fails(open_world: OpenWorld, code: str) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login=f"error-{code}"))
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert end.prompt.error is not None
    assert (end.prompt.error.key, end.prompt.error.code) == ("unauthorised", code)
    assert w.simulator.calls[DELETE_USER] == 1
    await assert_nothing_left(w)


async def test_a_connection_deleted_meanwhile_fails_as_such(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    (connection,) = w.simulator.connections
    w.simulator.delete_connection(connection.id)
    end = await driver.step(view)
    assert shown(end) == FAILED
    assert end.prompt.error is not None
    assert end.prompt.error.key == "gone"
    await assert_nothing_left(w)


# --- the code decides, not the status -------------------------------------------------------------


@pytest.mark.parametrize("code", ["websiteUnavailable", "bug", "tooManySync"])
async def test_a_read_is_retried_for_its_code_whatever_the_status(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("status", "GET", "/connectors/40", status=400, code=code))
    _, end = await run(w, Script())
    await assert_completed(w, end)
    assert w.simulator.calls["GET", "/connectors/{connector}"] == 2


@pytest.mark.parametrize("code", REJECTED)
async def test_our_own_fault_fails_for_its_code_whatever_the_status(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("status", "POST", "/users/me/connections", status=500, code=code))
    driver, end = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert errors(driver) == ["rejected"]
    assert shown(end) == FAILED


async def test_forbidden_fails_for_its_code_whatever_the_status(open_world: OpenWorld) -> None:
    w = await open_world()
    fault = Fault("status", "POST", "/users/me/connections", status=400, code="forbidden")
    w.simulator.add_fault(fault)
    driver, _ = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert errors(driver) == ["unauthorised"]


@pytest.mark.parametrize("status", [401, 403])
async def test_an_unknown_code_is_told_by_its_status(open_world: OpenWorld, status: int) -> None:
    w = await open_world()
    fault = Fault("status", "POST", "/users/me/connections", status=status, code="solarEclipse")
    w.simulator.add_fault(fault)
    driver, _ = await run(w, Script())
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    assert errors(driver) == ["unauthorised"]
