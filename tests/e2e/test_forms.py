"""Which fields a form asks for, when a source's form was not all that was asked, or was refused."""

from pathlib import Path

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.simulator import Settings
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from powens_flow.view import View
from tests.e2e.story import (
    UPDATE,
    OpenWorld,
    assert_completed,
    policy,
    run,
    run_until,
    shown,
)

SETTLING = ("wait", "wait.settling")
SMS = "state.additionalInformationNeeded"
CHAIN = policy(sources="chain")

BANKS = Path(__file__).parents[1] / "banks.toml"
"""510: a page and then a form share fields; 511: two forms do."""


def names(view: View) -> list[str]:
    """The fields of the form that is shown."""
    return [one["name"] for one in view.prompt.content["fields"]]


async def test_what_a_form_asked_for_is_answered_whatever_the_bank_asked_since(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=CHAIN)
    for login in ("1:sms", "1:wrongpass-later", "1:sms+decoupled-1"):
        driver, view = await run_until(w, "values.needed", Script("150", login=login), owner=login)
        assert names(view) == ["login", "password"]
        second = await driver.until("values.needed", view=await driver.step(view))
        assert (second.prompt.source, names(second)) == ("fallback", ["savings_password"])
        await driver.owner.send(second.attempt_id, e.Cancel())


async def test_a_field_that_the_banks_page_could_not_ask_for_is_asked_of_the_next_source(
    open_world: OpenWorld,
) -> None:
    w = await open_world(settings=Settings(connector_files=(BANKS,)), policy=CHAIN)
    driver, page = await run_until(w, "values.needed", Script("510"))
    assert (names(page), page.prompt.content["sealed"]) == (["website"], False)
    form = await driver.until("values.needed", view=await driver.step(page))
    assert (form.prompt.source, names(form)) == ("directaccess", ["login", "password"])
    await assert_completed(
        w, await driver.run(form), sources=("openapi", "directaccess"), active=("A", "B")
    )


@pytest.mark.parametrize(
    ("code", "key"), [("wrongpass", "values.refused"), ("passwordExpired", "state.passwordExpired")]
)
async def test_values_that_a_further_source_shares_can_be_given_anew_when_refused(
    open_world: OpenWorld, code: str, key: str
) -> None:
    w = await open_world(settings=Settings(connector_files=(BANKS,)), policy=CHAIN)
    script = Script("511", login=f"2:error-{code}-once")
    driver, view = await run_until(w, "values.needed", script)
    again = await driver.step(view)
    assert (again.prompt.source, names(again)) == ("fallback", ["login", "password"])
    assert again.prompt.error is not None
    assert again.prompt.error.key == key
    await assert_completed(
        w, await driver.run(again), sources=("directaccess", "fallback"), active=("A", "B")
    )


UNASKED = {"sca": "SCARequired", "decoupled-1": "decoupled"}
"""Logins after which Powens is asked to go on without any value, and the state that they bring."""


@pytest.mark.parametrize("login", UNASKED)
async def test_credentials_refused_unasked_are_asked_for_and_not_the_last_code(
    open_world: OpenWorld, login: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS, Script("40", login=f"sms+{login}"))
    refused = Fault("error", "POST", "/users/me/connections/*", code="wrongpass", message="Faux.")
    w.simulator.add_fault(evolve(refused, after=1))
    form = await driver.step(view)
    assert shown(form) == ("fill_in_fields", "state.wrongpass")
    assert names(form) == ["login", "password"]
    assert (form.prompt.connection_state, form.prompt.bank_message) == ("wrongpass", None)
    assert form.prompt.error is not None
    assert (form.prompt.error.key, form.prompt.error.message) == ("values.refused", "Faux.")
    await assert_completed(w, await driver.run(form))


@pytest.mark.parametrize("login", UNASKED)
async def test_credentials_of_a_connection_that_are_refused_unasked_are_asked_for(
    open_world: OpenWorld, login: str
) -> None:
    w = await open_world()
    _, first = await run(w, Script("40"))
    assert first.result is not None
    assert first.result.id_connection is not None
    w.simulator.set_state(first.result.id_connection, UNASKED[login])
    w.simulator.add_fault(Fault("error", "POST", "/users/me/connections/*", code="wrongpass"))
    driver = w.driver(Script("40"))
    form = await driver.owner.reconnect(first.result.id_connection)
    assert shown(form) == ("fill_in_fields", "state.wrongpass")
    assert names(form) == ["login", "password"]
    assert shown(await driver.run(form)) == ("done", "ended.repaired")


@pytest.mark.parametrize("login", UNASKED)
async def test_what_is_refused_unasked_of_a_page_is_mended_on_the_page(
    open_world: OpenWorld, login: str
) -> None:
    w = await open_world()
    refused = Fault("error", "POST", "/users/me/connections/*", code="wrongpass")
    w.simulator.add_fault(refused)
    driver, view = await run_until(w, "webauth.refused", Script("71", login=login))
    assert view.prompt.error is not None
    assert view.prompt.error.key == "values.refused"
    (connection,) = w.simulator.connections
    w.simulator.set_state(connection.id, "wrongpass")
    page = await driver.owner.send(view.attempt_id, e.TryAgain())
    assert page.prompt.kind == "open_url"
    end = await driver.run(page)
    assert end.state == "completed"
    assert len(w.simulator.connections) == 1


# --- the same form again ------------------------------------------------------------------------


async def test_a_code_that_a_running_sync_kept_from_being_taken_is_asked_for_when_it_ends(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS, Script(login="sms"))
    (connection,) = w.simulator.connections
    w.simulator.lock(connection.id, 20)
    waiting = await driver.step(view)
    while shown(waiting) == SETTLING:
        assert waiting.prompt.error is not None
        assert waiting.prompt.error.key == "connection.locked"
        waiting = await driver.wait(waiting)
    assert shown(waiting) == ("fill_in_fields", SMS)
    assert waiting.prompt.error is not None
    assert waiting.prompt.error.key == "values.ask_again"
    assert w.simulator.calls[UPDATE] == 1
    await assert_completed(w, await driver.run(waiting))
    assert w.simulator.calls[UPDATE] == 2


async def test_the_user_need_not_wait_for_that_sync(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS, Script(login="sms"))
    (connection,) = w.simulator.connections
    w.simulator.lock(connection.id, 3)
    waiting = await driver.step(view)
    w.clock.advance(3)
    again = await driver.owner.send(waiting.attempt_id, e.TryAgain())
    assert shown(again) == ("fill_in_fields", SMS)
    assert again.prompt.error is not None
    assert again.prompt.error.key == "values.ask_again"
    await assert_completed(w, await driver.run(again))


async def test_a_code_whose_answer_was_lost_says_so_until_it_is_asked_for_again(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, SMS, Script(login="sms-twice"))
    w.simulator.add_fault(Fault("drop_before", "POST", "/users/me/connections/*"))
    view = await driver.step(view)
    told = []
    while shown(view) == SETTLING:
        told.append(view.prompt.error)
        view = await driver.wait(view)
    assert {one.key for one in [*told, view.prompt.error] if one} == {"outcome_unknown"}
    assert None not in told
    assert shown(view) == ("fill_in_fields", SMS)
    assert view.prompt.error is not None
    second = await driver.step(view)
    assert (shown(second), second.prompt.error) == (("fill_in_fields", SMS), None)
    await assert_completed(w, await driver.run(second))
