"""Further sources: what goes wrong with one leaves the earlier ones as they are."""

from pathlib import Path

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.errors import EventRefused
from powens_flow.simulator import Settings
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    FAILED,
    FILL_IN,
    SUBMIT,
    UPDATE,
    OpenWorld,
    assert_completed,
    errors,
    policy,
    run,
    run_until,
    shown,
)

BANKS = Path(__file__).parents[1] / "banks.toml"
SMS = ("fill_in_fields", "state.additionalInformationNeeded")
PAGE = ("open_url", "webauth.open")
BOTH = ("directaccess", "fallback")
BOTH_ACTIVE = ("Compte joint", "Livret Horizon")


@pytest.mark.parametrize("sources", ["offer", "chain"])
async def test_wrong_credentials_on_a_further_source_show_its_form_again(
    open_world: OpenWorld, sources: str
) -> None:
    w = await open_world(policy=policy(sources=sources))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login="2:wrongpass-once"))
    view = await driver.step(view)
    if sources == "offer":
        view = await driver.owner.send(view.attempt_id, e.AddSource())
    assert shown(view) == FILL_IN
    again = await driver.step(view)
    assert shown(again) == FILL_IN
    assert again.prompt.source == "fallback"
    assert [one["name"] for one in again.prompt.content["fields"]] == ["savings_password"]
    assert again.prompt.error is not None
    assert again.prompt.error.key == "values.refused"
    end = await driver.run(again)
    await assert_completed(w, end, sources=BOTH, active=BOTH_ACTIVE)
    assert (w.simulator.calls[SUBMIT], w.simulator.calls[UPDATE]) == (1, 2)


@pytest.mark.parametrize(
    ("login", "key", "fields"),
    [
        ("2:wrongpass-later", "state.wrongpass", ["login", "savings_password"]),
        ("2:password-expired", "state.passwordExpired", ["savings_password"]),
    ],
)
@pytest.mark.parametrize("others", ["additionalInformationNeeded", "wrongpass"])
async def test_a_further_source_asks_for_its_own_fields_whatever_an_earlier_one_asks(
    open_world: OpenWorld, login: str, key: str, fields: list[str], others: str
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login=login))
    view = await driver.step(view)
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, others, source="directaccess")
    view = await driver.step(view)
    assert (*shown(view), view.prompt.source) == ("fill_in_fields", key, "fallback")
    assert [one["name"] for one in view.prompt.content["fields"]] == fields
    assert shown(await driver.run(view)) == DONE


@pytest.mark.parametrize("code", ["invalidValue", "dataError", "solarEclipse"])
async def test_what_powens_refuses_of_a_further_source_loses_no_earlier_one(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login=f"2:error-{code}-once"))
    view = await driver.step(await driver.step(view))
    assert shown(view) == ("try_again", "interrupted.submitting")
    assert view.prompt.error is not None
    assert (view.prompt.error.key, view.prompt.error.code) == ("rejected", code)
    form = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert (shown(form), form.prompt.source) == (FILL_IN, "fallback")
    end = await driver.run(form)
    await assert_completed(w, end, sources=BOTH, active=BOTH_ACTIVE)


async def test_a_further_source_that_powens_refuses_can_be_given_up(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    script = Script("150", login="2:sms", answers={"try_again": e.SkipSource()})
    driver, view = await run_until(w, "state.additionalInformationNeeded", script)
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code="config"))
    end = await driver.run(view)
    assert ("try_again", "interrupted.answering") in driver.prompts
    await assert_completed(w, end, active=("Compte joint",))


