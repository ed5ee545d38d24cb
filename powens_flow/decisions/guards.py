"""The guards that our machines name: pure functions of the attempt and the outcome."""

from collections.abc import Callable
from typing import Any

from powens_flow.attempt import Attempt
from powens_flow.decisions import planning
from powens_flow.machine.registry import Registry
from powens_flow.outcomes import Outcome
from powens_flow.policy import ASK, REPAIR

TEMPORARY_STATES = ("ratelimiting", "websiteunavailable", "bug")
"""Powens tries again by itself at `next_try`."""

PATIENT_STATES = ("decoupled", "validating", *TEMPORARY_STATES)
"""States that are waited for: reading one again unchanged is no loop."""

guards = Registry()


def state_of(outcome: Outcome | None) -> str:
    """The connection state that the outcome names, for comparing; empty when it names none."""
    return str((outcome.facts.get("state") if outcome else None) or "").casefold()


def _state_guard(name: str, *states: str) -> None:
    def guard(attempt: Attempt, outcome: Outcome | None) -> bool:
        return state_of(outcome) in states

    guards.guard(name)(guard)


_state_guard("is_sca_required", "scarequired")
_state_guard("is_webauth_required", "webauthrequired")
_state_guard("is_additional_information_needed", "additionalinformationneeded")
_state_guard("is_decoupled", "decoupled")
_state_guard("is_validating", "validating")
_state_guard("is_wrongpass", "wrongpass")
_state_guard("is_password_expired", "passwordexpired")
_state_guard("is_action_needed", "actionneeded")
_state_guard("is_temporary", *TEMPORARY_STATES)
_state_guard("is_not_supported", "notsupported")


def _fact_guard(name: str) -> None:
    """A guard that says what the handler found out: `facts[name]`."""

    def guard(attempt: Attempt, outcome: Outcome | None) -> bool:
        return bool(outcome and outcome.facts.get(name))

    guards.guard(name)(guard)


_fact_guard("may_still_change")
_fact_guard("source_was_lost")
_fact_guard("bank_page_refused")
_fact_guard("still_at_bank")
_fact_guard("nothing_came")
_fact_guard("user_ends_first")


@guards.guard("makes_no_progress")
def makes_no_progress(attempt: Attempt, outcome: Outcome | None) -> bool:
    """The same state, fields and `last_update` again and again, without new input of the user."""
    if state_of(outcome) in PATIENT_STATES or (outcome and outcome.facts.get("still_at_bank")):
        return False
    return attempt.reading.repeats >= attempt.policy.no_progress_limit


def _attempt_guard(name: str, question: Callable[[Attempt], Any]) -> None:
    def guard(attempt: Attempt, outcome: Outcome | None) -> bool:
        return bool(question(attempt))

    guards.guard(name)(guard)


def _mechanism_is_webauth(attempt: Attempt) -> bool:
    return planning.mechanism_of(attempt) == planning.WEBAUTH


def _must_choose_source(attempt: Attempt) -> bool:
    return (
        attempt.policy.choose_source
        and attempt.wanted_source is None
        and len(planning.remaining_sources(attempt)) > 1
    )


_attempt_guard("connector_is_given", lambda attempt: len(attempt.policy.connectors) == 1)
_attempt_guard("must_choose_source", _must_choose_source)
_attempt_guard("asks_fields", lambda attempt: attempt.asked)
_attempt_guard("is_webauth", _mechanism_is_webauth)
_attempt_guard("source_still_wanted", planning.source_is_still_wanted)
_attempt_guard("has_added_a_source", planning.added_sources)
_attempt_guard("source_was_made", lambda attempt: attempt.source_id is not None)
_attempt_guard("was_resumed", lambda attempt: attempt.resumed)
_attempt_guard("asked_information", lambda attempt: attempt.asked_for == "information")
_attempt_guard("asked_new_password", lambda attempt: attempt.asked_for == "new_password")
_attempt_guard("accounts_were_approved", lambda a: a.consent and a.consent.accounts)
_attempt_guard("subscriptions_were_approved", lambda a: a.consent and a.consent.subscriptions)
_attempt_guard("user_is_kept", lambda attempt: attempt.user and attempt.user.kept)
_attempt_guard("repairs_existing", lambda a: a.existing and a.policy.existing == REPAIR)
_attempt_guard("asks_about_existing", lambda a: a.existing and a.policy.existing == ASK)
_attempt_guard("is_refresh", lambda attempt: attempt.refresh)
_attempt_guard("offers_new_accounts", lambda attempt: attempt.policy.offer_new_accounts)
_attempt_guard("has_new_accounts", lambda attempt: attempt.accounts or attempt.subscriptions)
_attempt_guard("was_cancelled", lambda attempt: attempt.ending == "cancelled")
_attempt_guard("has_expired", lambda attempt: attempt.ending == "expired")
