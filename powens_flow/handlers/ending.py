"""The calling state of `ending`: deletes what the attempt made, and only that."""

from powens_flow import vocabulary as v
from powens_flow.api import errors as api
from powens_flow.attempt import Attempt, User
from powens_flow.calls import user_key
from powens_flow.evolving import evolve
from powens_flow.handlers.context import Context
from powens_flow.handlers.registry import handlers
from powens_flow.handlers.source import LONGEST, creation_key, newest_connection, was_at_bank
from powens_flow.outcomes import Outcome


@handlers.handler("clean_up")
async def clean_up(context: Context, attempt: Attempt) -> Outcome:
    """Delete the user this attempt made, if nobody else needs it, or else its connection."""
    outcome = await _cleaned_up(context, attempt)
    return evolve(outcome, dropped_claims=(*outcome.dropped_claims, *_idle_claims(attempt)))


def _idle_claims(attempt: Attempt) -> tuple[str, ...]:
    """Those of a call that was not made, as a cancellation came before it."""
    if attempt.user is None:
        return (user_key(attempt),)
    if attempt.connector is None or attempt.unsure_since is not None:
        return ()
    return (creation_key(attempt),)


async def _cleaned_up(context: Context, attempt: Attempt) -> Outcome:
    user = attempt.user
    if not attempt.policy.cleanup or user is None:
        return Outcome(v.DONE, {"cleanup": "nothing" if user is None else "kept"})
    if user.made_here and not user.kept and not await context.call("other_attempts"):
        if user.expires_at is None or context.now() < user.expires_at:  # else it is deleted
            await _delete(context, attempt, "delete_user")
        elif attempt.exchange_tried and await _was_made_permanent(context, user):
            return Outcome(v.LOCKED, problem=attempt.problem)
        return Outcome(v.DONE, {"cleanup": "user"}, dropped_claims=(user_key(attempt),))
    attempt = await _with_what_came_since(context, attempt)
    if attempt.connection_made_here and attempt.id_connection is not None:
        await _delete(context, attempt, "delete_connection")
        return Outcome(v.DONE, {"cleanup": "connection"})
    if attempt.id_connection is None and _may_still_come(context, attempt):
        return Outcome(v.LOCKED, problem=attempt.problem)
    return Outcome(v.DONE, {"cleanup": "nothing"})


async def _was_made_permanent(context: Context, user: User) -> bool:
    """Whether an exchange whose answer was lost keeps the user alive: it is let in anew then, to
    be deleted, as its temporary token has ended."""
    try:
        token = await context.call("renew_token")
    except api.Gone:
        return False
    context.note(user=evolve(user, token=token, permanent=True, expires_at=None))
    return True


async def _delete(context: Context, attempt: Attempt, name: str) -> None:
    """Delete it. What is said to be gone, as after a deletion whose answer was lost, is looked for.

    Raises `TemporaryFailure` when it is still there.
    """
    try:
        await context.call(name)
    except api.Gone:
        if await _is_left(context, attempt, name):
            raise api.TemporaryFailure from None
    except api.Unauthorised:
        # A token dies with its user: the earlier deletion, whose answer was lost, was done.
        if name != "delete_user" or not (attempt.tries or context.recovering):
            raise


async def _is_left(context: Context, attempt: Attempt, name: str) -> bool:
    try:
        connections = await context.call("connections")
    except api.Gone:
        return False
    return name == "delete_user" or attempt.id_connection in [one.id for one in connections]


def _may_still_come(context: Context, attempt: Attempt) -> bool:
    """Whether a creation whose answer was lost may still be at work at Powens."""
    since = attempt.unsure_since
    return since is not None and context.now() < since + LONGEST


async def _with_what_came_since(context: Context, attempt: Attempt) -> Attempt:
    """A lost answer, or a lost redirect, may have left a connection behind."""
    if attempt.id_connection is not None or attempt.connector is None:
        return attempt
    if not was_at_bank(attempt) and attempt.unsure_since is None:
        return attempt
    found = await newest_connection(context, attempt)
    if found is None:
        return attempt
    return context.note(id_connection=found.id, connection_made_here=True)
