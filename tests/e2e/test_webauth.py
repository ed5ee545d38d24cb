"""The bank's page: how it redirects back, what proves nothing, what belongs to somebody else."""

from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from powens_flow import events as e
from powens_flow.errors import EventRefused
from powens_flow.simulator import Settings, at_the_bank
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    FILL_IN,
    LIST,
    WEBAUTH,
    OpenWorld,
    assert_completed,
    policy,
    run,
    run_until,
    shown,
)

PAGE = ("open_url", "webauth.open")
REFUSED = ("try_again", "webauth.refused")
SMS = ("fill_in_fields", "state.additionalInformationNeeded")
PUENTE = "160"
ACTIVE = ("Cuenta corriente",)


async def _visit(view: View, login: str = "camille", decision: str = "approve") -> dict[str, str]:
    """A visit to the page: the parameters of the address that the bank redirects to."""
    async with aiohttp.ClientSession() as session:
        back = await at_the_bank(
            session,
            view.prompt.content["url"],
            decision=decision,  # type: ignore[arg-type]  # one of the literals
            login=login,
        )
    return dict(parse_qsl(urlsplit(back).query, keep_blank_values=True))


async def _at_the_page(w: World, **options: object) -> tuple[Driver, View]:
    return await run_until(w, "open_url", Script(PUENTE), **options)


@pytest.mark.parametrize("webauth_state", ["echoed", "connection_state", "absent"])
@pytest.mark.parametrize("webauth_id_key", ["id_connection", "connection_id"])
async def test_every_style_of_redirect_is_understood(
    open_world: OpenWorld, webauth_state: str, webauth_id_key: str
) -> None:
    settings = Settings(webauth_state=webauth_state, webauth_id_key=webauth_id_key)  # type: ignore[arg-type]  # one of the literals
    w = await open_world(settings=settings)
    driver, end = await run(w, Script(PUENTE))
    assert driver.prompts == [CHOOSE, PAGE, ACCOUNTS, DONE]
    await assert_completed(w, end, sources=("openapi",), active=ACTIVE)


async def test_the_address_carries_the_source_and_an_opaque_state(open_world: OpenWorld) -> None:
    w = await open_world()
    await _at_the_page(w)
    (asked,) = [one for one in w.simulator.received if one.route == WEBAUTH[1]]
    assert asked.query == ("client_id", "id_connector", "redirect_uri", "source", "state")


async def test_a_field_of_the_page_is_asked_first_and_travels_plain(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script("71"))
    assert driver.prompts == [CHOOSE, FILL_IN, PAGE, ACCOUNTS, DONE]
    (asked,) = [one for one in w.simulator.received if one.route == WEBAUTH[1]]
    assert "website" in asked.query
    assert end.state == "completed"


async def test_the_consent_of_the_page_says_when_access_expires(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script(PUENTE))
    (connection,) = w.simulator.connections
    assert end.result is not None
    assert end.result.access_expire == connection.sources[0].access_expire


