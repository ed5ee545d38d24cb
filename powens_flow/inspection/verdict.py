"""Why an attempt is where it is, in one sentence: for whoever is woken at night.

State, since when, what it waits for, until when, and the last error with its code and the
`request_id` under which Powens can look it up.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import frozen

from powens_flow.attempt import Attempt, CallRecord, JournalRow
from powens_flow.inspection.durations import spoken
from powens_flow.inspection.story import Story
from powens_flow.inspection.stuck import NOT_LOADED, reasons
from powens_flow.machine.compose import State
from powens_flow.store.fleet import Fleet, Listed, Trouble, Wanted

ENDED, STUCK, WORKING, WAITING = "ended", "stuck", "working", "waiting"
"""How an attempt stands."""

_OF_OWNER: Final = 200
"""Attempts of one owner in one state, among which one is looked for."""

_WAITS_FOR: Final[Mapping[str, str]] = {
    "choose_connector": "the user, to choose a bank",
    "choose_source": "the user, to choose a source",
    "already_connected": "the user, to repair the connection that is there or add another",
    "fill_in_fields": "the user, to fill in",
    "open_url": "the user, to come back from the bank's page",
    "approve_on_device": "the user, to approve in the bank's app",
    "act_at_bank": "the user, to do on the bank's site what it asks for",
    "wait": "Powens or the bank, to get on",
    "choose_accounts": "the user, to choose accounts",
    "try_again": "the user, to try again or give up",
}


@frozen
class LastError:
    """What went wrong last: a message key or a call's name, the code and the `request_id` that
    Powens gave, the HTTP status and when, as far as they are known.

    `is_past`: the attempt has got on since.
    """

    what: str
    code: str | None = None
    request_id: str | None = None
    status: int | None = None
    at: datetime | None = None
    is_past: bool = False

    def __str__(self) -> str:
        known = (
            f"status {self.status}" if self.status else None,
            self.code and f"code {self.code}",
        )
        told = [self.what, *(one for one in known if one)]
        if self.request_id:
            told.append(f"request_id {self.request_id}")
        return ", ".join(told)


@frozen
class Verdict:
    """How an attempt stands at one moment.

    `stands` is `ended`, `stuck`, `working` (a call is under way or is tried again) or `waiting`.
    `why` says why it is stuck. `until` is when the wait expires, `next_look` when the engine looks
    by itself, or while it is `driven`, when its lease ends. `connection_state` is what Powens said
    of the connection when it was last read. `last_call` is the last call made.
    """

    state: str
    means: str
    stands: str
    since: datetime
    now: datetime
    why: tuple[str, ...] = ()
    waits_for: str | None = None
    connector: str | None = None
    connection_state: str | None = None
    until: datetime | None = None
    next_look: datetime | None = None
    driven: bool = False
    tries: int = 0
    inbox: tuple[str, ...] = ()
    error: LastError | None = None
    last_call: CallRecord | None = None

    def sentence(self) -> str:
        """The whole of it as one sentence of plain text."""
        return "; ".join(self._clauses()) + "."

    def _clauses(self) -> Iterator[str]:
        ago = spoken(max(0.0, (self.now - self.since).total_seconds()))
        long = f"{ago} ago" if self.stands == ENDED else f"for {ago}"
        yield f"{self.state}, {self.stands}, since {_moment(self.since)} ({long})"
        yield from self.why
        if self.connection_state:
            yield f"the connection is in state {self.connection_state}"
        if self.waits_for:
            yield f"waits for {self.waits_for}"
        if self.until:
            yield f"until {_moment(self.until)}"
        if self.error:
            yield f"last error: {self.error}"

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON values, with the sentence."""
        error = self.error
        return {
            "sentence": self.sentence(),
            "state": self.state,
            "means": self.means,
            "stands": self.stands,
            "since": self.since.isoformat(),
            "why": list(self.why),
            "waits_for": self.waits_for,
            "connector": self.connector,
            "connection_state": self.connection_state,
            "until": self.until and self.until.isoformat(),
            "next_look": self.next_look and self.next_look.isoformat(),
            "driven": self.driven,
            "inbox": list(self.inbox),
            "error": error
            and {
                "what": error.what,
                "code": error.code,
                "request_id": error.request_id,
                "status": error.status,
                "at": error.at and error.at.isoformat(),
                "is_past": error.is_past,
            },
        }


