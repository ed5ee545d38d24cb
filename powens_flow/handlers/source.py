"""The calling states of `source`: planning, submitting, and finding out what came of it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from powens_flow import vocabulary as v
from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.api.constants import INTERACTION_STATES
from powens_flow.attempt import Attempt, Problem, Reading
from powens_flow.calls import CHECKING
from powens_flow.decisions import fates, planning
from powens_flow.decisions.accepting import ASK_AGAIN
from powens_flow.decisions.waiting import user_ends_first
from powens_flow.evolving import evolve
from powens_flow.handlers.context import Context
from powens_flow.handlers.failures import outcome_of
from powens_flow.handlers.registry import handlers
from powens_flow.outcomes import Outcome

LONGEST = timedelta(seconds=CHECKING)
ADOPTED = timedelta(days=1)
"""How long an adoption is claimed: well beyond the save that makes it the attempt's own."""
SYNC_LOOKS = 6
"""Looks after which a sync that shows no sign of its end is taken to have ended: the API says
nowhere that one runs, so the next post will tell."""

_WRONG_VALUES = ("wrongpass", "passwordexpired")
"""Codes that say, in lower case, that other values are needed."""

_FRESH: dict[str, Any] = {
    "source_id": None,
    "plain_values": {},
    "reading": Reading(),
    "resumed": False,
    "url": None,
    "url_state": None,
    "came_back": False,
    "callback_connection": None,
    "unsure_since": None,
}


@handlers.handler("plan_source")
async def plan_source(context: Context, attempt: Attempt) -> Outcome:
    """The next source and its fields. Pure: it only looks at the attempt."""
    source = planning.next_source(attempt)
    if source is None:
        return Outcome(v.UNSUPPORTED, problem=Problem("connector.no_source"))
    changes = _FRESH | {"source": source.name, "asked": (), "asked_for": None}
    if source.mechanism not in (planning.CREDENTIALS, planning.WEBAUTH):
        problem = Problem("source.unsupported_mechanism")
        return Outcome(v.UNSUPPORTED, changes, {"mechanism": source.mechanism}, problem)
    asked = planning.fields_of(attempt, source)
    changes |= {"asked": asked, "asked_for": "values"}
    facts: dict[str, Any] = {
        "source": source.name,
        "fields": [one.name for one in asked],
        "user_ends_first": user_ends_first(attempt, context.now(), then=LONGEST),
    }
    return Outcome(v.DONE, changes, facts, attempt.problem)


@handlers.handler("submit_source")
async def submit_source(context: Context, attempt: Attempt) -> Outcome:
    """Create the connection with its first source, or add a further source to it."""
    if context.recovering:
        unsure = {"unsure_since": attempt.entered_at}
        return Outcome(v.UNKNOWN, unsure, problem=Problem("outcome_unknown"))
    if attempt.id_connection is not None:
        return await _submit(context, attempt, "update_connection")
    key, until = creation_key(attempt), context.now() + LONGEST
    if not await context.call("claim", key=key, until=until):
        return Outcome(v.LOCKED, problem=Problem("connection.being_made"))
    outcome = await _submit(context, attempt, "create_connection")
    return outcome if outcome.kind == v.UNKNOWN else evolve(outcome, dropped_claims=(key,))


async def _submit(context: Context, attempt: Attempt, name: str) -> Outcome:
    try:
        read: m.Connection = await context.call(
            name, source=attempt.source or None, values=context.values
        )
    except api.KeyRefused as error:
        await fetch_key_anew(context)
        return outcome_of(error, writing=True)
    except (api.InteractionNeeded, api.NoAccount) as error:
        # A code instead of a connection: whether one was made is not said.
        return evolve(_refused(attempt, error), kind=v.UNKNOWN)
    except api.PowensError as error:
        return _refused(attempt, error)
    return _submitted(attempt, read)


def _refused(attempt: Attempt, error: api.PowensError) -> Outcome:
    """What Powens refused for certain leaves no doubt; an earlier one stands.

    Values that no form asked for are those of an earlier source: now all can be given anew.
    """
    changes: dict[str, Any] = {"unsure_since": attempt.entered_at} if error.may_have_acted else {}
    if not attempt.asked and (error.code or "").casefold() in _WRONG_VALUES:
        changes["asked"] = planning.own_fields(attempt)
    return outcome_of(error, writing=True, **changes)


async def fetch_key_anew(context: Context) -> None:
    """For the values that are asked for again; should it fail now, the next refusal tries again."""
    with suppress(api.PowensError):
        await context.call("refresh_key")


def creation_key(attempt: Attempt) -> str:
    """The claim under which one attempt at a time makes a connection of a user and connector."""
    assert attempt.user is not None, "opened first"
    assert attempt.connector is not None, "chosen first"
    return f"create:{attempt.user.id}:{attempt.connector.id}"


def _submitted(attempt: Attempt, read: m.Connection) -> Outcome:
    made = attempt.connection_made_here or attempt.id_connection is None
    changes: dict[str, Any] = {
        "id_connection": read.id,
        "connection_made_here": made,
        "unsure_since": None,
    }
    if read.state is None:
        changes |= added(attempt, read)
        return Outcome(v.DONE, changes, {"state": None, "connection": read.id})
    facts = {"state": read.state, "connection": read.id}
    return Outcome(v.INTERACTION_NEEDED, changes, facts)


