"""The calling state of `ending`: deletes what the attempt made, and only that."""

from powens_flow import vocabulary as v
from powens_flow.attempt import Attempt
from powens_flow.calls import user_key
from powens_flow.handlers.context import Context
from powens_flow.handlers.registry import handlers
from powens_flow.handlers.source import newest_connection
from powens_flow.outcomes import Outcome


@handlers.handler("clean_up")
async def clean_up(context: Context, attempt: Attempt) -> Outcome:
    """Delete the user this attempt made, if nobody else needs it, or else its connection."""
    user = attempt.user
    if not attempt.policy.cleanup or user is None:
        return Outcome(v.DONE, {"cleanup": "nothing" if user is None else "kept"})
    if user.made_here and not user.kept and not await context.call("other_attempts"):
        if user.expires_at is None or context.now() < user.expires_at:  # else it is deleted
            await context.call("delete_user")
        return Outcome(v.DONE, {"cleanup": "user"}, dropped_claims=(user_key(attempt),))
    attempt = await _with_what_came_since(context, attempt)
    if attempt.connection_made_here and attempt.id_connection is not None:
        await context.call("delete_connection")
        return Outcome(v.DONE, {"cleanup": "connection"})
    return Outcome(v.DONE, {"cleanup": "nothing"})


async def _with_what_came_since(context: Context, attempt: Attempt) -> Attempt:
    """A lost answer, or a lost redirect, may have left a connection behind."""
    if attempt.id_connection is not None or attempt.connector is None:
        return attempt
    if attempt.url is None and attempt.unsure_since is None:
        return attempt
    found = await newest_connection(context, attempt)
    if found is None:
        return attempt
    return context.note(id_connection=found.id, connection_made_here=True)
