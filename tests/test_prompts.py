"""What is shown: JSON-ready, of closed kinds, without secrets in any repr."""

import json
from typing import Any

import pytest
from attrs import evolve

from powens_flow import vocabulary as v
from powens_flow.attempt import (
    Account,
    AskedField,
    Attempt,
    Choice,
    Consent,
    Problem,
    Reading,
    Result,
    Subscription,
)
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, load_machines
from powens_flow.policy import CHAIN, Policy
from powens_flow.prompts import Prompt, prompt_of
from powens_flow.secret import Secret
from powens_flow.view import View
from tests.decisions.made import NOW, attempt, seconds, with_fates

MACHINES = load_machines(default_registry())
ADD = MACHINES["add_connection"]
CODE_URL = "https://bank.example/?code=S3cr3t"

RICH = attempt(
    source="directaccess",
    asked=(
        AskedField("login", label="Login", regex=r"\d+"),
        AskedField("language", "list", "Language", values=(Choice("Français", "fr"),)),
    ),
    asked_for="values",
    accounts=(Account(1, "Camille", "N-1", "FR76", "checking", "PRIV", 12.5, "EUR"),),
    subscriptions=(Subscription(9, "Contract", "S-1", "Camille", disabled=False),),
    reading=Reading("actionNeeded", "Sign the new terms", last_update=NOW, next_try=NOW),
    problem=Problem("values.refused", "Wrong, says the bank", "wrongpass", fields={"login": "k"}),
    consent=Consent(NOW, (1,), (9,)),
    url="sealed",
    url_state="pf.x",
    deadline_at=seconds(900),
    due_at=seconds(2),
)


def opened(sealed: str) -> Secret:
    assert sealed == "sealed"
    return Secret(CODE_URL)


def prompt(state: str, made: Attempt = RICH, definition: Definition = ADD) -> Prompt:
    return prompt_of(evolve(made, state=state), definition, opened)


def shown(state: str, made: Attempt = RICH, definition: Definition = ADD) -> dict[str, Any]:
    """The prompt as it arrives at a browser."""
    whole: dict[str, Any] = json.loads(json.dumps(prompt(state, made, definition).to_json()))
    return whole


# --- all of them --------------------------------------------------------------------------------

EVERY_STATE = [(machine, state) for machine in MACHINES for state in MACHINES[machine].states]


@pytest.mark.parametrize(("machine", "state"), EVERY_STATE)
def test_the_prompt_of_every_state_is_json_of_a_known_kind(machine: str, state: str) -> None:
    definition = MACHINES[machine]
    for made in (RICH, attempt(connector=None, user=None)):
        whole = shown(state, made, definition)
        assert whole["kind"] in v.PROMPT_KINDS
        assert whole["message_key"]
        assert set(whole["accepts"]) <= set(v.EVENT_TRIGGERS)
        assert None not in whole.values()


@pytest.mark.parametrize(("machine", "state"), EVERY_STATE)
def test_no_prompt_shows_a_secret_or_a_holders_data_in_its_repr(machine: str, state: str) -> None:
    made = prompt(state, RICH, MACHINES[machine])
    view = View("a-1", machine, state, made)
    for hidden in ("S3cr3t", "Camille", "FR76", "N-1", "S-1", "pf.x", "sealed-"):
        assert hidden not in f"{made}{made!r}{view}{view!r}"


def test_every_kind_is_the_prompt_of_some_state() -> None:
    kinds = {shown(state, RICH, MACHINES[machine])["kind"] for machine, state in EVERY_STATE}
    assert kinds == set(v.PROMPT_KINDS)


def test_a_waiting_prompt_says_until_when_and_always_takes_a_cancellation() -> None:
    for machine, state in EVERY_STATE:
        if MACHINES[machine].state(state).kind == "waiting":
            whole = shown(state, RICH, MACHINES[machine])
            assert whole["until"] == "2026-01-05T09:15:00+00:00"
            assert "cancel" in whole["accepts"]


# --- one by one ---------------------------------------------------------------------------------


def test_choose_connector() -> None:
    bare = attempt(connector=None, deadline_at=seconds(900))
    assert shown("choosing_connector", bare) == {
        "kind": "choose_connector",
        "message_key": "connector.choose",
        "accepts": ["choose_connector", "cancel"],
        "until": "2026-01-05T09:15:00+00:00",
    }


def test_choose_source() -> None:
    whole = shown("source.choosing_source", with_fates(RICH, directaccess="added"))
    assert whole["kind"] == "choose_source"
    assert whole["sources"] == [
        {"name": "openapi", "mechanism": "webauth", "account_types": ["checking", "savings"]},
        {"name": "fallback", "mechanism": "credentials", "account_types": ["market"]},
    ]


def test_fill_in_fields_with_the_error_of_the_last_try() -> None:
    whole = shown("source.filling_in")
    assert (whole["kind"], whole["message_key"]) == ("fill_in_fields", "values.needed")
    assert whole["sealed"] is True
    assert whole["fields"] == [
        {
            "name": "login",
            "type": "text",
            "label": "Login",
            "required": True,
            "regex": r"\d+",
            "error": "k",
        },
        {
            "name": "language",
            "type": "list",
            "label": "Language",
            "required": True,
            "values": [{"label": "Français", "value": "fr"}],
        },
    ]
    assert whole["error"] == {
        "key": "values.refused",
        "message": "Wrong, says the bank",
        "code": "wrongpass",
        "fields": {"login": "k"},
    }
    assert (whole["connector"], whole["source"]) == ("Banque", "directaccess")


