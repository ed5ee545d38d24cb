"""What a picture of a machine shows, as frozen values: every renderer draws the same `Graph`.

Edges that are written once for all states of a kind are told once, in `Graph.common`, and not per
state. So is the waiting sibling `interrupted` of a calling state, where only such edges lead to it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from attrs import frozen

from powens_flow.machine import Definition
from powens_flow.machine.compose import INTERRUPTED, State, Transition
from powens_flow.vocabulary import RETRY

ITSELF = "itself"
"""The target of a common edge that leads back to the state that it starts from."""

FEW = 2
"""Up to so many exceptions are named one by one; for more the groups are named that have it."""


@frozen
class Node:
    """A state. `again` is where "try again" leads after an interruption, unless to the state
    itself; it is told here where the sibling `interrupted` is not drawn."""

    name: str
    kind: str
    group: str
    prompt: str | None = None
    handler: str | None = None
    deadline: str | None = None
    poll: str | None = None
    retry: str | None = None
    again: str | None = None


@frozen
class Edge:
    """A transition. `branch` counts the branches of one state and trigger from 1, in the order in
    which their guards are asked; None where there is only one. `when` is empty for the last."""

    source: str
    to: str
    trigger: str
    when: tuple[str, ...] = ()
    branch: int | None = None


@frozen
class CommonEdge:
    """An edge of every state of `kind` in `groups` (empty: in all) that draws none for `trigger`.

    `to` is a state, `interrupted` (the state's own waiting sibling) or `itself`. `but` names the
    states that do not take `trigger` at all.
    """

    kind: str
    trigger: str
    to: str
    when: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


@frozen
class Group:
    """The states that come from one machine file. `path` is the prefix of a part's states, and
    empty for the machine's own and for those that all machines share."""

    path: str
    file: str

    @property
    def key(self) -> str:
        """What `Node.group` says."""
        return self.path or self.file


@frozen
class Graph:
    """A machine as it is drawn. All is in the order of the machine files."""

    name: str
    title: str
    initial: str
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    common: tuple[CommonEdge, ...]


def graph_of(machine: Definition) -> Graph:
    """The graph of a machine. Pure: the same machine gives the same graph."""
    folded = _folded(machine)
    shown = [s for s in machine.states.values() if s.name not in folded]
    edges = [t for t in machine.transitions if not t.common and t.source not in folded]
    groups = {state.name: _group(state) for state in shown}
    return Graph(
        name=machine.name,
        title=machine.title,
        initial=machine.initial,
        groups=tuple(dict.fromkeys(groups.values())),
        nodes=tuple(_node(state, groups[state.name], folded) for state in shown),
        edges=tuple(_edges(edges)),
        common=tuple(_common(machine, shown)),
    )


def _folded(machine: Definition) -> Mapping[str, str]:
    """The states `interrupted` that only common edges lead to, with where they lead back."""
    drawn = {t.to for t in machine.transitions if not t.common}
    return {
        t.source: t.to
        for t in machine.transitions
        if t.trigger == "try_again" and _is_interrupted(t.source, machine) and t.source not in drawn
    }


def _is_interrupted(name: str, machine: Definition) -> bool:
    calling, _, last = name.rpartition(".")
    return last == INTERRUPTED and calling in machine.states


def _group(state: State) -> Group:
    return Group(state.part, state.table.place.file)


def _node(state: State, group: Group, folded: Mapping[str, str]) -> Node:
    table = state.table
    again = folded.get(f"{state.name}.{INTERRUPTED}")
    return Node(
        name=state.name,
        kind=state.kind,
        group=group.key,
        prompt=table.prompt,
        handler=table.handler,
        deadline=table.deadline,
        poll=_poll(state),
        retry=table.retry,
        again=again if again != state.name else None,
    )


def _poll(state: State) -> str | None:
    poll = state.table.poll
    if poll is None:
        return None
    until = f", not before {poll.until}" if poll.until else ""
    return f"{poll.first:g} to {poll.most:g} s{until}"


def _edges(transitions: Iterable[Transition]) -> Iterator[Edge]:
    for _, group in groupby(transitions, key=lambda t: (t.source, t.trigger)):
        branches = list(group)
        for number, one in enumerate(branches, start=1):
            branch = number if len(branches) > 1 else None
            yield Edge(one.source, one.to, one.trigger, one.when, branch)


def _common(machine: Definition, shown: list[State]) -> Iterator[CommonEdge]:
    grouped: dict[tuple[str, str, tuple[str, ...], str], list[State]] = {}
    for edge in machine.transitions:
        state = machine.state(edge.source)
        if edge.common and state in shown and edge.trigger != RETRY:
            key = (state.kind, edge.trigger, edge.when, _target(edge))
            grouped.setdefault(key, []).append(state)
    for (kind, trigger, when, to), having in grouped.items():
        without = _without(machine, shown, kind, trigger)
        groups: tuple[str, ...] = ()
        if len(without) > FEW:
            groups = tuple(dict.fromkeys(_group(state).key for state in having))
            without = [state for state in without if _group(state).key in groups]
        yield CommonEdge(kind, trigger, to, when, groups, tuple(s.name for s in without))


def _target(edge: Transition) -> str:
    own = {edge.source: ITSELF, f"{edge.source}.{INTERRUPTED}": INTERRUPTED}
    return own.get(edge.to, edge.to)


def _without(machine: Definition, shown: list[State], kind: str, trigger: str) -> list[State]:
    """The states of the kind that do not take the trigger, by a common edge or one of their own."""
    return [s for s in shown if s.kind == kind and trigger not in machine.accepts(s.name)]
