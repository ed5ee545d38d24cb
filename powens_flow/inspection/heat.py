"""The fleet, drawn over a machine: how many are where, for how long, and where they are lost."""

from collections import Counter
from collections.abc import Iterable

from powens_flow.diagrams.overlay import Mark, Overlay
from powens_flow.inspection.durations import spoken
from powens_flow.machine import Definition
from powens_flow.store.fleet import Count, Fleet, Loss, Spent

SHORTEST = 0.05
"""Seconds; less is not worth a line in a picture."""


def heat_of(
    machine: Definition, counts: Iterable[Count], losses: Iterable[Loss], spent: Iterable[Spent]
) -> Overlay:
    """Each state's share of those under way as its heat; the numbers as notes. Pure."""
    own = [one for one in counts if one.machine == machine.name]
    here = _by_state(machine, (one for one in own if one.lives))
    ended = _by_state(machine, (one for one in own if not one.lives))
    lost = _by_state(machine, (one for one in losses if one.machine == machine.name))
    times = {machine.today(one.state): one for one in spent if one.machine == machine.name}
    most = max(here.values(), default=0)
    marks = {
        name: Mark(
            notes=_notes(here[name], ended[name], lost[name], times.get(name)),
            heat=here[name] / most if here[name] else None,
        )
        for name in machine.states
    }
    return Overlay(
        title=f"{machine.title}: {here.total()} under way, {ended.total()} ended",
        states={name: mark for name, mark in marks.items() if mark.notes},
    )


async def heat(fleet: Fleet, machine: Definition) -> Overlay:
    """The heat of one machine as the store has it now."""
    return heat_of(machine, await fleet.counts(), await fleet.losses(), await fleet.spent())


def _by_state(machine: Definition, counted: Iterable[Count | Loss]) -> Counter[str]:
    """How many are in each state that this version knows."""
    found: Counter[str] = Counter()
    for one in counted:
        name = machine.today(one.state)
        if name is not None:
            found[name] += one.attempts
    return found


def _notes(here: int, ended: int, lost: int, times: Spent | None) -> tuple[str, ...]:
    notes = []
    if here:
        notes.append(f"{here} here")
    if ended:
        notes.append(f"{ended} ended")
    if lost:
        notes.append(f"{lost} lost")
    if times is not None and times.p95 >= SHORTEST:
        notes.append(f"median {spoken(times.median)}, p95 {spoken(times.p95)}")
    return tuple(notes)
