"""How to read a picture, and the edges that are written once for all states of a kind."""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from powens_flow.diagrams.graph import CommonEdge, Graph
from powens_flow.diagrams.overlay import Overlay
from powens_flow.machine.compose import INTERRUPTED

MEANS = {
    "waiting": "somebody else must act: prompt, deadline",
    "calling": "one handler runs, and its outcome is the next trigger",
    "final": "the end",
    "part": "a part, drawn in full in its own picture; out of it lead its exits",
    "exit": "an exit: who includes this part says where it leads",
    "choice": "branches: the first whose guards hold is taken",
}
"""What each kind of box means."""

MANY_BRANCHES: Final = 4
"""From so many branches on, a trigger gets a choice of its own."""


@frozen
class Legend:
    """`kinds` that the picture has, each with its line; `rules`: a head and its lines."""

    kinds: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, tuple[str, ...]], ...]


def legend_of(graph: Graph, overlay: Overlay | None) -> Legend:
    """The legend of a picture: nothing that the picture does not show."""
    there = {node.kind for node in graph.nodes}
    if any((edge.branch or 0) >= MANY_BRANCHES for edge in graph.edges):
        there.add("choice")
    kinds = tuple((kind, f"{kind}: {means}") for kind, means in MEANS.items() if kind in there)
    marks = tuple(_marks(overlay)) if overlay else ()
    return Legend(kinds, (*rules_of(graph), *([("laid over it", marks)] if marks else [])))


def rules_of(graph: Graph) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What every state of a kind does, each with a head: the edges that are drawn nowhere else."""
    rules = [(kind, tuple(_lines(graph, kind))) for kind in ("waiting", "calling")]
    return tuple(
        (f"every {kind} state, for triggers that it does not draw", lines)
        for kind, lines in rules
        if lines
    )


def _lines(graph: Graph, kind: str) -> Iterator[str]:
    common = [edge for edge in graph.common if edge.kind == kind]
    triggers: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for edge in common:
        key = (edge.when, edge.to, _where(graph, edge))
        triggers.setdefault(key, []).append(edge.trigger)
    for (when, to, where), names in triggers.items():
        guards = f" [{' and '.join(when)}]" if when else ""
        yield f"{', '.join(names)}{guards} → {_target(graph, to)}{where}"
    if kind == "calling" and any(edge.to == INTERRUPTED for edge in common):
        yield "interrupted: a waiting state beside it; try_again leads back, or where it says"
    if kind == "calling" and any(node.retry for node in graph.nodes):
        yield "with a retry rule: retry, by the clock, leads to itself first"


def _target(graph: Graph, to: str) -> str:
    label = graph.label(to)
    exits = {node.name for node in (*graph.nodes, *graph.hidden) if node.kind == "exit"}
    return f"exit {label}" if to in exits else label


def _where(graph: Graph, edge: CommonEdge) -> str:
    only = f", in {', '.join(edge.groups)} only" if edge.groups else ""
    names = ", ".join(graph.label(name) for name in edge.but)
    return only + (f", but not {names}" if names else "")


def _marks(overlay: Overlay) -> Iterator[str]:
    marks = overlay.states.values()
    if overlay.is_path:
        yield "strong: on the path; pale: not"
    if any(mark.present for mark in marks):
        yield "thick border: here now"
    if any(mark.heat is not None for mark in marks):
        yield "fill: the darker, the more"
