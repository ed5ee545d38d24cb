"""Faults of an integrator's own code: told in the log, and turned into an outcome.

The attempt is not lost for them. Their words, which may hold anything, are not repeated.
"""

import traceback
from pathlib import Path

import structlog

from powens_flow import vocabulary as v
from powens_flow.attempt import Problem
from powens_flow.machine.compose import State
from powens_flow.misuse import Misuse
from powens_flow.outcomes import Outcome

log = structlog.get_logger("powens_flow")


def handler_failed(attempt_id: str, state: State, error: BaseException, *, wrote: bool) -> Outcome:
    """What a handler that raised comes to."""
    log.error(
        "handler.failed",
        attempt=attempt_id,
        state=state.name,
        handler=state.table.handler,
        error=type(error).__name__,
        at=place_of(error),
        reason=str(error) if isinstance(error, Misuse) else None,
    )
    return _fault(error, wrote=wrote)


def guard_failed(attempt_id: str, state: State, error: Exception, *, wrote: bool) -> Outcome:
    """What a guard that raised comes to, once the call was over."""
    log.error(
        "guard.failed",
        attempt=attempt_id,
        state=state.name,
        error=type(error).__name__,
        at=place_of(error),
    )
    return _fault(error, wrote=wrote)


def _fault(error: BaseException, *, wrote: bool) -> Outcome:
    problem = Problem("internal", description=type(error).__name__)
    return Outcome(v.UNKNOWN if wrote else v.REJECTED, problem=problem)


def place_of(error: BaseException) -> str | None:
    """Where it was raised: `file.py:12`."""
    frames = traceback.extract_tb(error.__traceback__, -1)
    return f"{Path(frames[0].filename).name}:{frames[0].lineno}" if frames else None
