"""One checked machine, built with `transitions`: the pure step from state and trigger to state."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen
from transitions import Machine as TransitionsMachine
from transitions import State as TransitionsState

from powens_flow.machine.compose import Composition, Part, State, Transition
from powens_flow.machine.registry import Guard, Handler, Registry


class NotAccepted(Exception):
    """A state does not take a trigger. `accepts` lists what it takes."""

    def __init__(self, state: str, trigger: str, accepts: tuple[str, ...]) -> None:
        self.state = state
        self.trigger = trigger
        self.accepts = accepts
        takes = ", ".join(accepts) or "nothing: it is an end"
        super().__init__(f"state {state!r} does not take {trigger!r}; it takes: {takes}")


class GuardNotRecorded(LookupError):
    """A replayed row does not say what this guard answered: the definition has changed since."""


@frozen
class Step:
    """What one trigger came to: the state it led to, and what each asked guard answered."""

    to: str
    guards: Mapping[str, bool]


class _Cursor:
    """What `transitions` moves: never registered with the machine, gone after one step."""

    __slots__ = ("asked", "attempt", "outcome", "recorded", "state")

    def __init__(self, state: str, attempt: Any, outcome: Any) -> None:
        self.state = state
        self.attempt = attempt
        self.outcome = outcome
        self.asked: list[tuple[str, bool]] = []
        self.recorded: Mapping[str, bool] | None = None


class _Seen:
    """What the machine was seen to do in one place: lead `to` a state, or ask `guard` first."""

    __slots__ = ("answered", "guard", "to")

    def __init__(self) -> None:
        self.to: str | None = None
        self.guard = ""
        self.answered: dict[bool, _Seen] = {}

    def learn(self, asked: Sequence[tuple[str, bool]], to: str) -> None:
        """Remember that these answers, in this order, led `to` a state."""
        place = self
        for place.guard, answer in asked:
            place = place.answered.setdefault(answer, _Seen())
        place.to = to


@frozen(eq=False)
class Definition:
    """A machine that is ready to run. `hash` changes when the machine does."""

    name: str
    title: str
    initial: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    parts: Mapping[str, Part]
    files: tuple[str, ...]
    hash: str
    handlers: Mapping[str, Handler]
    _accepts: Mapping[str, tuple[str, ...]]
    _formerly: Mapping[str, str]
    _guards: Mapping[str, Guard] = field(repr=False)
    _events: Mapping[str, Callable[[_Cursor], bool]] = field(repr=False)
    _seen: dict[tuple[str, str], _Seen] = field(factory=dict, init=False, repr=False)

    def step(self, state: str, trigger: str, attempt: Any = None, outcome: Any = None) -> Step:
        """Take `trigger` in `state`. Guards see `attempt` and `outcome`.

        `transitions` decides. Where a trigger leads hangs on the guards' answers alone, so what it
        decided is remembered by them: to ask it again costs more than all else of a step.

        Raises:
            NotAccepted: the state does not take that trigger.
        """
        seen = self._seen.get((state, trigger))
        guards: dict[str, bool] = {}
        while seen is not None:
            if seen.to is not None:
                return Step(seen.to, guards)
            answer = guards[seen.guard] = bool(self._guards[seen.guard](attempt, outcome))
            seen = seen.answered.get(answer)
        return self._learned(_Cursor(state, attempt, outcome), trigger)

    def replay(self, state: str, trigger: str, guards: Mapping[str, bool]) -> Step:
        """Take `trigger` again with the answers that the guards gave then.

        Raises:
            NotAccepted: the state no longer takes that trigger.
            GuardNotRecorded: the definition now asks a guard that was not asked then.
        """
        cursor = _Cursor(state, None, None)
        cursor.recorded = guards
        return self._taken(cursor, trigger)

    def accepts(self, state: str) -> tuple[str, ...]:
        """The triggers that `state` takes."""
        return self._accepts.get(state, ())

    def state(self, name: str) -> State:
        """The state of that name; `KeyError` if there is none."""
        return self.states[name]

    def today(self, name: str) -> str | None:
        """Today's name of a stored state: itself, its new name, or None when it fits nowhere."""
        if name in self.states:
            return name
        return self._formerly.get(name)

    def handler(self, name: str) -> Handler:
        """The function of the calling state `name`."""
        return self.handlers[name]

    def _learned(self, cursor: _Cursor, trigger: str) -> Step:
        source = cursor.state
        step = self._taken(cursor, trigger)
        self._seen.setdefault((source, trigger), _Seen()).learn(cursor.asked, step.to)
        return step

    def _taken(self, cursor: _Cursor, trigger: str) -> Step:
        if trigger not in self._accepts.get(cursor.state, ()):
            raise NotAccepted(cursor.state, trigger, self.accepts(cursor.state))
        if not self._events[trigger](cursor):
            raise NotAccepted(cursor.state, trigger, self.accepts(cursor.state))
        return Step(cursor.state, dict(cursor.asked))


def build(machine: Composition, registry: Registry) -> Definition:
    """A checked composition as a `Definition`."""
    built = TransitionsMachine(
        model=None,
        states=[TransitionsState(name) for name in machine.states],
        initial=machine.initial,
        auto_transitions=False,
        send_event=True,
    )
    conditions = {name: _condition(name, guard) for name, guard in registry.guards.items()}
    accepts: dict[str, dict[str, None]] = {name: {} for name in machine.states}
    for edge in machine.transitions:
        accepts[edge.source][edge.trigger] = None
        built.add_transition(
            edge.trigger, edge.source, edge.to, conditions=[conditions[g] for g in edge.when]
        )
    return Definition(
        name=machine.name,
        title=machine.title,
        initial=machine.initial,
        states=machine.states,
        transitions=machine.transitions,
        parts=machine.parts,
        files=machine.files,
        hash=_hash(machine),
        handlers={
            s.name: registry.handlers[s.table.handler]
            for s in machine.states.values()
            if s.table.handler is not None
        },
        accepts={name: tuple(triggers) for name, triggers in accepts.items()},
        formerly={old: s.name for s in machine.states.values() for old in s.formerly},
        guards=dict(registry.guards),
        events={name: event.trigger for name, event in built.events.items()},
    )


def _condition(name: str, guard: Guard) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:
        cursor: _Cursor = event.model
        if cursor.recorded is None:
            answer = bool(guard(cursor.attempt, cursor.outcome))
        elif name in cursor.recorded:
            answer = cursor.recorded[name]
        else:
            raise GuardNotRecorded(name)
        cursor.asked.append((name, answer))
        return answer

    condition.__name__ = name
    return condition


def _hash(machine: Composition) -> str:
    """Of everything that decides where a trigger leads, and of nothing else.

    Only among the branches of one state and trigger does order decide; the sort keeps that.
    """
    edges = [(t.source, t.trigger, t.to, t.when) for t in machine.transitions]
    edges.sort(key=lambda edge: edge[:2])
    states = sorted((s.name, s.kind, s.table.handler or "") for s in machine.states.values())
    text = json.dumps([machine.name, machine.initial, states, edges])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