async def verdict_on(fleet: Fleet, story: Story, trouble: Trouble, now: datetime) -> Verdict:
    """The verdict on an attempt as a store has it now.

    Raises:
        StoreError: it cannot be read.
    """
    listed = None if story.has_ended else await _listed(fleet, story.attempt)
    return verdict_of(story, listed, trouble, now)


async def _listed(fleet: Fleet, attempt: Attempt) -> Listed | None:
    """How the list has it: only there it stands who drives it."""
    wanted = Wanted(owner=attempt.owner, machine=attempt.machine, states=frozenset({attempt.state}))
    page = await fleet.attempts(wanted, limit=_OF_OWNER)
    return next((one for one in page.attempts if one.id == attempt.id), None)


def verdict_of(story: Story, listed: Listed | None, trouble: Trouble, now: datetime) -> Verdict:
    """The verdict on an attempt: its story, how the store lists it, and what counts as stuck.

    `listed` is None where the store does not say who drives it and when it is looked at again.
    """
    attempt = story.attempt
    if story.has_ended:
        return Verdict(
            state=attempt.state,
            means=story.means,
            stands=ENDED,
            since=_came(attempt, story.rows),
            now=now,
            connector=attempt.connector.name if attempt.connector else None,
            error=_last_error(attempt, story.rows),
            last_call=_last_call(story.rows),
        )
    state = story.machine.state(story.state) if story.machine and story.state else None
    why = reasons(listed, trouble, now) if listed is not None else ()
    if story.machine is None and NOT_LOADED not in why:
        why = (*why, NOT_LOADED)
    return Verdict(
        state=attempt.state,
        means=story.means,
        stands=_stands(state, why),
        since=_came(attempt, story.rows),
        now=now,
        why=why,
        waits_for=_waits_for(attempt, state) if story.machine is not None else None,
        connector=attempt.connector.name if attempt.connector else None,
        connection_state=attempt.reading.state,
        until=attempt.deadline_at if state is None or state.kind == "waiting" else None,
        next_look=listed.wakes_at if listed is not None else attempt.due_at,
        driven=listed is not None and listed.driven,
        tries=attempt.tries,
        inbox=story.posted,
        error=_last_error(attempt, story.rows),
        last_call=_last_call(story.rows),
    )


def _came(attempt: Attempt, rows: tuple[JournalRow, ...]) -> datetime:
    """When the attempt came into its state: a warning or a further try leads back to it."""
    came = (row.at for row in reversed(rows) if row.source != row.dest)
    return next(came, attempt.created_at if rows else attempt.entered_at)


def _stands(state: State | None, why: tuple[str, ...]) -> str:
    if why or state is None:
        return STUCK
    return WORKING if state.kind == "calling" else WAITING


def _waits_for(attempt: Attempt, state: State | None) -> str:
    if state is None:
        return "staff: its state fits nowhere in this version, and can only be cancelled"
    if state.kind == "calling":
        handler = state.table.handler or "its call"
        return f"{handler}, to be tried again" if attempt.tries else f"{handler}, to be answered"
    prompt = state.table.prompt or ""
    asked = ", ".join(one.name for one in attempt.asked) if prompt == "fill_in_fields" else ""
    return f"{_WAITS_FOR.get(prompt, prompt)}{asked and f' {asked}'}"


def _last_error(attempt: Attempt, rows: tuple[JournalRow, ...]) -> LastError | None:
    """The problem that the attempt has; else the last call that failed, which is past."""
    problem = attempt.problem
    if problem is not None:
        return LastError(problem.key, problem.code, problem.request_id)
    for row in reversed(rows):
        for call in reversed(row.calls):
            if has_failed(call):
                status = call.status or None
                what = call.name if status else f"{call.name}, no answer"
                return LastError(what, call.code, call.request_id, status, row.at, is_past=True)
    return None


def has_failed(call: CallRecord) -> bool:
    """Whether a call had no answer, or one that says that it failed."""
    return call.status is None or call.status >= 400


def _last_call(rows: tuple[JournalRow, ...]) -> CallRecord | None:
    return next((row.calls[-1] for row in reversed(rows) if row.calls), None)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
