"""What counts as stuck, and why an attempt is. Pure; the clock is handed in."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from powens_flow.inspection.durations import spoken
from powens_flow.machine import Definition, Machines
from powens_flow.machine.compose import INTERRUPTED
from powens_flow.store.fleet import Listed, Trouble

OVERDUE: Final = timedelta(minutes=1)
"""A running backend takes up what is due within a second."""

CALLING: Final = timedelta(minutes=15)
"""Longer than a call that checks credentials takes, with its tries."""

NOT_LOADED: Final = "its machine is not loaded here"
"""Why nothing is known of an attempt of another's machine, which may be well."""

ASKING: Final = (INTERRUPTED, "stuck", "cleaning_up_later")
"""The last names of the states where something went wrong and nothing but a decision helps."""


def trouble(machines: Machines, now: datetime) -> Trouble:
    """What is stuck at this moment, as these machines see it."""
    each = list(machines.values())
    return Trouble(
        overdue=now - OVERDUE,
        calling_since=now - CALLING,
        asking=frozenset(n for one in each for n in one.states if n.rpartition(".")[2] in ASKING),
        calling=frozenset(s.name for one in each for s in one.states.values() if _calls(s.kind)),
        known=frozenset(_known(each)),
        machines=frozenset(machines),
    )


def reasons(one: Listed, what: Trouble, now: datetime) -> tuple[str, ...]:
    """Why the attempt is stuck; empty: it is not."""
    return tuple(_reasons(one, what, now))


def _calls(kind: str) -> bool:
    return kind == "calling"


def _known(machines: Iterable[Definition]) -> Iterator[str]:
    for machine in machines:
        for state in machine.states.values():
            yield from (state.name, *state.formerly)


def _reasons(one: Listed, what: Trouble, now: datetime) -> Iterator[str]:
    if one.wakes_at is None:
        return
    if one.wakes_at < what.overdue:
        late = spoken((now - one.wakes_at).total_seconds())
        whose = "its process died" if one.driven else "no backend takes it up"
        yield f"overdue for {late}: {whose}"
    if one.state not in what.known:
        is_loaded = one.machine in what.machines
        yield "its state fits nowhere in this version" if is_loaded else NOT_LOADED
    elif one.state in what.asking:
        yield f"somebody has to decide{_because(one)}"
    elif one.state in what.calling and one.entered_at < what.calling_since:
        yield f"calling for {spoken((now - one.entered_at).total_seconds())}"


def _because(one: Listed) -> str:
    return f": {one.problem}" if one.problem else ""
