"""What arrows say: triggers, guards in their order, the clock, entries, what an overlay adds."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve

from powens_flow.diagrams.graph import Edge, Graph
from powens_flow.diagrams.laying import label_of
from powens_flow.diagrams.overlay import Overlay
from powens_flow.vocabulary import OUTCOMES, POLL

MANY_OUTCOMES: Final = 5
"""From so many outcomes on that lead to the same place, they are told as the rest."""

LINE: Final = 34
"""Letters on a line of an arrow's label; a name that is longer has a line of its own."""


def lines_of(
    graph: Graph, edges: Sequence[Edge], overlay: Overlay | None, *, asked: bool
) -> Iterator[str]:
    """Triggers that need no further word share lines; each guarded branch has its own."""
    plain = [e for e in edges if _is_plain(e, overlay)]
    yield from wrapped(_named(graph, plain), ", ")
    alike: dict[Edge, list[str]] = {}
    for edge in edges:
        if edge not in plain:
            alike.setdefault(_but_for_trigger(edge, overlay), []).append(edge.trigger)
    for edge, triggers in alike.items():
        yield from _guarded(edge, triggers, label_of(edge, overlay), asked=asked)


def _is_plain(edge: Edge, overlay: Overlay | None) -> bool:
    says_more = edge.branch or edge.when or edge.by_clock or edge.entry
    return not says_more and label_of(edge, overlay) is None


def _named(graph: Graph, edges: Sequence[Edge]) -> list[str]:
    names = [edge.trigger for edge in edges]
    outcomes = [name for name in names if name in OUTCOMES]
    if len(outcomes) < MANY_OUTCOMES or not _draws_all(graph, edges[0].source):
        return names
    others = [name for name in names if name not in OUTCOMES]
    if len(outcomes) == len(OUTCOMES):
        return [*others, "any outcome"]
    done = ["done"] if "done" in outcomes else []
    return [*others, *done, "any other outcome"]


def _draws_all(graph: Graph, source: str) -> bool:
    drawn = {edge.trigger for edge in graph.edges if edge.source == source}
    return drawn.issuperset(OUTCOMES)


def _but_for_trigger(edge: Edge, overlay: Overlay | None) -> Edge:
    """What edges have in common that differ in their triggers alone, and share a line."""
    if edge.by_clock or label_of(edge, overlay) is not None:
        return edge
    return evolve(edge, trigger="", takes=())


def _guarded(
    edge: Edge, triggers: Sequence[str], said: str | None, *, asked: bool
) -> Iterator[str]:
    """The triggers, unless asked at a choice; when the clock takes it; branch, guards, entry."""
    words = [] if asked else [*(f"{one}," for one in triggers[:-1]), triggers[-1]]
    if edge.by_clock:
        words.extend(_by_clock(edge.trigger, edge.by_clock))
    if edge.branch is not None:
        guards = " and ".join(edge.when) or "else"
        words.append(f"{edge.branch}: {guards}" if asked else f"[{edge.branch}: {guards}]")
    elif edge.when:
        words.append(f"[{' and '.join(edge.when)}]")
    if edge.entry:
        words.append(f"→ at {edge.entry}")
    if said is not None:
        words.append(f"· {said}")
    yield from wrapped(words, " ")


def _by_clock(trigger: str, when: str) -> list[str]:
    if trigger != POLL:
        return [f"(deadline {when})"]
    every, *until = when.split(", ")
    return [f"(every {every}{',' if until else ')'}", *(f"{one})" for one in until)]


def wrapped(words: Iterable[str], between: str) -> Iterator[str]:
    """Words on as few lines as hold them."""
    line = ""
    for word in words:
        longer = f"{line}{between}{word}" if line else word
        if line and len(longer) > LINE:
            yield line + between.rstrip()
            longer = word
        line = longer
    if line:
        yield line
