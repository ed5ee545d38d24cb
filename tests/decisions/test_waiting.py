"""Deadlines, polls and retries: absolute times, chance handed in."""

from pathlib import Path

import pytest
from attrs import evolve

from powens_flow import vocabulary as v
from powens_flow.api.pacing import LONGEST_WAIT
from powens_flow.attempt import Attempt, Reading, User
from powens_flow.decisions import waiting
from powens_flow.handlers import default_registry
from powens_flow.machine import load_machines
from powens_flow.machine.compose import State
from powens_flow.machine.document import RetryRule
from powens_flow.outcomes import Outcome
from powens_flow.policy import Deadlines, Policy
from tests.decisions.made import NOW, attempt, seconds

MACHINE = load_machines(default_registry())["add_connection"]
PERMANENT = User(7, "sealed", permanent=True)
CHOOSING = MACHINE.state("choosing_accounts")
APPROVING = MACHINE.state("source.state.approving")
WAITING_OUT = MACHINE.state("source.state.waiting_out")


def resting(state: State, made: Attempt | None = None, at: float = 0.0) -> Attempt:
    return waiting.resting(made or attempt(user=PERMANENT), state, seconds(at))


# --- deadlines ----------------------------------------------------------------------------------


def test_a_deadline_is_absolute_and_of_the_policy() -> None:
    made = attempt(user=PERMANENT, policy=Policy(deadlines=Deadlines(user=100, approval=50)))
    assert resting(CHOOSING, made, at=3).deadline_at == seconds(103)
    assert resting(APPROVING, made, at=3).deadline_at == seconds(53)


def test_a_poll_does_not_move_the_deadline() -> None:
    first = resting(APPROVING)
    later = first
    for at in (2, 5, 9):
        later = resting(APPROVING, waiting.reminded(later, v.POLL), at)
    assert later.deadline_at == first.deadline_at == seconds(300)


def test_another_reason_to_wait_is_another_deadline() -> None:
    approving = resting(APPROVING)
    choosing = resting(CHOOSING, approving, at=100)
    assert choosing.deadline_at == seconds(1000)
    assert choosing.deadline_of == "choosing_accounts"
    assert resting(APPROVING, choosing, at=200).deadline_at == seconds(500)


def test_a_temporary_users_end_bounds_every_deadline() -> None:
    temporary = User(7, "sealed", expires_at=seconds(200))
    made = resting(CHOOSING, attempt(user=temporary))
    assert made.deadline_at == seconds(200) - waiting.MARGIN


def test_a_user_that_has_ended_leaves_no_time_but_no_past_deadline_either() -> None:
    gone = User(7, "sealed", expires_at=seconds(-500))
    assert resting(CHOOSING, attempt(user=gone), at=5).deadline_at == seconds(5)


def test_clean_up_may_outlast_the_user() -> None:
    made = attempt(ending="cancelled", user=User(7, "sealed", expires_at=seconds(1)))
    later = MACHINE.state("ending.cleaning_up_later")
    assert resting(later, made).deadline_at == seconds(86400)


LATE = attempt(id_connection=12, policy=Policy(deadlines=Deadlines(temporary=3600, processing=30)))
"""Half an hour is left of its user; it may be waited an hour until Powens tries again."""


@pytest.mark.parametrize(
    ("made", "state", "at", "ends_first"),
    [
        (LATE, "SCARequired", 0, False),
        (LATE, "SCARequired", 900, True),
        (LATE, "rateLimiting", 0, True),
        (LATE, "websiteunavailable", 0, True),
        (LATE, "validating", 1700, False),
        (LATE, "validating", 1720, True),
        (evolve(LATE, unsure_since=NOW), "wrongpass", 1700, False),
        (evolve(LATE, early_tried=True), "rateLimiting", 0, False),
        (evolve(LATE, id_connection=None), "rateLimiting", 0, False),
        (evolve(LATE, user=PERMANENT), "rateLimiting", 0, False),
    ],
)
def test_a_user_ends_first_who_would_end_before_the_wait_that_the_state_brings(
    made: Attempt, state: str, at: float, ends_first: bool
) -> None:
    assert waiting.user_ends_first(made, seconds(at), state) is ends_first


