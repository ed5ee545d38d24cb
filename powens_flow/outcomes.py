"""What a call came to: a trigger of the machine, and what it changes of the attempt."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from powens_flow.attempt import Claim, Problem
from powens_flow.misuse import UnknownOutcome
from powens_flow.vocabulary import OUTCOMES


@frozen
class Outcome:
    """A handler's answer.

    `kind` is one of the closed classes. `changes` are new values of the attempt's attributes.
    `facts` is what guards may read besides, and what the journal keeps: JSON values without
    secrets and without account holders' data. `retry_after` is in seconds. `claims` are written,
    and `dropped_claims` given up, in the same write as the transition.
    """

    kind: str = field(validator=lambda _, __, kind: _check_kind(kind))
    changes: Mapping[str, Any] = field(factory=dict, repr=False)
    facts: Mapping[str, Any] = field(factory=dict)
    problem: Problem | None = None
    retry_after: float | None = None
    claims: tuple[Claim, ...] = ()
    dropped_claims: tuple[str, ...] = ()


def _check_kind(kind: str) -> None:
    if kind not in OUTCOMES:
        raise UnknownOutcome(f"unknown outcome; known: {', '.join(OUTCOMES)}")