def test_the_values_of_webauth_fields_are_not_sealed() -> None:
    webauth = evolve(RICH, source="openapi")
    assert shown("source.filling_in", webauth)["sealed"] is False
    asked_later = evolve(webauth, asked_for="information")
    assert shown("source.state.asking_information", asked_later)["sealed"] is True


def test_open_url() -> None:
    whole = shown("source.state.at_bank")
    assert (whole["kind"], whole["url"]) == ("open_url", CODE_URL)
    assert "bank_message" not in whole


def test_an_address_that_is_no_longer_there_is_left_out() -> None:
    assert "url" not in shown("source.state.at_bank", evolve(RICH, url=None))


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("source.state.approving", "approve_on_device"),
        ("source.state.validating", "wait"),
        ("source.state.waiting_out", "wait"),
        ("ending.cleaning_up_later", "working"),
    ],
)
def test_what_is_waited_for_says_when_it_is_looked_at_next(state: str, kind: str) -> None:
    whole = shown(state)
    assert (whole["kind"], whole["next_look"]) == (kind, "2026-01-05T09:00:02+00:00")


def test_act_at_bank_shows_the_banks_words() -> None:
    whole = shown("source.state.acting_at_bank", evolve(RICH, url=None))
    assert whole["kind"] == "act_at_bank"
    assert whole["bank_message"] == "Sign the new terms"
    assert whole["connection_state"] == "actionNeeded"
    assert {"acted", "finish_later"} <= set(whole["accepts"])


def test_choose_accounts_with_the_sources_still_on_offer() -> None:
    whole = shown("choosing_accounts", with_fates(RICH, directaccess="added"))
    assert whole["accounts"] == [
        {
            "id": 1,
            "name": "Camille",
            "number": "N-1",
            "iban": "FR76",
            "type": "checking",
            "usage": "PRIV",
            "balance": 12.5,
            "currency": "EUR",
            "active": False,
        }
    ]
    assert whole["subscriptions"] == [
        {
            "id": 9,
            "label": "Contract",
            "number": "S-1",
            "subscriber": "Camille",
            "active": True,
        }
    ]
    assert [one["name"] for one in whole["offered"]] == ["openapi", "fallback"]
    assert whole["at_least_one"] is False
    assert whole["consent_wording"] == "consent.default"
    assert "add_source" in whole["accepts"]
    assert "bank_message" not in whole


def test_a_policy_that_offers_nothing_takes_no_further_source() -> None:
    chain = with_fates(evolve(RICH, policy=Policy(sources=CHAIN)), directaccess="added")
    whole = shown("choosing_accounts", chain)
    assert whole["offered"] == []
    assert "add_source" not in whole["accepts"]


def test_what_is_interrupted_can_be_tried_again() -> None:
    whole = shown("listing_accounts.interrupted")
    assert (whole["kind"], whole["message_key"]) == ("try_again", "interrupted.listing_accounts")
    assert "try_again" in whole["accepts"]


def test_while_a_call_is_under_way_only_a_cancellation_fits() -> None:
    whole = shown("listing_accounts")
    assert (whole["kind"], whole["message_key"]) == ("working", "working")
    assert whole["accepts"] == ["cancel"]
    assert "until" not in whole


@pytest.mark.parametrize(
    ("state", "kind", "key"),
    [
        ("completed", "done", "ended.completed"),
        ("failed", "failed", "ended.failed"),
        ("cancelled", "failed", "ended.cancelled"),
        ("expired", "failed", "ended.expired"),
    ],
)
def test_an_end_takes_nothing_more(state: str, kind: str, key: str) -> None:
    whole = shown(state)
    assert (whole["kind"], whole["message_key"], whole["accepts"]) == (kind, key, [])


def test_what_would_be_refused_is_not_offered() -> None:
    first = shown("source.filling_in")
    assert "skip_source" not in first["accepts"]
    assert "choose_another_connector" in first["accepts"]
    further = with_fates(evolve(RICH, id_connection=12, source="openapi"), directaccess="added")
    accepts = shown("source.filling_in", further)["accepts"]
    assert "skip_source" in accepts
    assert "choose_another_connector" not in accepts
    given = evolve(RICH, policy=Policy(connectors=("40",)))
    assert "choose_another_connector" not in shown("source.filling_in", given)["accepts"]


def test_another_versions_attempt_can_be_cancelled() -> None:
    whole = shown("vanished")
    assert (whole["kind"], whole["message_key"]) == ("try_again", "attempt.outdated")
    assert whole["accepts"] == ["cancel"]


def test_a_technical_description_is_never_shown() -> None:
    problem = Problem("temporary", description="stack trace", request_id="r-1")
    text = json.dumps(shown("source.filling_in", evolve(RICH, problem=problem)))
    assert "stack trace" not in text


def test_the_view_of_an_end_has_its_result_as_json() -> None:
    result = Result(7, 12, ("directaccess",), (1,), (9,), Consent(NOW, (1,), (9,)), seconds(60))
    whole = json.loads(
        json.dumps(
            View("a-1", "add_connection", "completed", prompt("completed"), result, 4).to_json()
        )
    )
    assert whole["result"]["id_user"] == 7
    assert whole["result"]["consent"]["at"] == "2026-01-05T09:00:00+00:00"
    assert whole["result"]["access_expire"] == "2026-01-05T09:01:00+00:00"
    assert (whole["attempt_id"], whole["version"]) == ("a-1", 4)
    assert View("a-1", "m", "failed", prompt("failed")).to_json()["result"] is None