def test_a_wait_that_goes_on_ends_when_it_was_to() -> None:
    began = evolve(LATE, reading=Reading("rateLimiting"), deadline_at=seconds(1700))
    assert not waiting.user_ends_first(began, seconds(1600), "rateLimiting")
    assert waiting.user_ends_first(began, seconds(1600), "bug")


# --- polls --------------------------------------------------------------------------------------


def test_polls_grow_up_to_their_most() -> None:
    made, at, gaps = resting(APPROVING), 0.0, []
    for _ in range(7):
        assert made.due_at is not None
        gaps.append((made.due_at - NOW).total_seconds() - at)
        at += gaps[-1]
        made = resting(APPROVING, waiting.reminded(made, v.POLL), at)
    assert gaps == pytest.approx([2.0, 3.0, 4.5, 6.75, 10.0, 10.0, 10.0])


def test_a_poll_that_would_come_after_the_deadline_does_not() -> None:
    made = attempt(user=PERMANENT, policy=Policy(deadlines=Deadlines(approval=1)))
    assert resting(APPROVING, made).due_at == seconds(1)


def test_polls_begin_anew_with_a_new_reason_to_wait() -> None:
    tired = resting(APPROVING, evolve(attempt(user=PERMANENT), polls=50))
    assert tired.polls == 0
    assert tired.due_at == seconds(2)


def test_the_next_look_is_no_sooner_than_the_api_asked_but_in_time() -> None:
    made = attempt(user=PERMANENT)
    for asked, due in ((1.0, 2), (45.0, 45), (900.0, 300 - 120)):
        rested = waiting.resting(made, APPROVING, NOW, look_after=asked)
        assert rested.due_at == seconds(due)


def test_very_many_polls_are_no_very_great_number() -> None:
    made = evolve(resting(APPROVING), polls=10**9)
    assert resting(APPROVING, made).due_at == seconds(10)


def test_what_powens_tries_by_itself_is_looked_at_after_that() -> None:
    said = attempt(user=PERMANENT, reading=Reading("bug", next_try=seconds(700)))
    assert resting(WAITING_OUT, said).due_at == seconds(700)
    soon = evolve(said, reading=Reading("bug", next_try=seconds(1)))
    assert resting(WAITING_OUT, soon).due_at == seconds(10)
    late = evolve(said, reading=Reading("bug", next_try=seconds(10**6)))
    assert resting(WAITING_OUT, late).due_at == seconds(1080)  # the warning, then the deadline


def test_a_state_that_is_not_polled_is_due_at_its_warning_then_at_its_deadline() -> None:
    made = resting(CHOOSING)
    assert made.deadline_at == seconds(900)
    assert made.due_at == seconds(780)
    assert waiting.due_trigger(made, seconds(780)) == v.WARN
    warned = resting(CHOOSING, waiting.reminded(made, v.WARN), at=780)
    assert warned.due_at == warned.deadline_at == seconds(900)


def test_a_wait_shorter_than_the_warning_warns_nobody() -> None:
    made = attempt(user=PERMANENT, policy=Policy(deadlines=Deadlines(user=100)))
    assert resting(CHOOSING, made).due_at == seconds(100)


def test_what_was_tried_before_is_forgotten_at_rest() -> None:
    made = resting(CHOOSING, attempt(user=PERMANENT, tries=3, trying_since=NOW))
    assert (made.tries, made.trying_since) == (0, None)


# --- what the clock says ------------------------------------------------------------------------


def test_the_clock_says_nothing_then_poll_then_expire() -> None:
    made = resting(APPROVING)
    assert waiting.due_trigger(made, seconds(1.9)) is None
    assert waiting.due_trigger(made, seconds(2)) == v.POLL
    assert waiting.due_trigger(made, seconds(179)) == v.POLL
    assert waiting.due_trigger(made, seconds(180)) == v.WARN
    warned = waiting.reminded(made, v.WARN)
    assert waiting.due_trigger(warned, seconds(299)) == v.POLL
    assert waiting.due_trigger(made, seconds(300)) == v.EXPIRE
    assert waiting.due_trigger(evolve(made, due_at=None), seconds(10**6)) is None


# --- retries ------------------------------------------------------------------------------------

RULE = RetryRule("rule", ("temporary", "rate_limited"), tries=5, first=2, most=10, within=60)


