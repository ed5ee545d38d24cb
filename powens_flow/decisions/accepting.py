"""What an event changes of the attempt, or why it cannot be taken. Pure; the clock is handed in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from powens_flow import events as e
from powens_flow.attempt import (
    GIVEN_UP,
    PASSED_OVER,
    PUT_OFF,
    Attempt,
    Consent,
    Problem,
    Reading,
    SourceFate,
)
from powens_flow.decisions import fates, planning
from powens_flow.evolving import evolve
from powens_flow.policy import OFFER
from powens_flow.remedies import CancelByStaff, RetryByStaff, TryAgainByStaff, WakeByStaff

BANK_REFUSED = "access_denied"
LOCKED, ASK_AGAIN = "connection.locked", Problem("values.ask_again")
"""What is said of values while a sync keeps them from being taken, and after that."""
LONGEST_ERROR, MOST_PARAMETERS = 100, 20
"""What is kept of a callback's own words: it comes from the user's browser."""
WEBAUTH_STATE_PREFIX = "pf."
"""What our own `state` of a webauth begins with: another attempt's is told from the bank's."""


def webauth_state(attempt_id: str, unguessable: str) -> str:
    """A `state` to send to the bank with an attempt: a callback that brings it back is its own."""
    return f"{WEBAUTH_STATE_PREFIX}{attempt_id}.{unguessable}"


def attempt_named_in(state: str) -> str | None:
    """The attempt that a callback's `state` names; it is that attempt's only if it holds it."""
    if not state.startswith(WEBAUTH_STATE_PREFIX):
        return None
    return state.removeprefix(WEBAUTH_STATE_PREFIX).rpartition(".")[0] or None


def accept(attempt: Attempt, event: e.Event, now: datetime) -> Attempt:
    """The attempt after the event's content was taken over; its state is as it was.

    Raises:
        InvalidEvent: naming the key that is wrong and what is accepted.
    """
    taken = _ACCEPT.get(type(event), _nothing)(attempt, event, now)
    changes: dict[str, Any] = {"tries": 0, "trying_since": None}
    if taken.reading.repeats:
        changes["reading"] = evolve(taken.reading, repeats=0)
    if not isinstance(event, e.Approved | e.Woken | WakeByStaff | RetryByStaff):  # a new reason
        changes |= {"deadline_at": None, "deadline_of": None, "polls": 0}
    return evolve(taken, **changes)


def facts_of(event: e.Event) -> dict[str, Any]:
    """What the journal keeps of an event: ids and names, never a value."""
    if isinstance(event, e.SubmitValues):
        return {"fields": sorted(event.values)}
    if isinstance(event, e.Returned):
        names = sorted(event.parameters)[:MOST_PARAMETERS]
        return {"parameters": [name[:LONGEST_ERROR] for name in names]} | _refusal(event)
    return {k: v for k, v in event.to_json().items() if k != "type" and v not in (None, [])}


def _refusal(event: e.Returned) -> dict[str, Any]:
    error = event.parameters.get("error")
    return {"bank_page_refused": error[:LONGEST_ERROR]} if error else {}


def _nothing(attempt: Attempt, event: e.Event, now: datetime) -> Attempt:
    return attempt


def _choose_connector(attempt: Attempt, event: e.ChooseConnector, now: datetime) -> Attempt:
    return evolve(attempt, connector_ref=event.connector, problem=None)


def _choose_source(attempt: Attempt, event: e.ChooseSource, now: datetime) -> Attempt:
    _check_source(planning.remaining_sources(attempt), event.source)
    return _take_source(attempt, event.source)


def _check_source(sources: tuple[Any, ...], name: str) -> None:
    names = [source.name for source in sources]
    if name not in names:
        known = ", ".join(names) or "none"
        raise e.InvalidEvent("no such source on offer", {"source": f"one of: {known}"})


def _take_source(attempt: Attempt, name: str) -> Attempt:
    over = tuple(SourceFate(s, PASSED_OVER) for s in planning.passed_over(attempt, name))
    return evolve(attempt, wanted_source=name, sources=attempt.sources + over, problem=None)


def _submit_values(attempt: Attempt, event: e.SubmitValues, now: datetime) -> Attempt:
    """Sealed values stay out of the attempt; plain ones of webauth fields wait for the URL."""
    source = planning.source_named(attempt, attempt.source)
    if attempt.asked_for != "values" or source is None or source.mechanism != planning.WEBAUTH:
        return evolve(attempt, problem=None)
    return evolve(attempt, plain_values=dict(event.values), problem=None)


def _returned(attempt: Attempt, event: e.Returned, now: datetime) -> Attempt:
    _check_state(attempt, event.parameters.get("state"))
    error = event.parameters.get("error")
    problem = _page_problem(error) if error else None
    return evolve(
        attempt,
        came_back=True,
        callback_connection=_connection_id(event.parameters),
        problem=problem,
    )


def _page_problem(error: str) -> Problem:
    key = "webauth.refused" if error == BANK_REFUSED else "webauth.failed"
    return Problem(key, code=error[:LONGEST_ERROR])


def _check_state(attempt: Attempt, state: str | None) -> None:
    """Ours, or the connection's own state (the guide), or none; never another attempt's."""
    if state and state.startswith(WEBAUTH_STATE_PREFIX) and state != attempt.url_state:
        raise e.InvalidEvent(
            "this callback belongs to another attempt, or was used before",
            {"state": "the state that this attempt's address carried"},
        )


def _connection_id(parameters: Mapping[str, str]) -> int | None:
    """`id_connection`, seen also as `connection_id`; only a positive integer says anything."""
    text = parameters.get("id_connection") or parameters.get("connection_id") or ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None


def _try_again(attempt: Attempt, event: e.TryAgain, now: datetime) -> Attempt:
    """The user need not wait until a lost answer can no longer have had an effect.

    A connection that may still come to be is not forgotten: clean-up has to know of it. Nor need
    they wait until a sync ends that kept their values from being taken.
    """
    if attempt.problem is not None and attempt.problem.key == LOCKED:
        attempt = evolve(attempt, problem=ASK_AGAIN)
    return attempt if attempt.id_connection is None else evolve(attempt, unsure_since=None)


def _cancel_by_staff(attempt: Attempt, event: CancelByStaff, now: datetime) -> Attempt:
    """Left in the inbox, it may find an attempt that somebody else has cancelled meanwhile."""
    if attempt.ending is not None and not event.gives_up_cleanup:
        raise e.InvalidEvent("it is ending already, and cleans up what it made")
    return attempt


def _finish_later(attempt: Attempt, event: e.FinishLater, now: datetime) -> Attempt:
    return evolve(attempt, **fates.fate(attempt, PUT_OFF, state=attempt.reading.state))


def _skip_source(attempt: Attempt, event: e.SkipSource, now: datetime) -> Attempt:
    if not planning.added_sources(attempt):
        raise e.InvalidEvent("no source was added yet, so there is none to go on with; cancel")
    return evolve(attempt, problem=None, reading=Reading(), **fates.fate(attempt, GIVEN_UP))


def _choose_another(attempt: Attempt, event: e.Event, now: datetime) -> Attempt:
    if planning.connector_is_settled(attempt):
        raise e.InvalidEvent("the connector of this attempt cannot be changed any more; cancel")
    return evolve(
        attempt,
        connector=None,
        connector_ref=None,
        existing=(),
        source=None,
        source_id=None,
        wanted_source=None,
        sources=(),
        asked=(),
        asked_for=None,
        answered=(),
        plain_values={},
        reading=Reading(),
        problem=None,
    )


def _choose_accounts(attempt: Attempt, event: e.ChooseAccounts, now: datetime) -> Attempt:
    wrong = {
        **_foreign("accounts", event.accounts, [a.id for a in attempt.accounts]),
        **_foreign("subscriptions", event.subscriptions, [s.id for s in attempt.subscriptions]),
    }
    if not wrong and attempt.policy.at_least_one and not (event.accounts or event.subscriptions):
        wrong = {"accounts": "at least one account or subscription has to be approved"}
    if wrong:
        raise e.InvalidEvent("wrong choice of accounts", wrong)
    consent = Consent(now, event.accounts, event.subscriptions, attempt.policy.consent_wording)
    return evolve(attempt, consent=consent, problem=None)


def _foreign(key: str, chosen: tuple[int, ...], known: list[int]) -> dict[str, str]:
    if set(chosen) <= set(known):
        return {}
    return {key: f"ids of this list: {', '.join(map(str, known)) or 'it is empty'}"}


def _repair_connection(attempt: Attempt, event: e.RepairConnection, now: datetime) -> Attempt:
    if event.connection not in attempt.existing:
        known = ", ".join(map(str, attempt.existing)) or "none"
        raise e.InvalidEvent("no such connection to repair", {"connection": f"one of: {known}"})
    return evolve(attempt, id_connection=event.connection, problem=None)


def _add_source(attempt: Attempt, event: e.AddSource, now: datetime) -> Attempt:
    offered = planning.offered_sources(attempt)
    if not offered:
        why = "" if attempt.policy.sources == OFFER else ": the policy offers none"
        raise e.InvalidEvent(f"no further source is on offer{why}")
    if event.source is not None:
        _check_source(offered, event.source)
        return _take_source(attempt, event.source)
    return evolve(attempt, wanted_source=None, problem=None)


_Accept = Callable[[Attempt, Any, datetime], Attempt]

_ACCEPT = cast(
    "Mapping[type[e.Event], _Accept]",
    {
        e.ChooseConnector: _choose_connector,
        e.ChooseSource: _choose_source,
        e.SubmitValues: _submit_values,
        e.Returned: _returned,
        e.TryAgain: _try_again,
        TryAgainByStaff: _try_again,
        CancelByStaff: _cancel_by_staff,
        e.FinishLater: _finish_later,
        e.SkipSource: _skip_source,
        e.ChooseAnotherConnector: _choose_another,
        e.ChooseAccounts: _choose_accounts,
        e.AddSource: _add_source,
        e.RepairConnection: _repair_connection,
    },
)
