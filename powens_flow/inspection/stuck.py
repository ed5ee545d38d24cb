"""What counts as stuck, and why an attempt is. Pure; the clock is handed in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from powens_flow.inspection.durations import spoken
from powens_flow.machine import Machines
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
    each = [(one.name, state) for one in machines.values() for state in one.states.values()]
    return Trouble(
        overdue=now - OVERDUE,
        calling_since=now - CALLING,
        asking=frozenset((m, s.name) for m, s in each if s.name.rpartition(".")[2] in ASKING),
        calling=frozenset((m, s.name) for m, s in each if s.kind == "calling"),
        known=frozenset((m, name) for m, s in each for name in (s.name, *s.formerly)),
    )


def reasons(one: Listed, what: Trouble, now: datetime) -> tuple[str, ...]:
    """Why the attempt is stuck; empty: it is not."""
    return tuple(_reasons(one, what, now))


def _reasons(one: Listed, what: Trouble, now: datetime) -> Iterator[str]:
    if one.wakes_at is None:
        return
    if one.wakes_at < what.overdue:
        late = spoken((now - one.wakes_at).total_seconds())
        whose = "its process died" if one.driven else "no backend takes it up"
        yield f"overdue for {late}: {whose}"
    place = (one.machine, one.state)
    if place not in what.known:
        is_loaded = any(machine == one.machine for machine, _ in what.known)
        yield "its state fits nowhere in this version" if is_loaded else NOT_LOADED
    elif place in what.asking:
        yield f"somebody has to decide{_because(one)}"
    elif place in what.calling and one.entered_at < what.calling_since:
        yield f"calling for {spoken((now - one.entered_at).total_seconds())}"


def _because(one: Listed) -> str:
    return f": {one.problem}" if one.problem else ""