def retry_in(
    made: Attempt, outcome: Outcome, chance: float = 1.0, at: float = 0.0, rule: RetryRule = RULE
) -> float | None:
    found = waiting.retry(made, rule, outcome, seconds(at), chance)
    return None if found is None else (found.at - seconds(at)).total_seconds()


@pytest.mark.parametrize(
    ("tries", "chance", "wanted"),
    [(0, 1.0, 2.0), (0, 0.5, 1.0), (0, 0.0, 0.0), (1, 1.0, 4.0), (2, 0.25, 2.0), (3, 1.0, 10.0)],
)
def test_retries_grow_with_full_jitter(tries: int, chance: float, wanted: float) -> None:
    assert retry_in(attempt(tries=tries, trying_since=NOW), Outcome("temporary"), chance) == wanted


def test_only_the_outcomes_of_the_rule_are_tried_again() -> None:
    assert retry_in(attempt(), Outcome("unknown")) is None
    assert waiting.retry(attempt(), None, Outcome("temporary"), NOW, 1.0) is None


def test_the_rules_tries_count_the_first() -> None:
    assert retry_in(attempt(tries=3, trying_since=NOW), Outcome("temporary")) is not None
    assert retry_in(attempt(tries=4, trying_since=NOW), Outcome("temporary")) is None
    once = evolve(RULE, tries=1)
    assert retry_in(attempt(), Outcome("temporary"), rule=once) is None


def test_retry_after_is_the_least_that_is_waited() -> None:
    asked = Outcome("rate_limited", retry_after=30.0)
    assert retry_in(attempt(), asked, chance=0.0) == 30.0
    assert (
        retry_in(attempt(tries=3, trying_since=NOW), Outcome("rate_limited", retry_after=1)) == 10
    )


def test_the_whole_is_bounded_in_time() -> None:
    assert retry_in(attempt(), Outcome("rate_limited", retry_after=60.0)) == 60.0
    assert retry_in(attempt(), Outcome("rate_limited", retry_after=60.1)) is None
    since = attempt(tries=1, trying_since=NOW)
    assert retry_in(since, Outcome("temporary"), at=56) == 4.0
    assert retry_in(since, Outcome("temporary"), at=57) is None


def test_a_retry_remembers_how_often_and_since_when() -> None:
    first = waiting.retry(attempt(), RULE, Outcome("temporary"), seconds(5), 1.0)
    assert first is not None
    assert (first.attempt.tries, first.attempt.trying_since) == (1, seconds(5))
    assert first.attempt.due_at == first.at == seconds(7)
    second = waiting.retry(first.attempt, RULE, Outcome("temporary"), seconds(7), 1.0)
    assert second is not None
    assert (second.attempt.tries, second.attempt.trying_since) == (2, seconds(5))


def test_our_rules_are_bounded() -> None:
    rules = {s.retry for s in MACHINE.states.values() if s.retry is not None}
    assert rules
    for rule in rules:
        assert 1 < rule.tries <= 20
        assert rule.within <= 300
        assert "done" not in rule.on


def test_our_rules_have_time_for_what_a_limit_of_calls_a_minute_asks() -> None:
    rules = {s.retry for s in MACHINE.states.values() if s.retry is not None}
    limited = Outcome("rate_limited", retry_after=LONGEST_WAIT)
    for rule in rules:
        made = attempt(tries=1, trying_since=NOW)
        assert retry_in(made, limited, at=10, rule=rule) == LONGEST_WAIT, rule.name


def test_no_state_that_writes_without_reading_first_retries_an_unknown_outcome() -> None:
    """A lost answer of a write is looked for; these states' handlers post credentials or codes."""
    for name in ("source.submitting", "source.state.answering"):
        assert MACHINE.state(name).retry is None
    for name in ("source.state.syncing", "source.state.resuming", "exchanging_token"):
        rule = MACHINE.state(name).retry
        assert rule is not None
        assert not {"unknown", "bad_answer", "temporary"} & set(rule.on)


def test_every_deadline_of_the_policy_is_used(tmp_path: Path) -> None:
    machines = load_machines(default_registry()).values()
    used = {s.table.deadline for m in machines for s in m.states.values() if s.table.deadline}
    assert used == set(v.DEADLINES)
