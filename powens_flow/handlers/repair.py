"""The calling states of `repair` and `reconnect`: which source is failing, and its consent."""

from typing import Any

from powens_flow import vocabulary as v
from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.attempt import Attempt, Problem, Reading
from powens_flow.handlers import shapes
from powens_flow.handlers.add_connection import list_accounts
from powens_flow.handlers.context import Context
from powens_flow.handlers.failures import outcome_of
from powens_flow.handlers.registry import handlers
from powens_flow.outcomes import Outcome


@handlers.handler("find_user")
async def find_user(context: Context, attempt: Attempt) -> Outcome:
    """The owner's permanent user; without one there is nothing to repair."""
    kept = await context.call("kept_user")
    if kept is None:
        return Outcome(v.REJECTED, problem=Problem("user.unknown"))
    return Outcome(v.DONE, {"user": kept}, {"user": kept.id})


@handlers.handler("check_connection")
async def check_connection(context: Context, attempt: Attempt) -> Outcome:
    """The next failing source, by id; one that was mended or left out here is not taken again."""
    assert attempt.id_connection is not None, "named when the attempt began"
    read: m.Connection = await context.call("connection", id_connection=attempt.id_connection)
    changes = await _connector(context, attempt, read)
    changes["present_sources"] = tuple(one.name or "" for one in read.sources)
    failing = _failing(read, attempt)
    if failing is None:
        return Outcome(v.DONE, {**changes, "source": None, "source_id": None}, {"state": None})
    name, source_id, state = failing
    changes |= {"source": name, "source_id": source_id, "reading": Reading(), "resumed": False}
    return Outcome(v.INTERACTION_NEEDED, changes, {"source": name, "state": state})


def _failing(read: m.Connection, attempt: Attempt) -> tuple[str, int | None, str] | None:
    handled = {fate.name for fate in attempt.sources}
    for source in sorted(read.sources, key=lambda one: one.id):
        name = source.name or ""
        if source.state is not None and not source.disabled and name not in handled:
            return name, source.id, source.state
    if not read.sources and read.state is not None and "" not in handled:
        return "", None, read.state
    return None


async def _connector(context: Context, attempt: Attempt, read: m.Connection) -> dict[str, Any]:
    """Its connector, once: a state may ask for the source's fields without listing them."""
    ref = read.connector_uuid or read.id_connector
    if attempt.connector is not None or ref is None:
        return {}
    try:
        return {"connector": shapes.connector(await context.call("connector", ref=str(ref)))}
    except api.Gone:  # no longer on this domain: the connection may still be mended
        return {}


@handlers.handler("refresh_consent")
async def refresh_consent(context: Context, attempt: Attempt) -> Outcome:
    """Renew the consent of the source that has one (`openapi`), before it runs out."""
    if context.recovering:
        return Outcome(v.UNKNOWN)
    try:
        read = await context.call("refresh_auth")
    except api.PowensError as error:
        return outcome_of(error, writing=True)
    return Outcome(v.DONE, facts={"state": read.state})


@handlers.handler("list_new_accounts")
async def list_new_accounts(context: Context, attempt: Attempt) -> Outcome:
    """What is still disabled, to be approved; what is active already is not asked for again.

    Where the policy offers none, none is looked for.
    """
    if not attempt.policy.offer_new_accounts:
        return Outcome(v.DONE, {"accounts": (), "subscriptions": (), "source": None})
    listed = await list_accounts(context, attempt)
    accounts = tuple(one for one in listed.changes["accounts"] if one.disabled)
    subscriptions = tuple(one for one in listed.changes["subscriptions"] if one.disabled)
    changes = {**listed.changes, "accounts": accounts, "subscriptions": subscriptions}
    facts = {"accounts": len(accounts), "subscriptions": len(subscriptions)}
    return Outcome(v.DONE, changes, facts)
