"""The calling states of `connection_state`: reading what the connection needs, and sending it."""

from datetime import datetime, timedelta
from typing import Any

from powens_flow import vocabulary as v
from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.api.constants import ConnectionState
from powens_flow.attempt import UNUSABLE, Attempt, Problem, Reading
from powens_flow.calls import CHECKING
from powens_flow.decisions import fates, planning
from powens_flow.decisions.accepting import ASK_AGAIN, LOCKED, webauth_state
from powens_flow.decisions.guards import PATIENT_STATES
from powens_flow.decisions.waiting import NOTHING, user_ends_first
from powens_flow.evolving import evolve
from powens_flow.handlers import shapes
from powens_flow.handlers.context import Context
from powens_flow.handlers.failures import outcome_of
from powens_flow.handlers.registry import handlers
from powens_flow.handlers.source import (
    SYNC_LOOKS,
    added,
    fetch_key_anew,
    is_of,
    newest_connection,
    own_source,
    reported,
    was_at_bank,
)
from powens_flow.outcomes import Outcome

LONGEST = timedelta(seconds=CHECKING)
ASKED_FOR = {
    "additionalinformationneeded": "information",
    "wrongpass": "correction",
    "passwordexpired": "new_password",
}
"""What the states that ask for values ask for."""
CHECKED = (*ASKED_FOR, "scarequired", "actionneeded")
"""States that lead to a call in which the bank is asked, which may take minutes."""


# --- reading ---------------------------------------------------------------------------------


@handlers.handler("read_state")
async def read_state(context: Context, attempt: Attempt) -> Outcome:
    """What the connection, or the source at hand, says of itself; the user's own token reads it."""
    try:
        return await _read(context, attempt)
    except (api.InputRefused, api.KeyRefused) as error:  # a read sends no values to be refused
        return evolve(outcome_of(error, writing=False), kind=v.BAD_ANSWER)
    except api.InteractionNeeded as error:
        outcome = outcome_of(error, writing=False)
        is_there = attempt.id_connection is not None  # else there is nothing that can be so
        return outcome if is_there else evolve(outcome, kind=v.BAD_ANSWER)


async def _read(context: Context, attempt: Attempt) -> Outcome:
    if attempt.id_connection is not None:
        read = await context.call("connection", id_connection=attempt.id_connection)
        return _decided(context, attempt, read)
    try:
        found = await _come_back(context, attempt)
    except api.Gone:
        return _foreign()
    except api.Unauthorised as error:
        # Of what a callback names, 403 says that it is another's; 401 is said of the token.
        if attempt.callback_connection is None or error.status == 401:
            raise
        return _foreign()
    if found is None:
        return _nothing_there(attempt)
    if not is_of(found, attempt):
        return _foreign()
    made = found.id not in attempt.known_connections
    attempt = context.note(id_connection=found.id, connection_made_here=made)
    return _decided(context, attempt, found)


@handlers.handler("look_back")
async def look_back(context: Context, attempt: Attempt) -> Outcome:
    """A redirect that was lost: whether the user approved at the bank all the same."""
    gone = Outcome(v.GONE, {"ending": "expired"}, problem=Problem("webauth.nothing_came"))
    try:
        came_back = await _has_come_back(context, attempt)
    except (api.Gone, api.Unauthorised):  # the temporary user has ended too
        return gone
    return Outcome(v.DONE, {"came_back": True}) if came_back else gone


async def _has_come_back(context: Context, attempt: Attempt) -> bool:
    if attempt.id_connection is None:
        return await newest_connection(context, attempt) is not None
    read: m.Connection = await context.call("connection", id_connection=attempt.id_connection)
    source = own_source(read, attempt)
    state = source.state if source is not None else read.state
    pending = state is not None and state.casefold() == "webauthrequired"
    return not (pending or (attempt.source and source is None and read.sources))


async def _come_back(context: Context, attempt: Attempt) -> m.Connection | None:
    """The connection that the callback names, or the one that came to be since.

    A callback proves nothing: what it names is read with the user's own token, and a redirect
    may be lost.
    """
    named = attempt.callback_connection
    if named is None:
        newest = await newest_connection(context, attempt)
        if newest is None:
            return None
        named = newest.id
    read: m.Connection = await context.call("connection", id_connection=named)
    return read


def _foreign() -> Outcome:
    changes = {"came_back": False, "callback_connection": None}
    problem = Problem("webauth.foreign_connection")
    return Outcome(v.REFUSED_INPUT, changes, problem=problem)


def _nothing_there(attempt: Attempt) -> Outcome:
    if attempt.url is not None and not attempt.came_back:
        return Outcome(v.GONE, facts={"still_at_bank": True}, problem=attempt.problem)
    changes = {"came_back": False, "url": None, "url_state": None}
    return Outcome(v.GONE, changes, {"nothing_came": True}, Problem("webauth.nothing_came"))


def _decided(context: Context, attempt: Attempt, read: m.Connection) -> Outcome:
    source = own_source(read, attempt)
    if attempt.source and source is None and read.sources:
        return _source_missing(attempt)
    state = source.state if source is not None else read.state
    if state is None:
        facts = {"state": None, "connection": read.id, **_others(attempt, read)}
        return Outcome(v.DONE, _added(attempt, read), facts)
    return _needs(context, attempt, read, source, state)


