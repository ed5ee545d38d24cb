"""Makes graphs of a machine: the whole, an overview of it, or one part in full. Pure.

An overview and a part are drawn as their machine file is written: each part that the file includes
is one box, an edge into it says by which entry, and each of its exits is an edge out of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from powens_flow.diagrams.graph import (
    FEW,
    ITSELF,
    OVERVIEW,
    WHOLE,
    CommonEdge,
    Edge,
    Graph,
    Group,
    Node,
)
from powens_flow.diagrams.overlay import Taken
from powens_flow.machine import Definition
from powens_flow.machine.compose import EXIT, INTERRUPTED, Exit, State, Transition
from powens_flow.vocabulary import EXPIRE, POLL, RETRY

Key = tuple[str, str, str, tuple[str, ...]]
"""How a transition is drawn: from, trigger, to, guards."""

Drawn = tuple[Transition, Key]


class NoSuchPart(LookupError):
    """The machine has no such part; the message lists those that it has."""


def graph_of(machine: Definition) -> Graph:
    """The whole machine, every state drawn. The same machine gives the same graph."""
    folded = _folded(machine)
    shown = [s for s in machine.states.values() if s.name not in folded]
    groups = {s.name: _group(s) for s in machine.states.values()}
    drawn = [t for t in machine.transitions if not t.common and t.source not in folded]
    return Graph(
        name=machine.name,
        title=machine.title,
        picture=WHOLE,
        initial=machine.initial,
        groups=tuple(dict.fromkeys(groups[state.name] for state in shown)),
        nodes=tuple(_node(state, groups[state.name], folded) for state in shown),
        edges=tuple(_edges(machine, ((t, (t.source, t.trigger, t.to, t.when)) for t in drawn))),
        common=tuple(_common(machine, list(machine.states.values()), lambda t: t.to)),
        hidden=tuple(_node(machine.state(name), groups[name], {}) for name in folded),
        hidden_edges=tuple(_hidden_edges(machine, machine.states, folded)),
    )


def overview(machine: Definition) -> Graph:
    """The machine's own file, and the ends that all machines share: each part is one box."""
    return _Level(machine, "").graph()


def part(machine: Definition, name: str) -> Graph:
    """One part in full, by its path (`source.state`) or by the name of its machine file.

    Raises:
        NoSuchPart: listing the parts that there are.
    """
    path = _path(machine, name)
    if path is None:
        there = ", ".join(machine.parts) or "none"
        raise NoSuchPart(f"no part {name!r} in {machine.name}; there are: {there}")
    return _Level(machine, path).graph()


def _path(machine: Definition, name: str) -> str | None:
    if name in machine.parts:
        return name
    return next((p.path for p in machine.parts.values() if p.machine == name), None)


