"""When an attempt that rests has to be looked at again: deadlines, polls, retries.

Times are absolute. A deadline is set when the reason to wait began; a poll does not move it.
Chance is handed in as a number in [0, 1).
"""

from datetime import datetime, timedelta

from attrs import astuple, frozen

from powens_flow.attempt import Attempt
from powens_flow.decisions.guards import TEMPORARY_STATES
from powens_flow.evolving import evolve
from powens_flow.machine.compose import State
from powens_flow.machine.document import RetryRule
from powens_flow.outcomes import Outcome
from powens_flow.vocabulary import EXPIRE, POLL, WARN

NOTHING = timedelta()
MARGIN = timedelta(seconds=60)
"""How long before a temporary user is deleted its attempt has to be at an end."""


def resting(attempt: Attempt, state: State, now: datetime, *, look_after: float = 0.0) -> Attempt:
    """The attempt with its deadline and its next look, as it begins to wait in `state`.

    `look_after`: the seconds that the API asked to wait (`Retry-After`).
    """
    deadline, polls, warned = attempt.deadline_at, attempt.polls, attempt.warned
    if attempt.deadline_of != state.name or deadline is None:
        deadline, polls = _deadline(attempt, state, now), 0
        warned = not state.table.common or warning_at(attempt, deadline) <= now
    times = [deadline]
    if not warned:
        times.append(warning_at(attempt, deadline))
    poll_at = _poll_at(attempt, state, now, polls)
    if poll_at is not None:
        times.append(max(poll_at, now + timedelta(seconds=look_after)))
    return evolve(
        attempt,
        deadline_at=deadline,
        deadline_of=state.name,
        polls=polls,
        warned=warned,
        due_at=min(times),
        tries=0,
        trying_since=None,
    )


def _deadline(attempt: Attempt, state: State, now: datetime) -> datetime:
    name = state.table.deadline
    assert name is not None, "checked when the machine was loaded"
    at = now + timedelta(seconds=getattr(attempt.policy.deadlines, name))
    user = attempt.user
    if user is None or user.permanent or user.expires_at is None or attempt.ending is not None:
        return at
    return max(now, min(at, user.expires_at - MARGIN))


def _poll_at(attempt: Attempt, state: State, now: datetime, polls: int) -> datetime | None:
    poll = state.table.poll
    if poll is None:
        return None
    seconds = min(poll.most, poll.first * poll.factor ** min(polls, 64))
    at = now + timedelta(seconds=seconds)
    if poll.until == "next_try" and attempt.reading.next_try is not None:
        return max(at, attempt.reading.next_try)
    return at


def user_ends_first(
    attempt: Attempt, now: datetime, state: str = "", *, then: timedelta = NOTHING
) -> bool:
    """Whether a temporary user, with a connection to lose, would end before the next wait does.

    `state` is the connection state that is waited for. A wait that goes on ends when it was to.
    `then` is how long the call may take that the wait leads to.
    """
    user = attempt.user
    if user is None or user.permanent or user.expires_at is None or attempt.early_tried:
        return False
    goes_on = attempt.deadline_at if state and state == attempt.reading.state else None
    until = goes_on or now + timedelta(seconds=_longest(attempt, state.casefold()))
    return attempt.id_connection is not None and user.expires_at - MARGIN < until + then


def _longest(attempt: Attempt, state: str) -> float:
    """How long the next wait may last, in seconds."""
    deadlines = attempt.policy.deadlines
    if state in TEMPORARY_STATES:
        return deadlines.temporary
    if state == "validating" or attempt.unsure_since is not None:
        return deadlines.processing
    return max(deadlines.user, deadlines.bank, deadlines.approval)


def warning_at(attempt: Attempt, deadline: datetime) -> datetime:
    """When the listeners are warned of a deadline; a wait that is shorter warns nobody."""
    return deadline - timedelta(seconds=attempt.policy.deadlines.warning)


def due_trigger(attempt: Attempt, now: datetime) -> str | None:
    """What the clock has to say to a waiting attempt: `expire`, `warn`, `poll`, or nothing yet."""
    deadline = attempt.deadline_at
    if attempt.due_at is None or now < attempt.due_at:
        return None
    if deadline is not None and now >= deadline:
        return EXPIRE
    if deadline is not None and not attempt.warned and now >= warning_at(attempt, deadline):
        return WARN
    return POLL


def unfit_until(attempt: Attempt) -> datetime:
    """How long an attempt whose state this version does not know is left to one that may know it.

    A waiting one until its deadline; a calling one has none, and gets the longest there is.
    """
    longest = max(astuple(attempt.policy.deadlines))
    return attempt.deadline_at or attempt.entered_at + timedelta(seconds=longest)


def left_alone(attempt: Attempt) -> Attempt:
    """An attempt whose state this version does not know: what has no time, as a process died in a
    call of it, gets the end of that; else nobody would ever take it up again."""
    is_over = attempt.result is not None or attempt.cleanup is not None
    if is_over or attempt.due_at is not None:
        return attempt
    return evolve(attempt, due_at=unfit_until(attempt))


def reminded(attempt: Attempt, trigger: str) -> Attempt:
    """The attempt after the clock has spoken: one more look, or the warning given."""
    if trigger == POLL:
        return evolve(attempt, polls=attempt.polls + 1)
    return evolve(attempt, warned=True) if trigger == WARN else attempt


@frozen
class Retry:
    """A decision to try again at `at`."""

    at: datetime
    attempt: Attempt


def retry(
    attempt: Attempt, rule: RetryRule | None, outcome: Outcome, now: datetime, chance: float
) -> Retry | None:
    """Whether and when the calling state is tried again by itself; None: it is not.

    Exponential with full jitter; the API's own wish (`Retry-After`) is the least; both are
    bounded by the rule's `tries` and `within`.
    """
    if rule is None or outcome.kind not in rule.on:
        return None
    since = attempt.trying_since or now
    tries = attempt.tries + 1
    if tries >= rule.tries:
        return None
    jittered = min(rule.most, rule.first * 2 ** min(attempt.tries, 64)) * chance
    at = now + timedelta(seconds=max(jittered, outcome.retry_after or 0.0))
    if at > since + timedelta(seconds=rule.within):
        return None
    return Retry(at, evolve(attempt, tries=tries, trying_since=since, due_at=at))