async def test_access_expires_as_said_also_when_a_code_was_asked_after_the_page(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, end = await run(w, Script(PUENTE, login="sms"))
    assert driver.prompts == [CHOOSE, PAGE, SMS, ACCOUNTS, DONE]
    connection = await assert_completed(w, end, sources=("openapi",), active=ACTIVE)
    assert end.result is not None
    assert end.result.access_expire == connection.sources[0].access_expire


@pytest.mark.parametrize(
    ("decision", "key", "code"),
    [("refuse", "webauth.refused", "access_denied"), ("fail", "webauth.failed", "server_error")],
)
async def test_a_page_that_was_refused_or_failed_offers_to_try_again(
    open_world: OpenWorld, decision: str, key: str, code: str
) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    back = await _visit(view, decision=decision)
    after = await driver.owner.send(view.attempt_id, e.Returned(back))
    assert shown(after) == REFUSED
    assert after.prompt.error is not None
    assert (after.prompt.error.key, after.prompt.error.code) == (key, code)
    assert w.simulator.connections == []
    again = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(again) == PAGE
    assert again.prompt.content["url"] != view.prompt.content["url"]
    await assert_completed(w, await driver.run(again), sources=("openapi",), active=ACTIVE)


async def test_a_redirect_that_was_lost_loses_nothing(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    await _visit(view)
    after = await driver.wait(view)
    assert shown(after) == ACCOUNTS
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


async def test_a_new_address_can_be_asked_for(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    w.clock.advance(601)  # the link has expired
    again = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(again) == PAGE
    await assert_completed(w, await driver.run(again), sources=("openapi",), active=ACTIVE)


@pytest.mark.parametrize("back", [{"error": "server_error"}, {"error": "x", "id_connection": "1"}])
async def test_what_was_approved_before_the_page_failed_is_not_made_again(
    open_world: OpenWorld, back: dict[str, str]
) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    await _visit(view)
    failed = await driver.owner.send(view.attempt_id, e.Returned(back))
    assert shown(failed) == REFUSED
    after = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(after) == ACCOUNTS
    assert after.prompt.error is None
    assert w.simulator.calls[WEBAUTH] == 1
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


@pytest.mark.parametrize("login", ["camille", "sms"])
async def test_what_was_approved_before_another_address_was_asked_for_is_not_made_again(
    open_world: OpenWorld, login: str
) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    await _visit(view, login=login)
    after = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert shown(after) == (SMS if login == "sms" else ACCOUNTS)
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


async def test_coming_back_with_nothing_made_says_so(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    after = await driver.owner.send(view.attempt_id, e.Returned({}))
    assert shown(after) == REFUSED
    assert after.prompt.error is not None
    assert after.prompt.error.key == "webauth.nothing_came"
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


async def test_an_id_that_is_no_number_is_not_taken_for_one(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    await _visit(view)
    back = {"id_connection": "1 or 1=1"}
    after = await driver.owner.send(view.attempt_id, e.Returned(back))
    assert shown(after) == ACCOUNTS
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


async def test_a_foreign_connection_id_changes_nothing_and_says_so(open_world: OpenWorld) -> None:
    w = await open_world()
    _, theirs = await run(w, Script(PUENTE), owner="owner-2")
    assert theirs.result is not None
    driver, view = await _at_the_page(w)
    back = {"id_connection": str(theirs.result.id_connection)}
    after = await driver.owner.send(view.attempt_id, e.Returned(back))
    assert shown(after) == PAGE
    assert after.prompt.error is not None
    assert after.prompt.error.key == "webauth.foreign_connection"
    end = await driver.run(after)
    assert end.result is not None
    assert end.result.id_connection != theirs.result.id_connection


async def test_a_connection_that_this_user_may_not_read_ends_no_attempt(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    w.simulator.add_fault(Fault("error", "GET", "/users/me/connections/1", code="forbidden"))
    after = await driver.owner.send(view.attempt_id, e.Returned({"id_connection": "1"}))
    assert shown(after) == PAGE
    assert after.prompt.error is not None
    assert after.prompt.error.key == "webauth.foreign_connection"
    await assert_page_still_opens(driver, after)


async def test_a_connection_of_another_connector_is_not_taken_for_ours(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    assert first.result is not None
    driver, view = await _at_the_page(w)
    back = {"id_connection": str(first.result.id_connection)}
    after = await driver.owner.send(view.attempt_id, e.Returned(back))
    assert shown(after) == PAGE
    assert after.prompt.error is not None
    assert after.prompt.error.key == "webauth.foreign_connection"


async def test_another_attempts_callback_is_refused(open_world: OpenWorld) -> None:
    w = await open_world()
    _, other = await _at_the_page(w, owner="owner-2")
    theirs = await _visit(other)
    driver, view = await _at_the_page(w)
    with pytest.raises(EventRefused) as refused:
        await driver.owner.send(view.attempt_id, e.Returned(theirs))
    assert set(refused.value.fields) == {"state"}
    assert (await driver.owner.get(view.attempt_id)).version == view.version
    await assert_page_still_opens(driver, view)


async def assert_page_still_opens(driver: Driver, view: View) -> None:
    """The address that was shown is still good."""
    assert shown(await driver.owner.get(view.attempt_id)) == PAGE
    after = await driver.owner.send(view.attempt_id, e.Returned(await _visit(view)))
    assert shown(after) == ACCOUNTS


async def test_a_callback_is_taken_once(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    refused = await _visit(view, decision="refuse")
    await driver.owner.send(view.attempt_id, e.Returned(refused))
    again = await driver.owner.send(view.attempt_id, e.TryAgain())
    with pytest.raises(EventRefused):
        await driver.owner.send(view.attempt_id, e.Returned(refused))
    await assert_page_still_opens(driver, again)


async def test_the_connection_is_read_with_the_users_own_token_before_anything_is_believed(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    back = await _visit(view, login="sms")
    after = await driver.owner.send(view.attempt_id, e.Returned(back | {"state": "null"}))
    assert shown(after) == SMS
    await assert_completed(w, await driver.run(after), sources=("openapi",), active=ACTIVE)


async def test_polls_at_the_page_are_gentle(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await _at_the_page(w)
    for _ in range(180):
        w.clock.advance(1)
        await w.engine.tick()
    after = await driver.owner.get(view.attempt_id)
    assert shown(after) == PAGE
    assert after.prompt.until == view.prompt.until
    assert after.prompt.content == view.prompt.content
    assert 2 < w.simulator.calls[LIST] < 6


async def test_a_further_source_through_the_page_keeps_the_connection(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, end = await run(w, Script("59", logins={"openapi": "sms"}))
    assert driver.prompts == [CHOOSE, FILL_IN, PAGE, SMS, ACCOUNTS, DONE]
    await assert_completed(
        w,
        end,
        sources=("directaccess", "openapi"),
        active=(
            "Livret Développement durable",
            "Compte titres",
            "Compte courant",
            "Carte Premier",
        ),
    )


async def test_a_page_that_powens_says_a_further_source_needs_not_is_asked_for_once(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    needs_none = Fault("status", "GET", "/webauth-url", status=409, code="invalidValue", times=None)
    w.simulator.add_fault(needs_none)
    driver, view = await run_until(w, "webauth.refused", Script("59"))
    assert w.simulator.calls[WEBAUTH] == 1
    assert view.prompt.error is not None
    assert view.prompt.error.key == "webauth.nothing_came"
    after = await driver.owner.send(view.attempt_id, e.SkipSource())
    assert shown(after) == ACCOUNTS
    await assert_completed(
        w, await driver.run(after), active=("Livret Développement durable", "Compte titres")
    )


async def test_without_an_address_to_return_to_the_attempt_fails_as_such(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(redirect_uri=None))
    _, end = await run(w, Script(PUENTE))
    assert shown(end) == ("failed", "ended.failed")
    assert end.prompt.error is not None
    assert end.prompt.error.key == "policy.no_redirect_uri"


async def test_the_address_in_the_banks_words_is_shown_and_kept_nowhere(
    open_world: OpenWorld,
) -> None:
    w = await open_world(settings=Settings(webauth_url_in_message=True))
    driver, view = await run_until(w, "open_url", Script("40", login="webauth"))
    codes = list(w.simulator.flows)
    assert len(codes) == 2
    (ours,) = [code for code in codes if code in view.prompt.content["url"]]
    assert view.prompt.bank_message is None
    kept = f"{await w.store.load(view.attempt_id)!r}{await w.engine.history(view.attempt_id)!r}"
    for code in codes:
        assert code == ours or code not in repr(view.to_json())
        assert code not in kept
    await assert_completed(w, await driver.run(view))


@pytest.mark.parametrize(
    "settings", [Settings(dates="zoned"), Settings(dates="naive"), Settings(creation_status=200)]
)
async def test_what_the_sources_of_the_protocol_disagree_about_is_all_accepted(
    open_world: OpenWorld, settings: Settings
) -> None:
    w = await open_world(settings=settings, policy=policy(sources="chain"))
    _, end = await run(w, Script("59"))
    (connection,) = w.simulator.connections
    assert end.result is not None
    assert end.result.access_expire == connection.sources[1].access_expire
    assert end.result.sources == ("directaccess", "openapi")