@handlers.handler("look_for_source")
async def look_for_source(context: Context, attempt: Attempt) -> Outcome:
    """What a lost answer left behind: a connection made since, or the source within it."""
    try:
        found = await _found(context, attempt)
    except api.Gone as error:  # the user or the connection was deleted: this is no absence
        return evolve(outcome_of(error, writing=False), kind=v.REJECTED)
    claims = (creation_key(attempt),)
    if found is not None:
        changes = {"unsure_since": None, **found}
        facts = {"found": True, "connection": found.get("id_connection")}
        return Outcome(v.DONE, changes, facts, dropped_claims=claims)
    problem = attempt.problem
    code = problem.code if problem else None
    since = attempt.unsure_since or context.now()
    if code is None and context.now() < since + LONGEST:
        return Outcome(v.LOCKED, {"unsure_since": since}, {"found": False}, problem)
    # Powens itself answered (a code), or can no longer be at work: absence counts.
    facts = {"found": False, "state": INTERACTION_STATES.get((code or "").lower())}
    return Outcome(v.GONE, {"unsure_since": None}, facts, problem, dropped_claims=claims)


async def _found(context: Context, attempt: Attempt) -> dict[str, Any] | None:
    if attempt.id_connection is None:
        read = await newest_connection(context, attempt)
        return None if read is None else {"id_connection": read.id, "connection_made_here": True}
    connection: m.Connection = await context.call("connection", id_connection=attempt.id_connection)
    source = own_source(connection, attempt)
    return None if source is None else {"source_id": source.id}


async def newest_connection(context: Context, attempt: Attempt) -> m.Connection | None:
    """The connection of the chosen connector that came to be since the attempt chose it.

    One that another attempt made or adopted is not taken, and one is adopted once.
    """
    assert attempt.user is not None, "opened first"
    connections: tuple[m.Connection, ...] = await context.call("connections")
    made = [
        one
        for one in connections
        if one.id not in attempt.known_connections and is_of(one, attempt)
    ]
    if not made:
        return None
    others = await context.call("others_connections")
    until = context.now() + ADOPTED
    for one in sorted(made, key=lambda one: one.id, reverse=True):
        key = f"connection:{attempt.user.id}:{one.id}"
        if one.id not in others and await context.call("claim", key=key, until=until):
            return one
    return None


def was_at_bank(attempt: Attempt) -> bool:
    """Whether an address was given out, which the user may have used whatever came back since."""
    problem = attempt.problem
    return attempt.url is not None or (problem is not None and problem.key.startswith("webauth."))


def is_of(read: m.Connection, attempt: Attempt) -> bool:
    """Whether the connection is one of the chosen connector."""
    connector = attempt.connector
    if connector is None or (read.id_connector is None and read.connector_uuid is None):
        return True
    return read.id_connector == connector.id or read.connector_uuid == connector.uuid


def own_source(read: m.Connection, attempt: Attempt) -> m.ConnectionSource | None:
    """The connection's source that is being added or repaired."""
    return next((one for one in read.sources if one.name == attempt.source), None)


def added(attempt: Attempt, read: m.Connection) -> dict[str, Any]:
    """The changes when the connection says that the source at hand is synced."""
    source = own_source(read, attempt)
    told = reported(attempt, read)
    expire = source.access_expire if source is not None else None
    return {"sources": told.sources, **fates.added(told, expire)}


def reported(attempt: Attempt, read: m.Connection) -> Attempt:
    """The attempt with what the connection says of its earlier sources (protocol: "decide on that
    source's own state, and report the others")."""
    states = {one.name: one.state for one in read.sources}
    return evolve(attempt, sources=fates.reported(attempt.sources, states))


@handlers.handler("check_sync")
async def check_sync(context: Context, attempt: Attempt) -> Outcome:
    """Whether the sync that locked the connection has ended: its `last_update` has moved."""
    if attempt.id_connection is None:  # refused as locked, with nothing there that can be
        return Outcome(v.DONE, problem=attempt.problem)
    read: m.Connection = await context.call("connection", id_connection=attempt.id_connection)
    before = attempt.reading
    moved = before.last_update is not None and read.last_update != before.last_update
    if moved or attempt.polls >= SYNC_LOOKS:
        return Outcome(v.DONE, {"reading": Reading()}, problem=ASK_AGAIN)
    reading = evolve(before, last_update=read.last_update or context.now())
    return Outcome(v.LOCKED, {"reading": reading})


@handlers.handler("set_source_aside")
async def set_source_aside(context: Context, attempt: Attempt) -> Outcome:
    """Disable the source that the user gave up, or that cannot be used, where it came to be.

    Why it is left out is still to be said, and nothing else, as the attempt goes on without it.
    """
    if attempt.source_id is None:
        return Outcome(v.DONE, problem=attempt.problem)
    try:
        await context.call("disable_source", id_source=attempt.source_id)
    except api.PowensError as error:
        return evolve(outcome_of(error, writing=False), problem=attempt.problem)
    return Outcome(v.DONE, problem=attempt.problem)
