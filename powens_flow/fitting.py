"""What a handler answered, checked before an attempt takes it over."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from attrs import fields

from powens_flow.attempt import Attempt, Claim, Problem
from powens_flow.errors import HandlerError
from powens_flow.evolving import evolve
from powens_flow.json_text import to_json
from powens_flow.outcomes import Outcome
from powens_flow.policy import LONGEST
from powens_flow.snapshot import is_kept

ENGINES_OWN: Final = frozenset(
    {"id", "owner", "machine", "state", "created_at", "entered_at", "seq", "version"}
    | {"machine_hash", "policy"}
)
"""What no handler changes."""

_CHANGEABLE: Final = frozenset(one.name for one in fields(Attempt)) - ENGINES_OWN


def expect_changeable(names: Collection[str]) -> None:
    """Raises HandlerError, which names them, for attributes that no handler can change."""
    if not _CHANGEABLE.issuperset(names):
        wrong = ", ".join(sorted(str(one) for one in names if one not in _CHANGEABLE))
        raise HandlerError(f"no handler can change: {wrong}")


def fitting(answer: Any, attempt: Attempt, *, is_ours: bool) -> Outcome:
    """What a handler answered; of one that is not ours, all of it is checked.

    Raises:
        HandlerError: saying what of it cannot be taken over.
    """
    if not isinstance(answer, Outcome):
        raise HandlerError(f"a handler answers an outcome, not {type(answer).__name__}")
    expect_changeable(answer.changes)
    if not is_ours:
        _expect_kept(answer, attempt)
    return answer


def _expect_kept(answer: Outcome, attempt: Attempt) -> None:
    fits = {
        "facts, JSON values": _is_json(answer.facts),
        "problem, a Problem": answer.problem is None or isinstance(answer.problem, Problem),
        "retry_after, seconds": _is_time(answer.retry_after),
        "claims, of Claim": _are(answer.claims, Claim),
        "dropped_claims, of texts": _are(answer.dropped_claims, str),
        "changes, of each attribute's own type": is_kept(evolve(attempt, **answer.changes)),
    }
    wrong = [what for what, does_fit in fits.items() if not does_fit]
    if wrong:
        raise HandlerError(f"an outcome cannot be kept: {'; '.join(wrong)}")


def _is_json(facts: Any) -> bool:
    try:
        return isinstance(facts, Mapping) and bool(to_json(dict(facts)))
    except (TypeError, ValueError):
        return False


def _is_time(value: Any) -> bool:
    """Not a moment, either, as the milliseconds since 1970 are: no clock comes there."""
    return value is None or (isinstance(value, int | float) and abs(value) <= LONGEST)


def _are(values: Any, kind: type) -> bool:
    return isinstance(values, tuple) and all(isinstance(one, kind) for one in values)
