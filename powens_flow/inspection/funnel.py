"""Where attempts are lost: by step, and by connector. Pure, but for the asking.

A step is a state of the machine's own file, or one of its parts. Steps stand in the order in which
an attempt can first come to them; "came" counts the attempts that got at least as far.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from attrs import frozen

from powens_flow.decisions.moving import ENDING
from powens_flow.machine import Definition, Machines
from powens_flow.machine.compose import INTERRUPTED
from powens_flow.store.fleet import ConnectorName, Count, Fleet, Loss
from powens_flow.vocabulary import CANCEL, EXPIRE

ELSEWHERE: Final = "(of another version)"
"""The step of states that these machines do not know."""


@frozen
class Step:
    """One step: how many came at least so far, how many are in it now, how many were lost in it.

    `by` says by which trigger they were lost, at which states: (state, trigger, attempts).
    """

    name: str
    came: int
    here: int = 0
    cancelled: int = 0
    expired: int = 0
    failed: int = 0
    by: tuple[tuple[str, str, int], ...] = ()

    @property
    def lost(self) -> int:
        """How many were lost in this step."""
        return self.cancelled + self.expired + self.failed


@frozen
class OfConnector:
    """One connector's attempts; `mostly_at` is the state where most were lost."""

    uuid: str | None
    name: str
    attempts: int
    completed: int
    under_way: int
    lost: int
    mostly_at: str | None = None


@frozen
class Funnel:
    """One machine's attempts, from the first step to the last."""

    machine: str
    attempts: int
    completed: int
    under_way: int
    lost: int
    steps: tuple[Step, ...]
    connectors: tuple[OfConnector, ...]

    def to_json(self) -> dict[str, Any]:
        """The funnel as JSON values."""
        plain = attrs.asdict(self)
        for step, shown in zip(self.steps, plain["steps"], strict=True):
            shown["lost"] = step.lost
            shown["by"] = [
                {"state": state, "trigger": trigger, "attempts": attempts}
                for state, trigger, attempts in step.by
            ]
        return plain | {
            "steps": list(plain["steps"]),
            "connectors": list(plain["connectors"]),
        }


async def funnel(fleet: Fleet, machine: Definition, since: datetime | None = None) -> Funnel:
    """The funnel of one machine's attempts created since then, as the store has it now."""
    counts, losses = await fleet.counts(since=since), await fleet.losses(since=since)
    return funnel_of(machine, counts, losses, await fleet.connectors())


def funnel_of(
    machine: Definition,
    counts: Iterable[Count],
    losses: Iterable[Loss],
    names: Iterable[ConnectorName],
) -> Funnel:
    """The funnel out of what a store counted."""
    own = [one for one in counts if one.machine == machine.name]
    lost = [one for one in losses if one.machine == machine.name]
    under_way = [one for one in own if one.lives and not one.state.startswith(ENDING)]
    completed = [one for one in own if not one.lives and _is_completion(machine, one.state)]
    return Funnel(
        machine=machine.name,
        attempts=_sum(own),
        completed=_sum(completed),
        under_way=_sum(under_way),
        lost=_sum(lost),
        steps=_steps(machine, _sum(completed), under_way, lost),
        connectors=_connectors(own, completed, under_way, lost, {n.uuid: n.name for n in names}),
    )


def left_out(machines: Machines, counts: Iterable[Count]) -> Mapping[str, int]:
    """How many attempts no funnel of these machines has: those of others, by their names."""
    found = Counter[str]()
    for one in counts:
        if one.machine not in machines:
            found[one.machine] += one.attempts
    return dict(sorted(found.items()))


def step_of(machine: Definition, state: str) -> str:
    """The step that a state belongs to."""
    name = machine.today(state)
    if name is None:
        return ELSEWHERE
    return machine.state(name).part or name.removesuffix(f".{INTERRUPTED}")


def steps_in_order(machine: Definition) -> tuple[str, ...]:
    """The steps, by the fewest transitions that lead to them; common edges lead nowhere new."""
    ahead: dict[str, list[str]] = {}
    for edge in machine.transitions:
        if not edge.common:
            ahead.setdefault(edge.source, []).append(edge.to)
    seen, waiting = {machine.initial: None}, deque([machine.initial])
    while waiting:
        for to in ahead.get(waiting.popleft(), ()):
            if to not in seen and machine.state(to).kind != "final" and not to.startswith(ENDING):
                seen[to] = None
                waiting.append(to)
    everything = [*seen, *(n for n in machine.states if machine.state(n).kind != "final")]
    steps = dict.fromkeys(step_of(machine, name) for name in everything)
    return (*(one for one in steps if not f"{one}.".startswith(ENDING)), ELSEWHERE)


def _steps(
    machine: Definition, completed: int, under_way: list[Count], lost: list[Loss]
) -> tuple[Step, ...]:
    here = Counter[str]()
    for count in under_way:
        here[step_of(machine, count.state)] += count.attempts
    of_step: dict[str, list[Loss]] = {}
    for loss in lost:
        of_step.setdefault(step_of(machine, loss.state), []).append(loss)
    steps, came = [], completed
    for name in reversed(steps_in_order(machine)):
        step = _step(name, here[name], of_step.get(name, []))
        came += step.here + step.lost
        steps.append(attrs.evolve(step, came=came))
    return tuple(one for one in reversed(steps) if one.here or one.lost)


def _step(name: str, here: int, lost: list[Loss]) -> Step:
    by = Counter[tuple[str, str]]()
    for loss in lost:
        by[loss.state, loss.trigger] += loss.attempts
    ends = Counter[str]()
    for (_, trigger), attempts in by.items():
        ends[{CANCEL: "cancelled", EXPIRE: "expired"}.get(trigger, "failed")] += attempts
    listed = sorted(by.items(), key=lambda one: (-one[1], one[0]))
    return Step(name, 0, here, by=tuple((*key, n) for key, n in listed), **ends)


def _connectors(
    own: list[Count],
    completed: list[Count],
    under_way: list[Count],
    lost: list[Loss],
    names: Mapping[str, str],
) -> tuple[OfConnector, ...]:
    made = []
    for uuid, attempts in _by_connector(own).items():
        at = Counter[str]()
        for loss in lost:
            if loss.connector == uuid:
                at[loss.state] += loss.attempts
        made.append(
            OfConnector(
                uuid=uuid,
                name=names.get(uuid, uuid) if uuid else "(none chosen)",
                attempts=attempts,
                completed=_by_connector(completed)[uuid],
                under_way=_by_connector(under_way)[uuid],
                lost=at.total(),
                mostly_at=min(at, key=lambda s: (-at[s], s)) if at else None,
            )
        )
    return tuple(sorted(made, key=lambda one: (-one.lost, -one.attempts, one.name)))


def _by_connector(counts: Iterable[Count]) -> Counter[str | None]:
    found: Counter[str | None] = Counter()
    for one in counts:
        found[one.connector] += one.attempts
    return found


def _sum(counted: Iterable[Count | Loss]) -> int:
    return sum(one.attempts for one in counted)


def _is_completion(machine: Definition, state: str) -> bool:
    name = machine.today(state)
    return name is not None and machine.state(name).table.prompt == "done"