@frozen
class _Level:
    """What one machine file says, in its place: `path` is empty for the machine itself."""

    machine: Definition
    path: str

    def graph(self) -> Graph:
        machine, path = self.machine, self.path
        folded = _folded(machine)
        own = [s for s in machine.states.values() if s.part == path]
        shown = [s for s in own if s.name not in folded]
        edges = (*_edges(machine, self._written(folded)), *_edges(machine, self._exits()))
        common = tuple(_common(machine, own, self._common_target))
        groups = {s.name: _group(s) for s in own}
        nodes = [_local(_node(s, groups[s.name], folded), path) for s in shown]
        others = list(self._others(edges, common))
        ends = {e.source for e in edges} | {e.to for e in edges}
        nodes += [node for node in others if node.name in ends]
        beside = [node for node in others if node.name not in ends]
        here = machine.parts.get(path)
        return Graph(
            name=machine.name,
            title=here.title if here else machine.title,
            picture=path or OVERVIEW,
            initial=self._whole(here.initial) if here else self._own(machine.initial),
            groups=tuple(dict.fromkeys(groups.values())),
            nodes=tuple(nodes),
            edges=edges,
            common=common,
            entries=tuple(self._whole(entry) for entry in here.entries) if here else (),
            file=here.file if here else machine.files[0],
            hidden=(
                *(_local(_node(s, groups[s.name], {}), path) for s in own if s.name in folded),
                *beside,
            ),
            hidden_edges=tuple(_hidden_edges(machine, groups, folded)),
        )

    def _written(self, folded: Mapping[str, str]) -> Iterator[Drawn]:
        """The edges of the file's own states."""
        for one in self.machine.transitions:
            state = self.machine.state(one.source)
            if state.part == self.path and not one.common and one.source not in folded:
                to = self._target(one.branch.to, one.to)
                yield one, (one.source, one.trigger, to, one.branch.when)

    def _exits(self) -> Iterator[Drawn]:
        """The exits of the parts that the file includes."""
        for one, left in self._left():
            to = self._target(left.branch.to, one.to)
            yield one, (left.part, left.name, to, left.branch.when)

    def _left(self) -> Iterator[tuple[Transition, Exit]]:
        for one in self.machine.transitions:
            yield from ((one, e) for e in one.exits if _outer(e.part) == self.path)

    def _target(self, written: str, to: str) -> str:
        """The node that a target leads to, as it is written in this file; `to`: for a sibling."""
        if written.startswith(EXIT):
            return self._whole(written)
        if written == INTERRUPTED:
            return to
        prefix, entry, _ = written.partition(".")
        own = self._whole(prefix)
        if not entry and own in self.machine.states:
            return own
        return own if own in self.machine.parts else prefix

    def _common_target(self, edge: Transition) -> str:
        """The node that a common edge leads to: the file's own, an exit, or what lies outside."""
        out = next((e for e in edge.exits if e.part == self.path), None)
        return self._whole(EXIT + out.name) if out else self._own(edge.to)

    def _own(self, state: str) -> str:
        """The node of a state: itself, the box that holds it, or the outermost part it is in."""
        if self.machine.state(state).part == self.path:
            return state
        inner = [p for p in self.machine.parts if _holds(p, state) and _outer(p) == self.path]
        outermost = [p for p in self.machine.parts if _holds(p, state) and not _outer(p)]
        return next(iter([*inner, *outermost]), state)

    def _others(self, edges: Iterable[Edge], common: Iterable[CommonEdge]) -> Iterator[Node]:
        """The nodes beside the file's states: its parts, its exits, and parts that lie outside."""
        ends = {e.source for e in edges} | {e.to for e in edges} | {c.to for c in common}
        for path, one in self.machine.parts.items():
            if path in ends:
                held = tuple(s for s in self.machine.states if _holds(path, s))
                label = path.removeprefix(f"{self.path}.")
                yield Node(path, label, "part", means=one.title, file=one.file, holds=held)
        prefix = self._whole(EXIT)
        for name in sorted(end for end in ends if end.startswith(prefix)):
            yield Node(name, name.removeprefix(prefix), "exit")

    def _whole(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def _outer(path: str) -> str:
    return path.rpartition(".")[0]


def _holds(path: str, state: str) -> bool:
    return state.startswith(f"{path}.")


def _local(node: Node, path: str) -> Node:
    again = node.again.removeprefix(f"{path}.") if node.again else None
    return evolve(node, label=node.name.removeprefix(f"{path}."), again=again)


# --- what the whole and its parts share -----------------------------------------------------------


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
        label=state.name.removeprefix(f"{group.path}."),
        kind=state.kind,
        group=group.key,
        means=table.means,
        prompt=table.prompt,
        handler=table.handler,
        deadline=table.deadline,
        poll=_poll(state),
        retry=_retry(state),
        again=again if again != state.name else None,
    )


def _poll(state: State) -> str | None:
    poll = state.table.poll
    if poll is None:
        return None
    until = f", not before {poll.until}" if poll.until else ""
    return f"{poll.first:g} to {poll.most:g} s{until}"


