"""One transition of an attempt: what entering a state changes. Pure; the clock is handed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from powens_flow import vocabulary as v
from powens_flow.attempt import (
    UNUSABLE,
    Account,
    Attempt,
    JournalRow,
    Reading,
    Result,
    Subscription,
)
from powens_flow.decisions import fates, planning
from powens_flow.evolving import evolve
from powens_flow.machine.definition import Definition, Step
from powens_flow.outcomes import Outcome

ENDING = "ending."
CLEANING_UP = "ending.cleaning_up"


def absorb(attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt after what the outcome changes; while it ends, what went wrong before stands."""
    problem = outcome.problem
    if attempt.ending is not None:
        problem = attempt.problem or problem
    if not outcome.changes and problem is attempt.problem and outcome.kind != v.UNSUPPORTED:
        return attempt
    changes: dict[str, Any] = {"problem": problem, **outcome.changes}
    if outcome.kind == v.UNSUPPORTED:
        changes = fates.fate(evolve(attempt, **changes), UNUSABLE) | changes
    return evolve(attempt, **changes)


def told(outcome: Outcome | None) -> dict[str, Any]:
    """What the journal keeps of an outcome: its facts, and what went wrong by its keys."""
    if outcome is None:
        return {}
    facts = dict(outcome.facts)
    if outcome.problem is not None:
        facts["problem"] = outcome.problem.key
        if outcome.problem.code is not None:
            facts["code"] = outcome.problem.code
    return facts


def move(
    attempt: Attempt,
    definition: Definition,
    trigger: str,
    now: datetime,
    *,
    cause: str,
    outcome: Outcome | None = None,
    calls: tuple[Any, ...] = (),
    facts: Mapping[str, Any] | None = None,
) -> tuple[Attempt, JournalRow]:
    """The attempt in its next state, and the journal's row.

    Raises:
        NotAccepted: the state does not take the trigger.
    """
    source = definition.today(attempt.state)
    if source is None:  # stored by another version: all that is left is to end it
        step = Step(CLEANING_UP, {})
    else:
        step = definition.step(source, trigger, attempt, outcome)
    row = JournalRow(
        attempt_id=attempt.id,
        seq=attempt.seq + 1,
        at=now,
        trigger=trigger,
        source=attempt.state,
        dest=step.to,
        cause=cause,
        duration=max(0.0, (now - attempt.entered_at).total_seconds()),
        machine_hash=definition.hash,
        guards=step.guards,
        facts=facts or {},
        calls=calls,
    )
    moved = _entered(attempt, row)
    return (_ended(moved) if definition.state(step.to).kind == "final" else moved), row


def _entered(attempt: Attempt, row: JournalRow) -> Attempt:
    changes: dict[str, Any] = {
        "state": row.dest,
        "entered_at": row.at,
        "seq": row.seq,
        "machine_hash": row.machine_hash,
        "due_at": None,
    }
    if row.trigger != v.RETRY:
        changes |= {"tries": 0, "trying_since": None, "cut_short": False}
    if row.dest.startswith(ENDING) and attempt.ending is None:
        changes["ending"] = {v.CANCEL: "cancelled", v.EXPIRE: "expired"}.get(row.trigger, "failed")
    return evolve(attempt, **changes)


def _ended(attempt: Attempt) -> Attempt:
    """An end: the result, or what was cleaned up, and nothing left of what is needed no more."""
    result = _result(attempt) if attempt.ending is None and attempt.user is not None else None
    return evolve(
        attempt,
        result=result,
        cleanup=attempt.cleanup if result is not None else _cleanup(attempt),
        user=None,
        accounts=tuple(_bare_account(one) for one in attempt.accounts),
        subscriptions=tuple(_bare_subscription(one) for one in attempt.subscriptions),
        reading=Reading(state=attempt.reading.state),
        asked=(),
        asked_for=None,
        plain_values={},
        url=None,
        url_state=None,
        deadline_at=None,
        deadline_of=None,
        due_at=None,
    )


def _cleanup(attempt: Attempt) -> str:
    """Of an end without a result: a machine of one's own may come to one before it has a user."""
    return attempt.cleanup or ("nothing" if attempt.ending is None else "incomplete")


def _bare_account(one: Account) -> Account:
    return Account(id=one.id, type=one.type, usage=one.usage, disabled=one.disabled)


def _bare_subscription(one: Subscription) -> Subscription:
    return Subscription(id=one.id, disabled=one.disabled)


def _result(attempt: Attempt) -> Result:
    assert attempt.user is not None, "a completed attempt has a user"
    consent = attempt.consent
    expiries = [f.access_expire for f in attempt.sources if f.access_expire is not None]
    left = [f for f in attempt.sources if f.state]
    return Result(
        id_user=attempt.user.id,
        id_connection=attempt.id_connection,
        sources=tuple(name for name in planning.added_sources(attempt) if name),
        accounts=consent.accounts if consent else (),
        subscriptions=consent.subscriptions if consent else (),
        consent=consent,
        access_expire=min(expiries, default=None),
        pending=left[-1].state if left else None,
        orphans=attempt.orphans,
    )
