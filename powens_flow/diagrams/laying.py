"""A graph with what an overlay says of it: states and edges that are drawn only then. Pure."""

from collections.abc import Iterator, Mapping

from attrs import evolve

from powens_flow.diagrams.graph import ITSELF, CommonEdge, Edge, Graph, Node
from powens_flow.diagrams.overlay import Mark, Overlay, Taken
from powens_flow.machine.compose import INTERRUPTED

NOTHING = Mark()


def laid_over(graph: Graph, overlay: Overlay | None) -> Graph:
    """The graph, with each hidden state and common edge that the overlay says something of."""
    if overlay is None:
        return graph
    edges = [*_hidden(graph, overlay), *_common(graph, overlay)]
    named = {*overlay.states, *(edge.source for edge in edges), *(edge.to for edge in edges)}
    nodes = tuple(node for node in graph.hidden if node.name in named)
    return evolve(graph, nodes=(*graph.nodes, *nodes), edges=(*graph.edges, *edges))


def _hidden(graph: Graph, overlay: Overlay) -> Iterator[Edge]:
    return (e for e in graph.hidden_edges if any(taken in overlay.edges for taken in e.takes))


def _common(graph: Graph, overlay: Overlay) -> Iterator[Edge]:
    for common in graph.common:
        for taken in common.takes:
            if taken in overlay.edges:
                source, trigger, _ = taken
                yield Edge(source, _target(common, taken), trigger, common.when, takes=(taken,))


def _target(common: CommonEdge, taken: Taken) -> str:
    return taken[2] if common.to in (ITSELF, INTERRUPTED) else common.to


def mark_of(node: Node, overlay: Overlay | None) -> Mark:
    """What is drawn on a node; on a part's box, what holds of the states within."""
    if overlay is None:
        return NOTHING
    if not node.holds:
        return overlay.states.get(node.name, NOTHING)
    within = {name: overlay.states[name] for name in node.holds if name in overlay.states}
    heats = [mark.heat for mark in within.values() if mark.heat is not None]
    return Mark(
        notes=tuple(_notes(node, within)),
        visited=any(mark.visited for mark in within.values()),
        present=any(mark.present for mark in within.values()),
        heat=max(heats, default=None),
    )


def _notes(node: Node, within: Mapping[str, Mark]) -> Iterator[str]:
    """Of the states within, where the attempt is, and those that are hottest."""
    told = [name for name, mark in within.items() if mark.present]
    hottest = sorted(within, key=lambda name: -(within[name].heat or 0.0))
    told += [name for name in hottest if within[name].heat and name not in told][:2]
    for name in told:
        notes = ", ".join(within[name].notes)
        yield f"{name.removeprefix(f'{node.name}.')}: {notes or 'here'}"


def label_of(edge: Edge, overlay: Overlay | None) -> str | None:
    """What the overlay says of an edge; of several that are drawn as one, all of it."""
    if overlay is None:
        return None
    said = [overlay.edges[taken] for taken in edge.takes if taken in overlay.edges]
    return ", ".join(dict.fromkeys(said)) if said else None