def _retry(state: State) -> str | None:
    rule = state.retry
    return f"{rule.name}, {rule.tries:g} tries in {rule.within:g} s" if rule else None


def _edges(machine: Definition, drawn: Iterable[Drawn]) -> Iterator[Edge]:
    """One edge for each key, which stands for all that are drawn so."""
    branches: dict[tuple[str, str], dict[Key, list[Transition]]] = {}
    for one, key in drawn:
        branches.setdefault(key[:2], {}).setdefault(key, []).append(one)
    for keys in branches.values():
        for number, (key, takes) in enumerate(keys.items(), start=1):
            yield _edge(machine, key, takes, number if len(keys) > 1 else None)


def _edge(machine: Definition, key: Key, takes: Sequence[Transition], branch: int | None) -> Edge:
    source, trigger, to, when = key
    entry = takes[0].to.removeprefix(f"{to}.") if to in machine.parts else None
    return Edge(
        source=source,
        to=to,
        trigger=trigger,
        when=when,
        branch=branch,
        entry=_entry(machine, to, entry),
        by_clock=_by_clock(machine, source, trigger),
        takes=_taken(takes),
    )


def _entry(machine: Definition, path: str, state: str | None) -> str | None:
    """The entry that an edge into a part comes in by; None for where the part begins."""
    if state is None or state == machine.parts[path].initial:
        return None
    return state if state in machine.parts[path].entries else None


def _by_clock(machine: Definition, source: str, trigger: str) -> str | None:
    state = machine.states.get(source)
    if state is None or state.kind != "waiting":
        return None
    return {POLL: _poll(state), EXPIRE: state.table.deadline}.get(trigger)


def _taken(transitions: Iterable[Transition]) -> tuple[Taken, ...]:
    return tuple(dict.fromkeys((t.source, t.trigger, t.to) for t in transitions))


def _hidden_edges(
    machine: Definition, states: Iterable[str], folded: Mapping[str, str]
) -> Iterator[Edge]:
    """The ways back out of states that are not drawn, and retries."""
    within = set(states)
    for one in machine.transitions:
        retries = one.common and one.trigger == RETRY
        if one.source in within and (retries or (one.source in folded and not one.common)):
            yield Edge(one.source, one.to, one.trigger, takes=_taken([one]))


def _common(
    machine: Definition, within: Sequence[State], target: Callable[[Transition], str]
) -> Iterator[CommonEdge]:
    names = {s.name for s in within}
    grouped: dict[tuple[str, str, tuple[str, ...], str], list[Transition]] = {}
    for edge in machine.transitions:
        if edge.common and edge.source in names and edge.trigger != RETRY:
            kind = machine.state(edge.source).kind
            to = _beside(edge) or target(edge)
            guards = edge.branch.when if to not in machine.states else edge.when
            key = (kind, edge.trigger, guards, to)
            grouped.setdefault(key, []).append(edge)
    for (kind, trigger, when, to), edges in grouped.items():
        having = [machine.state(name) for name in dict.fromkeys(e.source for e in edges)]
        without = _without(machine, within, kind, trigger)
        groups: tuple[str, ...] = ()
        if len(without) > FEW:
            groups = tuple(dict.fromkeys(_group(state).key for state in having))
            without = [state for state in without if _group(state).key in groups]
        but = tuple(s.name for s in without)
        yield CommonEdge(kind, trigger, to, when, groups, but, _taken(edges))


def _beside(edge: Transition) -> str | None:
    own = {edge.source: ITSELF, f"{edge.source}.{INTERRUPTED}": INTERRUPTED}
    return own.get(edge.to)


def _without(machine: Definition, within: Sequence[State], kind: str, trigger: str) -> list[State]:
    """The states of the kind that do not take the trigger, by a common edge or one of their own."""
    return [s for s in within if s.kind == kind and trigger not in machine.accepts(s.name)]