async def test_a_further_source_that_was_not_made_can_be_given_up(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login="2:wrongpass"))
    assert "skip_source" not in view.prompt.accepts
    second = await driver.step(view)
    assert "skip_source" in second.prompt.accepts
    again = await driver.step(second)
    after = await driver.owner.send(again.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    assert after.prompt.error is None
    await assert_completed(w, await driver.run(after), active=("Compte joint",))


async def test_a_half_made_further_source_is_set_aside_when_given_up(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, SMS[1], Script("150", login="2:sms"))
    (connection,) = w.simulator.connections
    assert [one.disabled for one in connection.sources] == [None, None]
    after = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    assert [one.disabled is None for one in connection.sources] == [True, False]
    await assert_completed(w, await driver.run(after), active=("Compte joint",))


async def test_a_source_that_cannot_be_set_aside_does_not_hinder_the_others(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, SMS[1], Script("150", login="2:sms"))
    w.simulator.add_fault(
        Fault("error", "POST", "/users/me/connections/*/sources/*", code="config")
    )
    after = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    end = await driver.run(after)
    assert end.result is not None
    assert end.result.sources == ("directaccess",)


async def test_a_page_that_the_user_leaves_can_be_given_up(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "open_url", Script("59"))
    after = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    end = await driver.run(after)
    await assert_completed(w, end, active=("Livret Développement durable", "Compte titres"))


async def test_a_page_that_the_user_refuses_can_be_given_up(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    script = Script("59", bank="refuse", answers={"webauth.refused": e.SkipSource()})
    driver, end = await run(w, script)
    refused = ("try_again", "webauth.refused")
    assert driver.prompts == [CHOOSE, FILL_IN, PAGE, refused, ACCOUNTS, DONE]
    await assert_completed(w, end, active=("Livret Développement durable", "Compte titres"))


async def test_giving_up_one_of_three_goes_on_to_the_accounts(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("63", values={"password": "123456"}))
    after = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    await assert_completed(
        w, await driver.run(after), sources=("openapi",), active=("Compte de dépôt",)
    )


async def test_the_first_source_cannot_be_given_up(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script("150"))
    with pytest.raises(EventRefused):
        await driver.owner.send(view.attempt_id, e.SkipSource())
    assert (await driver.owner.get(view.attempt_id)).version == view.version


async def test_a_source_that_was_given_up_is_offered_no_more(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="offer"))
    driver, view = await run_until(w, "choose_accounts", Script("150"))
    view = await driver.owner.send(view.attempt_id, e.AddSource())
    view = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(view) == ACCOUNTS
    assert view.prompt.content["offered"] == []
    await assert_completed(w, await driver.run(view), active=("Compte joint",))


async def test_a_connector_cannot_be_changed_once_a_source_was_added(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150"))
    second = await driver.step(view)
    assert "choose_another_connector" not in second.prompt.accepts
    with pytest.raises(EventRefused):
        await driver.owner.send(second.attempt_id, e.ChooseAnotherConnector())


async def test_the_state_of_an_earlier_source_does_not_decide_on_the_next(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150"))
    second = await driver.step(view)
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "wrongpass", source="directaccess")
    after = await driver.step(second)
    assert shown(after) == ACCOUNTS
    end = await driver.run(after)
    assert end.result is not None
    assert (end.result.sources, end.result.pending) == (BOTH, "wrongpass")
    rows = await w.engine.history(end.attempt_id)
    assert {"directaccess": "wrongpass"} in [row.facts.get("others") for row in rows]


async def test_a_source_that_was_put_off_and_is_synced_since_is_not_pending(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="offer"))
    later = {"state.temporary": e.FinishLater()}
    script = Script("63", values={"password": "123456"}, logins={"directaccess": "bug-60"})
    script = evolve(script, answers=later, further=1)
    driver, view = await run_until(w, "state.temporary", script)
    view = await driver.until("choose_accounts", view=view)
    w.clock.advance(60)
    view = await driver.owner.send(view.attempt_id, e.AddSource())
    end = await driver.run(view)
    assert end.result is not None
    assert (end.result.sources, end.result.pending) == (("openapi", "fallback"), None)


async def test_an_earlier_source_is_reported_also_when_the_next_is_given_up(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150", login="2:sms"))
    second = await driver.step(view)
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "passwordExpired", source="directaccess")
    code = await driver.step(second)
    after = await driver.owner.send(code.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    end = await driver.run(after)
    assert end.result is not None
    assert (end.result.sources, end.result.pending) == (("directaccess",), "passwordExpired")


async def test_a_lost_answer_to_a_further_source_is_found_out(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150"))
    second = await driver.step(view)
    w.simulator.add_fault(Fault("drop_after", "POST", "/users/me/connections/*"))
    after = await driver.step(second)
    assert shown(after) == ACCOUNTS
    assert errors(driver) == []
    await assert_completed(w, await driver.run(after), sources=BOTH, active=BOTH_ACTIVE)
    assert w.simulator.calls[UPDATE] == 1


async def test_a_further_source_can_be_put_off(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    later = {"state.temporary": e.FinishLater()}
    driver, end = await run(w, Script("150", login="2:unavailable-never", answers=later))
    assert driver.prompts == [CHOOSE, FILL_IN, ("wait", "state.temporary"), ACCOUNTS, DONE]
    assert end.result is not None
    assert end.result.sources == ("directaccess",)
    assert end.result.pending == "websiteUnavailable"


@pytest.mark.parametrize(
    ("connector", "login", "key"),
    [
        ("150", "2:not-supported", "unsupported"),
        ("150", "2:error-notSupported", "unsupported"),
        ("512", "camille", "source.unsupported_mechanism"),
    ],
)
async def test_a_further_source_that_cannot_be_used_is_said_to_be_left_out(
    open_world: OpenWorld, connector: str, login: str, key: str
) -> None:
    files = (*Settings().connector_files, BANKS)
    w = await open_world(settings=Settings(connector_files=files))
    driver, view = await run_until(w, "choose_accounts", Script(connector, login=login))
    assert view.prompt.error is None
    view = await driver.owner.send(view.attempt_id, e.AddSource())
    view = await driver.until("choose_accounts", view=view)
    assert view.prompt.content["offered"] == []
    assert view.prompt.error is not None
    assert view.prompt.error.key == key
    end = await driver.run(view)
    assert end.result is not None
    assert end.result.sources == ("directaccess",)
    assert end.prompt.error is None


@pytest.mark.parametrize("login", ["not-supported", "error-notSupported"])
async def test_that_the_only_source_cannot_be_used_is_why_it_failed(
    open_world: OpenWorld, login: str
) -> None:
    w = await open_world()
    _, end = await run(w, Script(login=login))
    assert shown(end) == FAILED
    assert end.prompt.error is not None
    assert end.prompt.error.key == "unsupported"
