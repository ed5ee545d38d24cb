"""Each row of the protocol page's "What each `state` asks for", over HTTP, to the end."""

import pytest

from powens_flow import events as e
from powens_flow.testing import Script
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    FAILED,
    FILL_IN,
    SUBMIT,
    UPDATE,
    WEBAUTH,
    OpenWorld,
    assert_completed,
    assert_kept,
    assert_nothing_left,
    errors,
    run,
    run_until,
    shown,
)

SMS = ("fill_in_fields", "state.additionalInformationNeeded")
DEVICE = ("approve_on_device", "state.decoupled")
VALIDATING = ("wait", "state.validating")
WRONGPASS = ("fill_in_fields", "state.wrongpass")
EXPIRED = ("fill_in_fields", "state.passwordExpired")
ACTION = ("act_at_bank", "state.actionNeeded")
TEMPORARY = ("wait", "state.temporary")
PAGE = ("open_url", "webauth.open")
STUCK = ("try_again", "state.unknown")


async def test_null_goes_on_to_the_accounts(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="camille"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[SUBMIT] == 1
    assert w.simulator.calls[UPDATE] == 0


async def test_null_that_is_read_later_goes_on_to_the_accounts(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="validating-1"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_sca_required_forces_a_sync(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="sca"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 1
    (sync,) = [one for one in w.simulator.received if (one.method, one.route) == UPDATE]
    assert sync.keys == ()


async def test_webauth_required_opens_the_banks_page(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "open_url", Script(login="webauth"))
    assert shown(view) == PAGE
    assert view.prompt.connection_state == "webauthRequired"
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, PAGE, ACCOUNTS, DONE]
    await assert_completed(w, end)
    (asked,) = [one for one in w.simulator.received if (one.method, one.route) == WEBAUTH]
    assert "id_connection" in asked.query


async def test_additional_information_asks_for_the_connections_fields(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    assert shown(view) == SMS
    assert [one["name"] for one in view.prompt.content["fields"]] == ["code"]
    assert view.prompt.bank_message == "Saisissez le code reçu par SMS."
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, SMS, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_a_refused_code_is_asked_for_again(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="sms-wrong"))
    assert driver.prompts == [CHOOSE, FILL_IN, SMS, ACCOUNTS, DONE]
    assert errors(driver) == ["values.refused"]
    again = [one.view.prompt.error for one in driver.steps if one.view.prompt.error]
    assert again[0].message == "Code incorrect."
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 2


async def test_a_second_code_is_asked_for_after_the_first(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS[1], Script(login="sms-twice"))
    second = await driver.step(view)
    assert shown(second) == SMS
    assert second.prompt.error is None
    assert second.prompt.bank_message == "Saisissez le second code reçu par SMS."
    await assert_completed(w, await driver.run(second))


async def test_decoupled_is_resumed_and_polled(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, DEVICE[0], Script(login="decoupled-3"))
    assert shown(view) == DEVICE
    assert view.prompt.bank_message is not None
    assert "approved" in view.prompt.accepts
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, DEVICE, ACCOUNTS, DONE]
    await assert_completed(w, end)
    (resumed,) = [one for one in w.simulator.received if (one.method, one.route) == UPDATE]
    assert (resumed.keys, "background" in resumed.query) == (("resume",), True)


async def test_decoupled_ends_at_once_when_the_user_says_so(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, DEVICE[0], Script(login="decoupled-after-1"))
    w.clock.advance(1)
    view = await driver.owner.send(view.attempt_id, e.Approved())
    assert shown(view) == ACCOUNTS
    await assert_completed(w, await driver.run(view))


async def test_validating_is_polled(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="validating-3"))
    assert driver.prompts == [CHOOSE, FILL_IN, VALIDATING, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 0


async def test_wrongpass_asks_for_the_fields_again(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, WRONGPASS[1], Script(login="wrongpass-later"))
    assert shown(view) == WRONGPASS
    assert [one["name"] for one in view.prompt.content["fields"]] == ["login", "password"]
    assert view.prompt.bank_message == "Identifiant ou mot de passe incorrect."
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, WRONGPASS, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert (w.simulator.calls[SUBMIT], w.simulator.calls[UPDATE]) == (1, 1)


async def test_password_expired_asks_for_the_new_password_only(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, EXPIRED[1], Script(login="password-expired"))
    assert shown(view) == EXPIRED
    assert [one["name"] for one in view.prompt.content["fields"]] == ["password"]
    assert view.prompt.bank_message is not None
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, EXPIRED, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_action_needed_shows_the_banks_words_then_forces_a_sync(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, ACTION[0], Script(login="action-needed"))
    assert shown(view) == ACTION
    assert "conditions générales" in (view.prompt.bank_message or "")
    assert w.simulator.calls[UPDATE] == 0
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, ACTION, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 1


TEMPORARIES = {
    "rateLimiting": "rate-limiting",
    "websiteUnavailable": "unavailable",
    "bug": "bug",
}


@pytest.mark.parametrize("state", TEMPORARIES)
async def test_a_temporary_state_is_waited_out(open_world: OpenWorld, state: str) -> None:
    w = await open_world()
    login = f"{TEMPORARIES[state]}-30"
    driver, view = await run_until(w, TEMPORARY[1], Script(login=login))
    assert shown(view) == TEMPORARY
    assert view.prompt.connection_state == state
    assert "finish_later" in view.prompt.accepts
    end = await driver.run(view)
    assert driver.prompts == [CHOOSE, FILL_IN, TEMPORARY, ACCOUNTS, DONE]
    await assert_completed(w, end)
    assert w.simulator.calls[UPDATE] == 0


@pytest.mark.parametrize("state", TEMPORARIES)
async def test_a_temporary_state_can_be_left_to_powens(open_world: OpenWorld, state: str) -> None:
    w = await open_world()
    login = f"{TEMPORARIES[state]}-never"
    driver, view = await run_until(w, TEMPORARY[1], Script(login=login))
    end = await driver.owner.send(view.attempt_id, e.FinishLater())
    assert shown(end) == DONE
    assert end.result is not None
    (connection,) = w.simulator.connections
    assert (end.result.id_connection, end.result.pending) == (connection.id, state)
    assert (end.result.sources, end.result.accounts) == ((), ())
    await assert_kept(w, end.result.id_user)


async def test_not_supported_leaves_the_source_out(open_world: OpenWorld) -> None:
    w = await open_world()
    script = Script("150", login="2:not-supported", further=1)
    driver, end = await run(w, script)
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, FILL_IN, ACCOUNTS, DONE]
    assert end.result is not None
    assert end.result.sources == ("directaccess",)
    assert driver.steps[-2].view.prompt.content["offered"] == []
    (connection,) = w.simulator.connections
    assert connection.state is None  # what cannot be used troubles the others no more
    await assert_kept(w, end.result.id_user)


async def test_not_supported_as_the_only_source_fails_and_cleans_up(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script(login="not-supported"))
    assert shown(end) == FAILED
    assert driver.prompts == [CHOOSE, FILL_IN, FAILED]
    await assert_nothing_left(w)


async def test_an_unknown_state_says_so_and_keeps_what_exists(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, STUCK[1], Script(login="unknown-state"))
    assert shown(view) == STUCK
    assert view.prompt.connection_state == "solarEclipse"
    again = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(again) == STUCK
    end = await driver.run(again)
    assert driver.prompts == [CHOOSE, FILL_IN, STUCK, DONE]
    assert end.result is not None
    (connection,) = w.simulator.connections
    assert (end.result.id_connection, end.result.pending) == (connection.id, "solarEclipse")
    await assert_kept(w, end.result.id_user)
