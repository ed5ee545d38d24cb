"""The guards that our machines name."""

import pytest
from attrs import evolve

from powens_flow.attempt import (
    Account,
    AskedField,
    Attempt,
    Consent,
    Reading,
    SourceFate,
    Subscription,
    User,
)
from powens_flow.decisions.guards import PATIENT_STATES, TEMPORARY_STATES, guards, state_of
from powens_flow.outcomes import Outcome
from powens_flow.policy import CHAIN, Policy
from tests.decisions.made import NOW, attempt, connector, with_fates


def asks(guard: str, made: Attempt | None = None, outcome: Outcome | None = None) -> bool:
    return guards.guards[guard](made or attempt(), outcome)


def needs(state: str | None, **facts: object) -> Outcome:
    return Outcome("interaction_needed", facts={"state": state, **facts})


STATE_GUARDS = {
    "SCARequired": "is_sca_required",
    "webauthRequired": "is_webauth_required",
    "additionalInformationNeeded": "is_additional_information_needed",
    "decoupled": "is_decoupled",
    "validating": "is_validating",
    "wrongpass": "is_wrongpass",
    "passwordExpired": "is_password_expired",
    "actionNeeded": "is_action_needed",
    "rateLimiting": "is_temporary",
    "websiteUnavailable": "is_temporary",
    "bug": "is_temporary",
    "notSupported": "is_not_supported",
}


@pytest.mark.parametrize(("state", "guard"), STATE_GUARDS.items())
def test_each_state_has_its_guard_and_no_other(state: str, guard: str) -> None:
    for spelling in (state, state.lower(), state.upper()):
        true = {one for one in set(STATE_GUARDS.values()) if asks(one, None, needs(spelling))}
        assert true == {guard}


@pytest.mark.parametrize("outcome", [None, needs(None), needs("brandNew"), Outcome("done")])
def test_another_state_has_none(outcome: Outcome | None) -> None:
    assert not [one for one in STATE_GUARDS.values() if asks(one, None, outcome)]


def test_the_state_of_an_outcome_is_for_comparing() -> None:
    assert state_of(needs("wrongPass")) == "wrongpass"
    assert state_of(needs(None)) == state_of(Outcome("done")) == state_of(None) == ""


@pytest.mark.parametrize(
    "fact",
    ["may_still_change", "source_was_lost", "bank_page_refused", "still_at_bank", "nothing_came"],
)
def test_a_fact_is_what_the_handler_found_out(fact: str) -> None:
    assert asks(fact, None, Outcome("gone", facts={fact: True}))
    assert not asks(fact, None, Outcome("gone", facts={fact: False}))
    assert not asks(fact, None, Outcome("gone"))
    assert not asks(fact)


# --- loops without progress ---------------------------------------------------------------------

SEEN = attempt(reading=Reading("wrongpass", repeats=3))


def test_the_same_again_and_again_is_no_progress() -> None:
    assert asks("makes_no_progress", SEEN, needs("wrongpass"))
    fewer = evolve(SEEN, reading=Reading("wrongpass", repeats=2))
    assert not asks("makes_no_progress", fewer, needs("wrongpass"))


def test_the_policy_says_how_often() -> None:
    patient = evolve(SEEN, policy=Policy(no_progress_limit=4))
    assert not asks("makes_no_progress", patient, needs("wrongpass"))


@pytest.mark.parametrize("state", ["decoupled", "validating", "bug", "rateLimiting"])
def test_a_state_that_is_waited_for_is_no_loop(state: str) -> None:
    assert not asks("makes_no_progress", SEEN, needs(state))
    assert set(TEMPORARY_STATES) < set(PATIENT_STATES)


def test_somebody_at_the_bank_is_no_loop() -> None:
    assert not asks("makes_no_progress", SEEN, needs("webauthRequired", still_at_bank=True))
    assert asks("makes_no_progress", SEEN, needs("webauthRequired", still_at_bank=False))


# --- of the attempt -----------------------------------------------------------------------------

CONSENT = Consent(NOW, (1,), ())
OF_THE_ATTEMPT: dict[str, tuple[Attempt, Attempt]] = {
    "connector_is_given": (
        attempt(policy=Policy(connectors=("40",))),
        attempt(policy=Policy(connectors=("40", "41"))),
    ),
    "must_choose_source": (
        attempt(policy=Policy(choose_source=True)),
        attempt(policy=Policy(choose_source=True), wanted_source="openapi"),
    ),
    "asks_fields": (attempt(asked=(AskedField("login"),)), attempt()),
    "is_webauth": (attempt(source="openapi"), attempt(source="directaccess")),
    "source_still_wanted": (
        with_fates(attempt(policy=Policy(sources=CHAIN)), directaccess="added"),
        with_fates(attempt(), directaccess="added"),
    ),
    "has_added_a_source": (
        with_fates(attempt(), directaccess="added"),
        with_fates(attempt(), directaccess="unusable"),
    ),
    "source_was_made": (attempt(source_id=3), attempt()),
    "was_resumed": (attempt(resumed=True), attempt()),
    "asked_information": (attempt(asked_for="information"), attempt(asked_for="correction")),
    "asked_new_password": (attempt(asked_for="new_password"), attempt(asked_for="information")),
    "accounts_were_approved": (
        attempt(consent=CONSENT),
        attempt(consent=Consent(NOW, (), (9,))),
    ),
    "subscriptions_were_approved": (
        attempt(consent=Consent(NOW, (), (9,))),
        attempt(consent=CONSENT),
    ),
    "user_is_kept": (attempt(user=User(7, "sealed", kept=True)), attempt()),
    "was_cancelled": (attempt(ending="cancelled"), attempt(ending="expired")),
    "has_expired": (attempt(ending="expired"), attempt(ending="failed")),
    "offers_new_accounts": (attempt(), attempt(policy=Policy(offer_new_accounts=False))),
    "has_new_accounts": (attempt(subscriptions=(Subscription(1),)), attempt()),
    "is_refresh": (attempt(refresh=True), attempt()),
}


@pytest.mark.parametrize("guard", OF_THE_ATTEMPT)
def test_a_guard_of_the_attempt(guard: str) -> None:
    yes, no = OF_THE_ATTEMPT[guard]
    assert asks(guard, yes) is True
    assert asks(guard, no) is False


@pytest.mark.parametrize("guard", sorted(guards.guards))
def test_every_guard_answers_yes_or_no_of_an_empty_attempt(guard: str) -> None:
    bare = Attempt("a", "o", "m", "s", NOW, NOW)
    assert isinstance(asks(guard, bare), bool)
    assert isinstance(asks(guard, bare, Outcome("done")), bool)


def test_the_only_source_is_not_asked_for() -> None:
    choosing = attempt(policy=Policy(choose_source=True))
    assert not asks("must_choose_source", evolve(choosing, connector=connector(sources=())))
    left = with_fates(choosing, directaccess="added", openapi="added")
    assert not asks("must_choose_source", left)


def test_disabled_accounts_are_new_too() -> None:
    assert asks("has_new_accounts", attempt(accounts=(Account(1),)))


def test_a_source_without_a_name_counts_as_added() -> None:
    assert asks("has_added_a_source", attempt(sources=(SourceFate("", "added"),)))
