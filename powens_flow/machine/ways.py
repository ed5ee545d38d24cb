"""Checks the ways through a composed machine: into each state, and from there to an end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from powens_flow.machine.compose import Composition, State
from powens_flow.machine.errors import Place

Fault = tuple[Place, str]


def ways(machine: Composition) -> Iterator[Fault]:
    """Every state and part that is never reached, and every state that no end is reached from."""
    forward: dict[str, set[str]] = defaultdict(set)
    backward: dict[str, set[str]] = defaultdict(set)
    for transition in machine.transitions:
        forward[transition.source].add(transition.to)
        backward[transition.to].add(transition.source)
    finals = [s.name for s in machine.states.values() if s.kind == "final"]
    if not finals:
        yield Place(machine.files[0]), "the machine has no final state"
    reached = _closure([machine.initial], forward)
    ending = _closure(finals, backward)
    yield from _unreached(machine, reached)
    for name, state in machine.states.items():
        if name in reached - ending:
            what = f"no final state can be reached from {name!r}{_of(machine, state)}"
            yield state.table.place, what


def _unreached(machine: Composition, reached: set[str]) -> Iterator[Fault]:
    entered = {part for name in reached for part in _around(machine.states[name].part)}
    for name, state in machine.states.items():
        if name not in reached:
            missed = [part for part in _around(state.part) if part not in entered]
            yield _missed(machine, missed[-1]) if missed else _never_reached(machine, state)


def _missed(machine: Composition, part: str) -> Fault:
    """Said once of the whole part, where it is included."""
    user, _, prefix = part.rpartition(".")
    file = machine.parts[user].file if user else machine.files[0]
    what = f"the machine {machine.name!r} never comes to a state of it"
    return Place(file, prefix, kind="part"), what


def _never_reached(machine: Composition, state: State) -> Fault:
    what = f"{state.name!r} cannot be reached from {machine.initial!r}"
    if not state.part and state.table.place.file != machine.files[0]:
        shared = f"every machine has it, from {state.table.place.file}"
        return Place(machine.files[0]), f"{what} in the machine {machine.name!r}: {shared}"
    return state.table.place, what + _of(machine, state)


def _of(machine: Composition, state: State) -> str:
    """The machine, where the state's own file does not say it."""
    return f" in the machine {machine.name!r}" if state.part else ""


def _around(path: str) -> Iterator[str]:
    """The part of that path and those that it is in, the innermost first."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def _closure(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(edges.get(name, ()))
    return seen
