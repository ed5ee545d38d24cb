"""The API's error family as outcomes of the machines, once for all handlers."""

from typing import Any

from powens_flow import vocabulary as v
from powens_flow.api import errors as api
from powens_flow.attempt import Problem
from powens_flow.outcomes import Outcome

_OUTCOMES: tuple[tuple[type[api.PowensError], str, str], ...] = (
    (api.InteractionNeeded, v.INTERACTION_NEEDED, "interaction_needed"),
    (api.InputRefused, v.REFUSED_INPUT, "values.refused"),
    (api.KeyRefused, v.REFUSED_INPUT, "values.seal_again"),
    (api.UpToDate, v.REFUSED_INPUT, "connection.up_to_date"),
    (api.ConnectionLocked, v.LOCKED, "connection.locked"),
    (api.RateLimited, v.RATE_LIMITED, "rate_limited"),
    (api.BankMessage, v.TEMPORARY, "bank.message"),
    (api.TemporaryFailure, v.TEMPORARY, "temporary"),
    (api.OutcomeUnknown, v.UNKNOWN, "outcome_unknown"),
    (api.Unauthorised, v.UNAUTHORISED, "unauthorised"),
    (api.Gone, v.GONE, "gone"),
    (api.Unsupported, v.UNSUPPORTED, "unsupported"),
    (api.NoAccount, v.INTERACTION_NEEDED, "no_account"),
    (api.Rejected, v.REJECTED, "rejected"),
    (api.BadAnswer, v.BAD_ANSWER, "bad_answer"),
)


def outcome_of(error: api.PowensError, *, writing: bool, **changes: Any) -> Outcome:
    """The outcome of a call that came to `error`.

    A write that may have been done although no good answer came is `unknown`: what happened is
    found out by reading. `facts["answered"]` says that Powens itself answered, so that nothing
    is at work there any more.
    """
    kind, key = next(
        ((kind, key) for known, kind, key in _OUTCOMES if isinstance(error, known)),
        (v.BAD_ANSWER, "bad_answer"),
    )
    if kind in (v.TEMPORARY, v.UNKNOWN, v.BAD_ANSWER):
        kind = _found_out(kind, error, writing)
    facts: dict[str, Any] = {}
    if isinstance(error, api.InteractionNeeded):
        facts["state"] = error.state
        key = f"state.{error.state}"
    if error.code is not None:
        facts["code"] = error.code
        facts["answered"] = True
    return Outcome(kind, changes, facts, problem_of(error, key), error.retry_after)


def _found_out(kind: str, error: api.PowensError, writing: bool) -> str:
    if writing:
        return v.UNKNOWN if error.may_have_acted else v.TEMPORARY
    return v.TEMPORARY if kind == v.UNKNOWN else kind


def problem_of(error: api.PowensError, key: str) -> Problem:
    """What the prompt, the log and the journal may know of an error.

    The bank's words for a pending webauth were seen to hold its address, a secret.
    """
    is_webauth = (error.code or "").casefold() == "webauthrequired"
    return Problem(
        key=key,
        message=None if is_webauth else error.message,
        code=error.code,
        description=error.description,
        request_id=error.request_id,
    )
