"""Checks a composed machine before anything runs on it; a fault names file, state, trigger."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from powens_flow import vocabulary as v
from powens_flow.machine.compose import Composition, State, Transition
from powens_flow.machine.errors import MachineError, Place
from powens_flow.machine.registry import Registry
from powens_flow.machine.ways import ways

Fault = tuple[Place, str]

ENDS: Final = ("done", "failed")
"""The prompts with which a UI is at an end; with any other it goes on waiting."""


def check(machine: Composition, registry: Registry) -> None:
    """Raise `MachineError` with every fault found, or return."""
    faults = [
        *_names(machine, registry),
        *_states(machine),
        *_branches(machine),
        *ways(machine),
        *_formerly(machine),
    ]
    if faults:
        raise MachineError(list(dict.fromkeys(faults)))


def _names(machine: Composition, registry: Registry) -> Iterator[Fault]:
    for state in machine.states.values():
        table, place = state.table, state.table.place
        yield from _one_of(place, "handler", table.handler, registry.handlers)
        yield from _one_of(place, "prompt", table.prompt, v.PROMPT_KINDS)
        yield from _one_of(place, "deadline", table.deadline, v.DEADLINES)
        if table.poll is not None:
            yield from _one_of(place, "poll.until", table.poll.until, v.POLL_UNTIL)
    for transition in machine.transitions:
        yield from _one_of(transition.place, "trigger", transition.trigger, v.TRIGGERS)
        for guard in transition.when:
            yield from _one_of(transition.place, "guard", guard, registry.guards)


def _one_of(place: Place, what: str, name: str | None, known: Iterable[str]) -> Iterator[Fault]:
    if name is not None and name not in known:
        yield place, f"unknown {what} {name!r}; known: {', '.join(sorted(known))}"


def _states(machine: Composition) -> Iterator[Fault]:
    triggers = defaultdict(set)
    for transition in machine.transitions:
        triggers[transition.source].add(transition.trigger)
    for state in machine.states.values():
        by_kind = {"waiting": _waiting, "calling": _calling, "final": _final}
        yield from by_kind[state.kind](state, triggers[state.name])


def _waiting(state: State, triggers: set[str]) -> Iterator[Fault]:
    table, place = state.table, state.table.place
    if table.prompt is None:
        yield place, "a waiting state needs a prompt"
    if table.prompt in ENDS:
        yield place, f"the prompt {table.prompt!r} is that of a final state: nobody would act on it"
    if table.deadline is None:
        yield place, "a waiting state needs a deadline"
    for needed in (v.CANCEL, v.EXPIRE):
        if needed not in triggers:
            yield place, f"a waiting state needs the trigger {needed!r}"
    if (table.poll is None) != (v.POLL not in triggers):
        yield place, "poll and the trigger 'poll' go together"
    for outcome in sorted(triggers & set(v.OUTCOMES)):
        yield place, f"a waiting state calls nothing, so it cannot have the outcome {outcome!r}"
    yield from _absent(state, "handler", "retry", "again")


def _calling(state: State, triggers: set[str]) -> Iterator[Fault]:
    place = state.table.place
    if state.table.handler is None:
        yield place, "a calling state needs a handler"
    for outcome in v.OUTCOMES:
        if outcome not in triggers:
            yield place, f"a calling state must say where the outcome {outcome!r} leads"
    for event in sorted(triggers & ({*v.EVENT_TRIGGERS, v.POLL} - {v.CANCEL})):
        yield place, f"a calling state takes no event, so it cannot have {event!r}"
    yield from _absent(state, "prompt", "deadline", "poll")


def _final(state: State, triggers: set[str]) -> Iterator[Fault]:
    if state.table.prompt not in ENDS:
        yield state.table.place, f"a final state needs the prompt {' or '.join(map(repr, ENDS))}"
    for trigger in sorted(triggers):
        yield Place(state.table.place.file, state.table.name, trigger), "a final state has none"
    yield from _absent(state, "handler", "retry", "again", "deadline", "poll")


def _absent(state: State, *keys: str) -> Iterator[Fault]:
    for key in keys:
        if getattr(state.table, key) is not None:
            yield state.table.place, f"a {state.kind} state has no {key}"


def _branches(machine: Composition) -> Iterator[Fault]:
    for branches in _by_trigger(machine).values():
        *earlier, last = branches
        if last.when:
            yield last.place, "the last branch must have no guard: with all false, nothing happens"
        for branch in earlier:
            if not branch.when:
                yield branch.place, f"the branches after the one to {branch.to!r} are never taken"


def _by_trigger(machine: Composition) -> Mapping[tuple[str, str], list[Transition]]:
    grouped: dict[tuple[str, str], list[Transition]] = defaultdict(list)
    for transition in machine.transitions:
        grouped[transition.source, transition.trigger].append(transition)
    return grouped


def _formerly(machine: Composition) -> Iterator[Fault]:
    taken: dict[str, str] = {name: name for name in machine.states}
    for state in machine.states.values():
        for old in state.formerly:
            if old in taken:
                yield state.table.place, f"formerly {old!r} already stands for {taken[old]!r}"
            taken[old] = state.name
