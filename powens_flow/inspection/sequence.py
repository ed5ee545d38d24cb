"""One attempt as a sequence of messages: user, backend, Powens, bank. Mermaid text. Pure."""

from collections.abc import Iterator
from typing import Final

from powens_flow import vocabulary as v
from powens_flow.attempt import CallRecord, JournalRow
from powens_flow.inspection.durations import spoken
from powens_flow.inspection.folding import rounds, same
from powens_flow.inspection.story import Story
from powens_flow.machine import Definition

PARTICIPANTS: Final = (
    "actor user as User",
    "participant backend as Backend",
    "participant powens as Powens",
    "participant bank as Bank",
)
STAFF: Final = "actor staff as Staff"

_WORTH_SAYING: Final = 1.0
"""Seconds that a wait has to last to be told."""


def sequence_of(story: Story) -> str:
    """The story's messages as a Mermaid sequence diagram, ending in a newline."""
    has_staff = any(row.cause == "staff" for row in story.rows)
    lines = [
        "sequenceDiagram",
        *(f"    {one}" for one in PARTICIPANTS),
        *([f"    {STAFF}"] if has_staff else []),
        *(f"    {line}" for line in _folded(story)),
        f"    Note over backend: {_text(story.attempt.state)}",
    ]
    return "\n".join(lines) + "\n"


def _folded(story: Story) -> Iterator[str]:
    """The lines, with what comes again and again written once, in a loop."""
    for found in rounds([same(row) for row in story.rows]):
        rows = story.rows[found.place : found.place + found.length]
        body = [line for row in rows for line in _lines(row, story.machine)]
        if found.times > 1:
            yield f"loop {found.times} times"
            yield from (f"    {line}" for line in body)
            yield "end"
        else:
            yield from body


def _lines(row: JournalRow, machine: Definition | None) -> Iterator[str]:
    yield from _waited(row)
    if row.cause in _INCOMING:
        yield from _INCOMING[row.cause](row)
    for call in row.calls:
        yield from _called(call)
    yield from _shown(row, machine)


def _waited(row: JournalRow) -> Iterator[str]:
    if row.cause in _INCOMING and row.duration >= _WORTH_SAYING:
        yield f"Note over backend: {_text(row.source)}, {_text(spoken(row.duration))}"


def _event(row: JournalRow) -> Iterator[str]:
    who = "bank" if row.trigger == "returned" else "user"
    if who == "bank":
        yield "bank-->>user: redirect back"
    yield f"user->>backend: {_text(row.trigger)}{_facts(row)}"


def _clock(row: JournalRow) -> Iterator[str]:
    yield f"Note over backend: the clock says {_text(row.trigger)}"


def _webhook(row: JournalRow) -> Iterator[str]:
    yield "powens->>backend: webhook"


def _staff(row: JournalRow) -> Iterator[str]:
    by, reason = row.facts.get("by"), row.facts.get("reason")
    yield f"staff->>backend: {_text(row.trigger)}, by {_text(by)}: {_text(reason)}"


_INCOMING: Final = {"event": _event, "clock": _clock, "webhook": _webhook, "staff": _staff}


def _called(call: CallRecord) -> Iterator[str]:
    yield f"backend->>powens: {_text(call.name)}"
    answer = " ".join(str(part) for part in (call.status, call.code) if part is not None)
    asked = f" ({_text(call.request_id)})" if call.request_id else ""
    if call.status is not None:
        yield f"powens-->>backend: {_text(answer)}{asked}"
    else:
        yield f"powens--xbackend: no answer{f' ({_text(call.code)})' if call.code else ''}"


def _shown(row: JournalRow, machine: Definition | None) -> Iterator[str]:
    """What the user is shown in the state that this led to."""
    name = machine.today(row.dest) if machine else None
    if machine is None or name is None or (row.dest == row.source and row.trigger != v.RETRY):
        return
    state = machine.state(name)
    if row.trigger == v.RETRY:
        yield f"Note over backend: {_text(row.source)} is tried again later"
    elif state.kind != "calling":
        yield f"backend-->>user: {_text(state.table.prompt)} ({_text(state.table.message)})"
        if state.table.prompt == "open_url":
            yield "user->>bank: open the page"


def _facts(row: JournalRow) -> str:
    """The ids and names that the event brought."""
    named = [f"{key} {_value(value)}" for key, value in row.facts.items()]
    return f" ({_text(', '.join(named))})" if named else ""


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(value: object) -> str:
    """What Mermaid takes as it is: no character that begins an entity or ends a statement."""
    return "".join(
        one if one.isalnum() or one in " .,_-+/@()':?*=" else f"#{ord(one)};" for one in str(value)
    )
