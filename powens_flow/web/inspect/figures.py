"""The fleet, counted: what several pages are made of."""

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import frozen

from powens_flow.machine import Definition
from powens_flow.store.fleet import ConnectorName, Count, Loss, Spent


@frozen
class Figures:
    """What a store counted; `spent` may be older than the rest."""

    counts: tuple[Count, ...]
    losses: tuple[Loss, ...]
    spent: tuple[Spent, ...]
    connectors: tuple[ConnectorName, ...]


@frozen
class StateFigures:
    """One state: how many are in it now, ended in it, were lost in it, and for how long."""

    name: str
    kind: str
    here: int
    ended: int
    lost: int
    spent: Spent | None


def by_state(machine: Definition, known: Figures) -> tuple[StateFigures, ...]:
    """The states of which something is known, in the order of the machine's files."""
    here = _counted(machine, (one for one in known.counts if one.lives))
    ended = _counted(machine, (one for one in known.counts if not one.lives))
    lost = _counted(machine, known.losses)
    times = _times(machine, known.spent)
    return tuple(
        StateFigures(state.name, state.kind, here[name], ended[name], lost[name], times.get(name))
        for name, state in machine.states.items()
        if here[name] or ended[name] or lost[name] or name in times
    )


def _counted(machine: Definition, counted: Iterable[Count | Loss]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counted:
        name = machine.today(one.state) if one.machine == machine.name else None
        if name is not None:
            found[name] += one.attempts
    return found


def _times(machine: Definition, spent: Iterable[Spent]) -> Mapping[str | None, Spent]:
    return {machine.today(one.state): one for one in spent if one.machine == machine.name}