def _others(attempt: Attempt, read: m.Connection) -> dict[str, Any]:
    """For the journal: what the other sources ask for; it decides on nothing here."""
    others = [one for one in read.sources if one.name and one.name != attempt.source]
    asking = {one.name: one.state for one in others if one.state is not None}
    return {"others": asking} if asking else {}


def _added(attempt: Attempt, read: m.Connection) -> dict[str, Any]:
    source = own_source(read, attempt)
    return {
        **added(attempt, read),
        "reading": Reading(last_update=source.last_update if source else read.last_update),
        "source_id": source.id if source else None,
        "resumed": False,
        "came_back": False,
        "callback_connection": None,
        "unsure_since": None,
    }


def _source_missing(attempt: Attempt) -> Outcome:
    """The source is not there: still at the bank for it, or deleted after a refusal.

    Of a source that was never seen nothing came: to plan it anew would ask Powens for the bank's
    page again at once, and for ever where it says that none is needed.
    """
    was_never_there = (
        attempt.source_id is None and planning.mechanism_of(attempt) == planning.WEBAUTH
    )
    if attempt.url is not None or was_never_there:
        return _nothing_there(attempt)
    problem = attempt.problem or Problem("source.lost")
    return Outcome(v.GONE, {"came_back": False}, {"source_was_lost": True}, problem)


def _needs(
    context: Context,
    attempt: Attempt,
    read: m.Connection,
    source: m.ConnectionSource | None,
    state: str,
) -> Outcome:
    reading = _reading(attempt, read, source, state)
    unsure = _may_still_change(context, attempt, reading)
    if unsure or attempt.unsure_since is not None:  # looking for what was sent is no loop
        reading = evolve(reading, repeats=0)
    at_bank = attempt.url is not None and not attempt.came_back
    changes: dict[str, Any] = {
        "reading": reading,
        "source_id": source.id if source else None,
        "came_back": False,
        "callback_connection": None,
        "resumed": attempt.resumed and state.casefold() == "decoupled",
        "unsure_since": attempt.unsure_since if unsure else None,
        **({} if at_bank else {"url": None, "url_state": None}),
        **_asking(attempt, read, state),
    }
    facts = {
        "state": state,
        "repeats": reading.repeats,
        "may_still_change": unsure,
        "still_at_bank": at_bank,
        "user_ends_first": user_ends_first(attempt, context.now(), state, then=_then(state)),
        **_others(attempt, read),
    }
    told = reported(attempt, read)
    changes["sources"] = told.sources
    problem = attempt.problem if unsure else _problem(attempt, state, reading)
    if state.casefold() == "notsupported":  # no prompt is its own: it is said with the next one
        changes |= fates.fate(told, UNUSABLE, state=state)
        problem = Problem("unsupported", message=reading.error_message)
    return Outcome(v.INTERACTION_NEEDED, changes, facts, problem)


def _then(state: str) -> timedelta:
    """How long what is sent after the state's wait may be checked."""
    return LONGEST if state.casefold() in CHECKED else NOTHING


def _reading(
    attempt: Attempt, read: m.Connection, source: m.ConnectionSource | None, state: str
) -> Reading:
    before = attempt.reading
    now = Reading(
        state=state,
        error_message=_words(read, state),
        fields=tuple(one.name for one in read.fields),
        last_update=source.last_update if source else read.last_update,
        next_try=(source.next_try if source else None) or read.next_try,
    )
    same = (before.state, before.fields) == (now.state, now.fields)
    # A sync that was forced may count as an update, though it brought the same again.
    same &= state.casefold() == "scarequired" or before.last_update == now.last_update
    return evolve(now, repeats=before.repeats + 1 if same else 0)


def _words(read: m.Connection, state: str) -> str | None:
    """The bank's words, where they are of this state; for a pending webauth, which may be another
    source's, they were seen to hold its URL, a secret."""
    states = {str(one).casefold() for one in (read.state, *(s.state for s in read.sources))}
    return read.error_message if _is_of(read, state) and "webauthrequired" not in states else None


def _is_of(read: m.Connection, state: str) -> bool:
    """Whether what the connection says as a whole is of this state of the source at hand."""
    return str(read.state).casefold() == state.casefold()


def _may_still_change(context: Context, attempt: Attempt, reading: Reading) -> bool:
    """Whether what was sent, and whose answer was lost, may still be at work; or the sync that
    kept values from being taken, which is given as many looks as before a source is added."""
    if reading.repeats == 0 or reading.last_update != attempt.reading.last_update:
        return False
    if attempt.unsure_since is not None:
        return context.now() < attempt.unsure_since + LONGEST
    was_kept = _key(attempt.problem) == LOCKED and str(reading.state).casefold() in ASKED_FOR
    return was_kept and attempt.polls < SYNC_LOOKS


def _key(problem: Problem | None) -> str:
    return problem.key if problem is not None else ""


