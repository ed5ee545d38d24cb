"""One transition: the row it leaves, what an end keeps, and why it ended."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow.attempt import (
    Account,
    AskedField,
    Attempt,
    CallRecord,
    Consent,
    Problem,
    Reading,
    Result,
    SourceFate,
    Subscription,
    User,
)
from powens_flow.decisions import fates
from powens_flow.decisions.moving import absorb, move
from powens_flow.handlers import default_registry
from powens_flow.machine import NotAccepted, load_machines
from powens_flow.outcomes import Outcome
from tests.decisions.made import NOW, attempt, seconds

MACHINE = load_machines(default_registry())["add_connection"]
PROBLEM = Problem("values.refused")
FIRST = Problem("connector.no_source")


def moved(made: Attempt, trigger: str, **more: Any) -> Attempt:
    return move(made, MACHINE, trigger, seconds(30), cause="test", **more)[0]


# --- the row ------------------------------------------------------------------------------------


def test_a_transition_leaves_its_row() -> None:
    before = attempt(state="opening_user", seq=4, entered_at=seconds(10), machine_hash="old")
    calls = (CallRecord("init_user", 200),)
    after, row = move(
        before,
        MACHINE,
        "done",
        seconds(30),
        cause="open_user",
        outcome=Outcome("done"),
        calls=calls,
        facts={"x": 1},
    )
    assert (row.attempt_id, row.seq, row.at, row.cause) == ("a-1", 5, seconds(30), "open_user")
    assert (row.trigger, row.source, row.dest) == ("done", "opening_user", "choosing_connector")
    assert row.duration == 20.0
    assert row.guards == {"connector_is_given": False}
    assert (row.calls, row.facts) == (calls, {"x": 1})
    assert row.machine_hash == after.machine_hash == MACHINE.hash
    assert (after.state, after.seq, after.entered_at) == (row.dest, 5, seconds(30))
    assert MACHINE.replay(row.source, row.trigger, row.guards).to == row.dest


def test_a_clock_that_went_back_makes_no_negative_duration() -> None:
    _, row = move(
        attempt(state="opening_user", entered_at=seconds(60)), MACHINE, "done", NOW, cause="test"
    )
    assert row.duration == 0.0


def test_what_is_not_taken_moves_nothing() -> None:
    with pytest.raises(NotAccepted):
        moved(attempt(), "approved")


def test_only_a_retry_counts_the_tries_on() -> None:
    tried = attempt(state="opening_user", tries=2, trying_since=NOW, due_at=seconds(5))
    again = moved(tried, "retry")
    assert (again.tries, again.trying_since, again.due_at) == (2, NOW, None)
    onward = moved(tried, "done")
    assert (onward.tries, onward.trying_since) == (0, None)


# --- what an outcome changes --------------------------------------------------------------------


def test_an_outcome_changes_what_it_says_and_the_problem() -> None:
    after = absorb(attempt(problem=PROBLEM), Outcome("done", {"source": "openapi"}))
    assert (after.source, after.problem) == ("openapi", None)
    assert absorb(attempt(), Outcome("gone", problem=PROBLEM)).problem == PROBLEM


def test_while_it_ends_what_went_wrong_first_stands() -> None:
    ending = attempt(ending="failed", problem=FIRST)
    assert absorb(ending, Outcome("temporary", problem=PROBLEM)).problem == FIRST
    assert absorb(evolve(ending, problem=None), Outcome("gone", problem=PROBLEM)).problem == PROBLEM


def test_what_is_unsupported_leaves_the_source_out() -> None:
    after = absorb(attempt(source="openapi", wanted_source="openapi"), Outcome("unsupported"))
    assert after.sources == (SourceFate("openapi", "unusable"),)
    assert after.wanted_source is None


def test_the_planned_source_is_the_one_that_is_left_out() -> None:
    after = absorb(attempt(), Outcome("unsupported", {"source": "fallback"}))
    assert after.sources == (SourceFate("fallback", "unusable"),)
    assert absorb(attempt(), Outcome("unsupported")).sources == ()


# --- fates --------------------------------------------------------------------------------------


def test_an_added_source_leaves_nothing_behind_and_is_not_asked_again() -> None:
    before = attempt(
        source="openapi",
        asked=(AskedField("login"), AskedField("branch")),
        asked_for="values",
        answered=("login",),
        plain_values={"branch": "75"},
        url="sealed",
        url_state="pf.x",
    )
    after = evolve(before, **fates.added(before, seconds(60)))
    assert after.sources == (SourceFate("openapi", "added", access_expire=seconds(60)),)
    assert after.answered == ("login", "branch")
    assert (after.plain_values, after.url, after.url_state) == ({}, None, None)


def test_answers_to_a_connections_questions_are_asked_again_and_the_forms_are_not() -> None:
    before = attempt(source="openapi", asked=(AskedField("code"),), asked_for="information")
    assert fates.added(before)["answered"] == ("login", "branch")


def test_a_source_that_was_there_before_was_not_asked_for_anything() -> None:
    before = attempt(source="openapi", present_sources=("openapi",))
    assert fates.added(before)["answered"] == ()


def test_a_fate_stands_once_it_was_said() -> None:
    before = attempt(source="openapi", sources=(SourceFate("openapi", "given_up"),))
    assert fates.fate(before, "added") == {}
    assert fates.fate(attempt(source=None), "added") == {}


# --- ends ---------------------------------------------------------------------------------------

FULL = attempt(
    state="keeping_token",
    user=User(7, "sealed", permanent=True, made_here=True, kept=True),
    id_connection=12,
    connection_made_here=True,
    source="openapi",
    sources=(
        SourceFate("directaccess", "added", access_expire=seconds(500)),
        SourceFate("openapi", "added", access_expire=seconds(400)),
        SourceFate("fallback", "put_off", "bug"),
    ),
    accounts=(
        Account(1, "Holder", "N-1", "FR76", "checking", "PRIV", 12.5, "EUR"),
        Account(2, "Holder", "N-2", "FR77", "card", "PRIV", 0.5, "EUR", disabled=False),
    ),
    subscriptions=(Subscription(9, "Contract", "S-1", "Holder"),),
    consent=Consent(NOW, (1,), (9,), "consent.v2"),
    asked=(AskedField("login"),),
    asked_for="values",
    plain_values={"login": "Holder"},
    reading=Reading("bug", "Dear Holder", ("login",), NOW, NOW, 1),
    url="sealed-url",
    url_state="pf.x",
    deadline_at=seconds(900),
    deadline_of="x",
)


def test_a_completed_attempt_has_its_result() -> None:
    assert moved(FULL, "done").result == Result(
        id_user=7,
        id_connection=12,
        sources=("directaccess", "openapi"),
        accounts=(1,),
        subscriptions=(9,),
        consent=FULL.consent,
        access_expire=seconds(400),
        pending="bug",
    )


def test_an_end_keeps_no_holders_data_no_token_and_no_address() -> None:
    for state, trigger in (("keeping_token", "done"), ("ending.cleaning_up", "done")):
        after = moved(evolve(FULL, state=state), trigger)
        text = f"{after!r}{after.accounts[0].name}{after.plain_values}{after.url}{after.user}"
        text += "".join(f"{a.number}{a.iban}{a.balance}{a.name}" for a in after.accounts)
        text += "".join(f"{s.label}{s.number}{s.subscriber}" for s in after.subscriptions)
        text += f"{after.reading.error_message}"
        for gone in ("Holder", "N-1", "FR76", "12.5", "S-1", "Contract", "sealed"):
            assert gone not in text
        assert [one.id for one in after.accounts] == [1, 2]
        assert [one.disabled for one in after.accounts] == [True, False]
        assert (after.asked, after.asked_for, after.url_state) == ((), None, None)
        assert (after.deadline_at, after.deadline_of, after.due_at) == (None, None, None)


def test_a_completed_attempt_may_have_neither_consent_nor_expiry() -> None:
    bare = evolve(FULL, consent=None, sources=(SourceFate("", "added"),), id_connection=None)
    assert moved(bare, "done").result == Result(id_user=7, id_connection=None)


@pytest.mark.parametrize(
    ("trigger", "ending"),
    [("cancel", "cancelled"), ("expire", "expired"), ("unauthorised", "failed")],
)
def test_why_it_ends_is_said_by_what_led_there(trigger: str, ending: str) -> None:
    state = "listing_accounts" if trigger == "unauthorised" else "choosing_accounts"
    cleaning = moved(evolve(FULL, state=state), trigger)
    assert (cleaning.state, cleaning.ending) == ("ending.cleaning_up", ending)
    over = moved(absorb(cleaning, Outcome("done", {"cleanup": "user"})), "done")
    assert (over.state, over.ending, over.cleanup) == (ending, ending, "user")
    assert over.result is None


def test_the_first_reason_to_end_stands() -> None:
    later = attempt(state="ending.cleaning_up_later", ending="expired")
    assert moved(later, "poll").ending == "expired"
    over = moved(later, "cancel")
    assert (over.state, over.ending, over.cleanup) == ("expired", "expired", "incomplete")


def test_a_completed_attempt_says_nothing_of_clean_up() -> None:
    assert moved(FULL, "done").cleanup is None


# --- another version's attempt ------------------------------------------------------------------


@pytest.mark.parametrize(("trigger", "ending"), [("cancel", "cancelled"), ("expire", "expired")])
def test_a_state_that_fits_nowhere_can_still_be_ended(trigger: str, ending: str) -> None:
    after, row = move(attempt(state="vanished"), MACHINE, trigger, NOW, cause="test")
    assert (after.state, after.ending) == ("ending.cleaning_up", ending)
    assert (row.source, row.dest, row.guards) == ("vanished", "ending.cleaning_up", {})
