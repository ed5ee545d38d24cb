"""What each event changes of the attempt, and what of it is refused."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.attempt import (
    Account,
    AskedField,
    Attempt,
    Consent,
    Problem,
    Reading,
    SourceFate,
    Subscription,
)
from powens_flow.decisions.accepting import accept, facts_of
from powens_flow.policy import CHAIN, OFFER, RESTRICT, Policy
from tests.decisions.made import NOW, attempt, seconds, with_fates

PROBLEM = Problem("values.refused", code="wrongpass")
FOUND = attempt(
    accounts=(Account(1), Account(2)), subscriptions=(Subscription(9),), problem=PROBLEM
)


def after(event: e.Event, made: Attempt | None = None) -> Attempt:
    return accept(made or attempt(), event, seconds(10))


def refusal(event: e.Event, made: Attempt | None = None) -> dict[str, str]:
    with pytest.raises(e.InvalidEvent) as refused:
        after(event, made)
    return refused.value.fields


# --- every event --------------------------------------------------------------------------------

WAITED = {"deadline_at": seconds(900), "deadline_of": "x", "polls": 4}
TIRED = attempt(
    **WAITED, tries=3, trying_since=NOW, reading=Reading("decoupled", repeats=2), url="sealed"
)


@pytest.mark.parametrize("event", [e.Acted(), e.TryAgain(), e.Cancel(), e.SubmitValues({})])
def test_something_new_of_the_user_is_a_new_reason_to_wait(event: e.Event) -> None:
    made = after(event, TIRED)
    assert (made.deadline_at, made.deadline_of, made.polls) == (None, None, 0)
    assert (made.tries, made.trying_since) == (0, None)
    assert made.reading == Reading("decoupled", repeats=0)


@pytest.mark.parametrize("event", [e.Approved(), e.Woken()])
def test_i_did_it_and_a_webhook_move_no_deadline(event: e.Event) -> None:
    made = after(event, TIRED)
    assert (made.deadline_at, made.deadline_of, made.polls) == (seconds(900), "x", 4)
    assert made.reading.repeats == 0


def test_what_was_read_stays_but_for_its_repetitions() -> None:
    reading = Reading("wrongpass", "Try again", ("login",), NOW, NOW, repeats=2)
    assert after(e.TryAgain(), attempt(reading=reading)).reading == evolve(reading, repeats=0)


# --- connectors and sources ---------------------------------------------------------------------


def test_a_connector_is_noted_as_it_was_named() -> None:
    made = after(e.ChooseConnector("uuid-41"), attempt(problem=PROBLEM))
    assert (made.connector_ref, made.problem) == ("uuid-41", None)


def test_a_source_is_wanted_and_those_before_it_are_passed_over() -> None:
    made = after(e.ChooseSource("fallback"), attempt(problem=PROBLEM))
    assert made.wanted_source == "fallback"
    assert made.sources == (
        SourceFate("directaccess", "passed_over"),
        SourceFate("openapi", "passed_over"),
    )
    assert made.problem is None


@pytest.mark.parametrize("name", ["nowhere", "directaccess"])
def test_only_a_remaining_source_can_be_chosen(name: str) -> None:
    made = with_fates(attempt(), directaccess="added")
    assert refusal(e.ChooseSource(name), made) == {"source": "one of: openapi, fallback"}


def test_another_connector_begins_anew() -> None:
    made = attempt(
        connector_ref="40",
        source="openapi",
        sources=(SourceFate("directaccess", "passed_over"),),
        asked=(AskedField("login"),),
        asked_for="values",
        answered=("login",),
        plain_values={"login": "x"},
        reading=Reading("bug"),
        problem=PROBLEM,
    )
    assert after(e.ChooseAnotherConnector(), made) == attempt(connector=None)


@pytest.mark.parametrize(
    "stuck", [attempt(id_connection=5), attempt(policy=Policy(connectors=("40",)))]
)
def test_the_connector_stands_once_something_was_made_or_it_was_given(stuck: Attempt) -> None:
    assert refusal(e.ChooseAnotherConnector(), stuck) == {}


# --- values -------------------------------------------------------------------------------------


def test_sealed_values_stay_out_of_the_attempt() -> None:
    event = e.SubmitValues({"login": "sealed-login", "password": "sealed-password"})
    made = attempt(source="directaccess", asked_for="values", problem=PROBLEM)
    assert after(event, made) == evolve(made, problem=None)


def test_plain_values_of_webauth_wait_for_the_address() -> None:
    made = attempt(source="openapi", asked_for="values")
    assert after(e.SubmitValues({"branch": "75"}), made).plain_values == {"branch": "75"}


@pytest.mark.parametrize("asked_for", ["information", "correction", "new_password", None])
def test_what_a_connection_asks_for_is_sealed_whatever_the_mechanism(asked_for: str | None) -> None:
    made = attempt(source="openapi", asked_for=asked_for)
    assert after(e.SubmitValues({"code": "sealed"}), made).plain_values == {}


def test_plain_values_show_in_no_repr() -> None:
    event = e.SubmitValues({"branch": "S3cr3t"})
    made = after(event, attempt(source="openapi", asked_for="values"))
    assert "S3cr3t" not in repr(event) + repr(made) + repr(facts_of(event))


# --- back from the bank -------------------------------------------------------------------------


def returned(**parameters: str) -> e.Returned:
    return e.Returned(parameters)


OUT = attempt(url="sealed", url_state="pf.mine", callback_connection=None)


@pytest.mark.parametrize(
    ("parameters", "connection"),
    [
        ({"id_connection": "12"}, 12),
        ({"connection_id": "12"}, 12),
        ({"id_connection": "12", "connection_id": "13"}, 12),
        ({}, None),
        ({"id_connection": ""}, None),
        ({"id_connection": "0x12"}, None),
        ({"id_connection": "-1"}, None),
        ({"id_connection": "1.5"}, None),
        ({"id_connection": "١٢"}, None),
        ({"id_connection": "²"}, None),
        ({"id_connection": "9" * 19}, None),
        ({"id_connection": "9" * 5000}, None),
    ],
)
def test_what_a_callback_names_is_noted_if_it_can_be_an_id(
    parameters: dict[str, str], connection: int | None
) -> None:
    made = after(returned(**parameters), OUT)
    assert (made.came_back, made.callback_connection, made.problem) == (True, connection, None)
    assert made.id_connection is None


@pytest.mark.parametrize("state", ["pf.mine", "null", "SCARequired", "", "whatever"])
def test_our_state_and_the_connections_are_both_taken(state: str) -> None:
    assert after(returned(id_connection="12", state=state), OUT).came_back


@pytest.mark.parametrize("made", [OUT, evolve(OUT, url_state=None)])
def test_a_callback_of_another_attempt_or_used_before_is_refused(made: Attempt) -> None:
    wrong = refusal(returned(id_connection="12", state="pf.theirs"), made)
    assert wrong == {"state": "the state that this attempt's address carried"}


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("access_denied", "webauth.refused"),
        ("server_error", "webauth.failed"),
        ("x", "webauth.failed"),
    ],
)
def test_an_error_of_the_page_is_a_problem_with_its_code(error: str, key: str) -> None:
    made = after(returned(error=error, error_description="S3cr3t"), OUT)
    assert made.problem == Problem(key, code=error)
    assert "S3cr3t" not in repr(made)


def test_an_endless_error_of_the_page_is_cut() -> None:
    problem = after(returned(error="e" * 10_000), OUT).problem
    assert problem is not None
    assert problem.code == "e" * 100


# --- going on, later, or without ----------------------------------------------------------------


def test_trying_again_waits_no_longer_for_a_lost_answer() -> None:
    assert after(e.TryAgain(), attempt(id_connection=1, unsure_since=NOW)).unsure_since is None


def test_trying_again_waits_no_longer_for_a_sync_that_kept_values_from_being_taken() -> None:
    kept = attempt(id_connection=12, problem=Problem("connection.locked"))
    assert after(e.TryAgain(), kept).problem == Problem("values.ask_again")
    other = attempt(id_connection=12, problem=Problem("temporary"))
    assert after(e.TryAgain(), other).problem == Problem("temporary")


def test_a_connection_that_may_still_come_is_not_forgotten_by_trying_again() -> None:
    assert after(e.TryAgain(), attempt(unsure_since=NOW)).unsure_since == NOW


def test_finishing_later_puts_the_source_off_in_its_state() -> None:
    made = attempt(source="directaccess", reading=Reading("bug"))
    assert after(e.FinishLater(), made).sources == (SourceFate("directaccess", "put_off", "bug"),)


def test_a_further_source_can_be_given_up() -> None:
    made = with_fates(attempt(source="openapi", problem=PROBLEM), directaccess="added")
    skipped = after(e.SkipSource(), made)
    assert skipped.sources[-1] == SourceFate("openapi", "given_up")
    assert skipped.problem is None


def test_the_first_source_cannot_be_given_up() -> None:
    assert refusal(e.SkipSource(), attempt(source="directaccess")) == {}


def test_a_source_named_by_its_absence_has_a_fate_too() -> None:
    made = attempt(source="", reading=Reading("bug"))
    assert after(e.FinishLater(), made).sources == (SourceFate("", "put_off", "bug"),)


# --- consent ------------------------------------------------------------------------------------


def test_consent_says_what_when_and_under_which_wording() -> None:
    made = evolve(FOUND, policy=Policy(consent_wording="consent.v2"))
    chosen = after(e.ChooseAccounts((2, 1, 2), (9,)), made)
    assert chosen.consent == Consent(seconds(10), (2, 1), (9,), "consent.v2")
    assert chosen.problem is None


def test_approving_none_is_an_answer_too() -> None:
    assert after(e.ChooseAccounts(), FOUND).consent == Consent(
        seconds(10), (), (), "consent.default"
    )


def test_only_what_was_found_can_be_approved() -> None:
    assert refusal(e.ChooseAccounts((1, 3), (8,)), FOUND) == {
        "accounts": "ids of this list: 1, 2",
        "subscriptions": "ids of this list: 9",
    }
    assert refusal(e.ChooseAccounts((1,)), attempt()) == {
        "accounts": "ids of this list: it is empty"
    }


def test_the_policy_may_want_at_least_one() -> None:
    made = evolve(FOUND, policy=Policy(at_least_one=True))
    assert set(refusal(e.ChooseAccounts(), made)) == {"accounts"}
    assert after(e.ChooseAccounts((), (9,)), made).consent is not None
    assert after(e.ChooseAccounts((1,)), made).consent is not None


# --- a further source on offer ------------------------------------------------------------------


def test_the_next_source_on_offer_is_added_in_order() -> None:
    made = with_fates(
        attempt(policy=Policy(sources=OFFER), wanted_source="x"), directaccess="added"
    )
    assert after(e.AddSource(), made).wanted_source is None
    named = after(e.AddSource("fallback"), made)
    assert named.wanted_source == "fallback"
    assert named.sources[-1] == SourceFate("openapi", "passed_over")


def test_a_source_that_is_not_on_offer_cannot_be_added() -> None:
    made = with_fates(attempt(policy=Policy(sources=OFFER)), directaccess="added")
    assert refusal(e.AddSource("directaccess"), made) == {"source": "one of: openapi, fallback"}


@pytest.mark.parametrize("option", [RESTRICT, CHAIN])
def test_the_other_options_offer_none(option: str) -> None:
    made = with_fates(attempt(policy=Policy(sources=option)), directaccess="added")
    with pytest.raises(e.InvalidEvent, match="the policy offers none"):
        after(e.AddSource(), made)


# --- what the journal keeps ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        (e.ChooseConnector("40"), {"connector": "40"}),
        (e.ChooseSource("openapi"), {"source": "openapi"}),
        (e.SubmitValues({"b": "S3cr3t", "a": "S3cr3t"}), {"fields": ["a", "b"]}),
        (returned(state="S3cr3t", id_connection="1"), {"parameters": ["id_connection", "state"]}),
        (
            returned(error="access_denied", state="S3cr3t"),
            {"parameters": ["error", "state"], "bank_page_refused": "access_denied"},
        ),
        (e.ChooseAccounts((1,), ()), {"accounts": [1]}),
        (e.AddSource(), {}),
        (e.AddSource("openapi"), {"source": "openapi"}),
        (e.Cancel(), {}),
    ],
)
def test_the_journal_keeps_ids_and_names_and_no_value(
    event: e.Event, facts: dict[str, Any]
) -> None:
    assert facts_of(event) == facts


def test_of_an_endless_callback_the_journal_keeps_little() -> None:
    facts = facts_of(e.Returned({f"{n:04}" + "p" * 1000: "x" for n in range(100)}))
    assert len(facts["parameters"]) == 20
    assert {len(name) for name in facts["parameters"]} == {100}
    assert facts_of(returned(error="e" * 10_000))["bank_page_refused"] == "e" * 100