def _asking(attempt: Attempt, read: m.Connection, state: str) -> dict[str, Any]:
    """The fields to ask for, where the state asks for values."""
    asked_for = ASKED_FOR.get(state.casefold())
    if asked_for is None:
        return {}
    known = {"correction": planning.own_fields, "new_password": planning.password_fields}
    others = known[asked_for](attempt) if asked_for in known else ()
    told = shapes.fields(read.fields)
    own = planning.of_source(told, attempt.source)
    # What another source asks for shows as the connection's; the fields of a code stand only there.
    is_own = own == told and _is_of(read, state)
    return {"asked": (own or others) if is_own else (others or own), "asked_for": asked_for}


def _problem(attempt: Attempt, state: str, reading: Reading) -> Problem | None:
    """Only what the prompt of the state does not say by itself."""
    patient = state.casefold() in PATIENT_STATES or attempt.url is not None
    if reading.repeats >= attempt.policy.no_progress_limit and not patient:
        return Problem("state.no_progress", message=reading.error_message)
    if state.casefold() == "wrongpass" or (
        state == attempt.reading.state and state.casefold() in ASKED_FOR
    ):
        return ASK_AGAIN if _key(attempt.problem) == LOCKED else attempt.problem
    return None


# --- sending ---------------------------------------------------------------------------------


@handlers.handler("force_sync")
async def force_sync(context: Context, attempt: Attempt) -> Outcome:
    """A forced sync; while one runs, Powens refuses another by itself."""
    if context.recovering:
        return Outcome(v.UNKNOWN, {"unsure_since": attempt.entered_at})
    try:
        read = await context.call("force_sync", source=attempt.source or None)
    except api.InputRefused as error:
        return _values_refused(attempt, error)
    except api.PowensError as error:
        return outcome_of(error, writing=True, unsure_since=_unsure_since(attempt, error))
    return _sent(attempt, read)


def _values_refused(attempt: Attempt, error: api.InputRefused) -> Outcome:
    """The bank refused the values that Powens has, though none were sent: all are asked for."""
    changes = {"asked": planning.own_fields(attempt), "asked_for": "correction"}
    reading = Reading(state=ConnectionState.WRONGPASS, last_update=attempt.reading.last_update)
    return outcome_of(error, writing=True, reading=reading, resumed=False, **changes)


@handlers.handler("answer_fields")
async def answer_fields(context: Context, attempt: Attempt) -> Outcome:
    """The user's values, posted once: a code or a password is never sent again unasked."""
    if context.recovering:
        unsure = {"unsure_since": attempt.entered_at}
        return Outcome(v.UNKNOWN, unsure, problem=Problem("outcome_unknown"))
    try:
        read = await context.call(
            "update_connection", source=attempt.source or None, values=context.values
        )
    except api.KeyRefused as error:
        await fetch_key_anew(context)
        return outcome_of(error, writing=True)
    except api.PowensError as error:
        return outcome_of(error, writing=True, unsure_since=_unsure_since(attempt, error))
    return _sent(attempt, read)


def _unsure_since(attempt: Attempt, error: api.PowensError) -> datetime | None:
    """Since when the call may be at work; None: Powens itself answered it, with a code."""
    return attempt.entered_at if error.code is None else None


def _sent(attempt: Attempt, read: m.Connection) -> Outcome:
    """The answer tells the connection's state only; any source's error shows there."""
    if read.state is None:
        return Outcome(v.DONE, _added(attempt, read), {"state": None})
    return Outcome(v.INTERACTION_NEEDED, {"unsure_since": None}, {"state": read.state})


@handlers.handler("resume")
async def resume(context: Context, attempt: Attempt) -> Outcome:
    """Go on once the user has approved; Powens works on in the background."""
    try:
        read = await context.call("resume_connection", source=attempt.source or None)
    except api.InputRefused as error:
        return _values_refused(attempt, error)
    except api.PowensError as error:
        # Resuming twice is resuming once, and what locks the connection may be another sync:
        # it is asked for again with the next look.
        return outcome_of(error, writing=True, resumed=False)
    if read.state is None:
        return Outcome(v.DONE, _added(attempt, read), {"state": None})
    return Outcome(v.INTERACTION_NEEDED, {"resumed": True}, {"state": read.state})


@handlers.handler("open_webauth")
async def open_webauth(context: Context, attempt: Attempt) -> Outcome:
    """The address of the bank's page, with a `state` of our own that is used once.

    Another address could make another connection, so what an earlier one made is looked for first.
    """
    if not attempt.policy.redirect_uri:
        return Outcome(v.REJECTED, problem=Problem("policy.no_redirect_uri"))
    if attempt.id_connection is None and was_at_bank(attempt):
        found = await newest_connection(context, attempt)
        if found is not None:
            changes = {"came_back": True, "callback_connection": None}
            return Outcome(v.REFUSED_INPUT, changes, {"connection": found.id})
    state = webauth_state(attempt.id, context.new_id())
    url = await context.call("webauth_url", state=state, source=attempt.source or None)
    return Outcome(v.DONE, {"url": url, "url_state": state, "came_back": False})
