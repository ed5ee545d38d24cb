"""The path of one attempt, drawn over its machine. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from powens_flow.attempt import JournalRow
from powens_flow.diagrams.overlay import Mark, Overlay
from powens_flow.inspection.durations import spoken
from powens_flow.inspection.story import Story

SHORTEST = 0.05
"""Seconds; less is not worth a line in a picture."""


@frozen
class Stay:
    """How often an attempt came into one state, how long it was there, how often it tried again."""

    times: int
    seconds: float
    tries: int = 0


def stays(rows: tuple[JournalRow, ...], initial: str) -> Mapping[str, Stay]:
    """What the journal says of each state that the attempt was in."""
    times: Counter[str] = Counter([rows[0].source if rows else initial])
    seconds: dict[str, float] = defaultdict(float)
    tries: Counter[str] = Counter()
    for row in rows:
        seconds[row.source] += row.duration
        if row.dest != row.source:
            times[row.dest] += 1
        elif row.trigger == "retry":
            tries[row.source] += 1
    return {state: Stay(times[state], seconds[state], tries[state]) for state in times}


def path_of(story: Story, now: datetime | None) -> Overlay:
    """The states that were visited, the present one, loops and times; edges by how often taken.

    Without `now` the present state says since when it lasts, which stays true.
    """
    attempt, machine = story.attempt, story.machine
    if machine is None:
        return Overlay()
    present = machine.today(attempt.state)
    states = {}
    for name, stay in stays(story.rows, machine.initial).items():
        known = machine.today(name)
        if known is not None:
            is_here = known == present and not story.has_ended
            states[known] = Mark(
                notes=_notes(stay, _here(attempt.entered_at, now) if is_here else None),
                visited=True,
                present=known == present,
            )
    taken = Counter(
        (machine.today(row.source) or row.source, row.trigger, machine.today(row.dest) or row.dest)
        for row in story.rows
    )
    return Overlay(
        title=f"attempt {attempt.id}, {attempt.state}",
        states=states,
        edges={edge: f"{count}x" for edge, count in taken.items()},
    )


def _here(entered_at: datetime, now: datetime | None) -> str:
    if now is None:
        return f"here since {entered_at:%H:%M:%S} UTC"
    return f"here for {spoken(max(0.0, (now - entered_at).total_seconds()))}"


def _notes(stay: Stay, here: str | None) -> tuple[str, ...]:
    notes = []
    if stay.times > 1:
        notes.append(f"{stay.times} times")
    if stay.tries:
        notes.append(f"tried again {stay.tries}x")
    if stay.seconds >= SHORTEST:
        notes.append(spoken(stay.seconds))
    if here is not None:
        notes.append(here)
    return tuple(notes)
