"""A graph made ready to be drawn, in words and arrows: what every drawing renderer draws.

Edges between the same two are bundled into one arrow; a trigger with many branches is asked at a
choice (a diamond), whose arrows say the guards in their order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from powens_flow.diagrams.graph import WHOLE, Edge, Graph, Node
from powens_flow.diagrams.labels import LINE, lines_of, wrapped
from powens_flow.diagrams.laying import label_of, laid_over, mark_of
from powens_flow.diagrams.legend import MANY_BRANCHES, Legend, legend_of
from powens_flow.diagrams.overlay import Mark, Overlay

VERY_MANY_BRANCHES: Final = 10
"""From more branches than that on, a picture goes from left to right."""

MOST_TO_A_STATE: Final = 7
MOST_TO_AN_EXIT: Final = 3
"""Of more arrows than that, those that start at a state are told in its box."""

PLAIN, STRONG, PALE = "plain", "strong", "pale"
CHOICE: Final = "choice"
START: Final = "start"


@frozen
class Box:
    """A state, a part, an exit, a choice or the start. `about` are lines under its name, `ways` are
    arrows that are told instead of drawn, `notes` what an overlay says."""

    id: str
    kind: str
    name: str = ""
    about: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    group: str = ""
    ink: str = PLAIN
    present: bool = False
    heat: float | None = None


@frozen
class Arrow:
    """From one box to another. `lines` are its label."""

    source: str
    to: str
    lines: tuple[str, ...] = ()
    ink: str = PLAIN


@frozen
class Sketch:
    """A picture in words: `groups` are (key, title, the key of the group around it)."""

    name: str
    title: str
    about: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    groups: tuple[tuple[str, str, str], ...]
    legend: Legend
    direction: str = "TB"


def sketch(graph: Graph, overlay: Overlay | None = None) -> Sketch:
    """The picture of a graph in words. The same graph and overlay give the same sketch."""
    full = laid_over(graph, overlay)
    ids = _ids(full)
    boxes = [_box(node, ids[node.name], mark_of(node, overlay), overlay) for node in full.nodes]
    choices, arrows = _arrows(full, ids, overlay)
    starts = list(_starts(full, ids))
    boxes, arrows = _told_in_boxes(
        [*(box for box, _ in starts), *boxes, *choices],
        [*(arrow for _, arrow in starts), *arrows],
    )
    title = f"{graph.title}: {overlay.title}" if overlay and overlay.title else graph.title
    return Sketch(
        name=graph.name,
        title=title,
        about=_about_picture(graph),
        boxes=tuple(boxes),
        arrows=tuple(arrows),
        groups=tuple(_groups(graph)),
        legend=legend_of(full, overlay),
        direction=_direction(full),
    )


def _direction(graph: Graph) -> str:
    """A trigger with very many branches fans out to the right, where labels need less room."""
    most = max((edge.branch or 0 for edge in graph.edges), default=0)
    return "LR" if most > VERY_MANY_BRANCHES else "TB"


def _about_picture(graph: Graph) -> str:
    if graph.picture == WHOLE:
        return f"{graph.name}, the whole machine"
    return graph.file or graph.name


def _ids(graph: Graph) -> dict[str, str]:
    """An id for each node that Mermaid and DOT can read; no two are the same."""
    ids: dict[str, str] = {}
    for node in graph.nodes:
        kind = f"{node.kind}_" if node.kind in ("part", "exit") else "s_"
        made = kind + "".join(
            c if c.isascii() and c.isalnum() else "_" for c in _unique(node, graph)
        )
        while made in ids.values():
            made += "_"
        ids[node.name] = made
    return ids


def _unique(node: Node, graph: Graph) -> str:
    """A part's picture is the same wherever the part stands: its ids leave out where."""
    return node.name if graph.picture == WHOLE else node.label


def _groups(graph: Graph) -> Iterator[tuple[str, str, str]]:
    """In a whole picture, the machine files; an overview or a part is of one file."""
    if graph.picture != WHOLE:
        return
    for group in graph.groups:
        around = [g for g in graph.groups if g.path and group.path.startswith(f"{g.path}.")]
        outer = max(around, key=lambda g: len(g.path), default=None)
        title = f"{group.path}: {group.file}" if group.path else group.file
        yield group.key, title, outer.key if outer else ""


def _box(node: Node, made: str, mark: Mark, overlay: Overlay | None) -> Box:
    return Box(
        id=made,
        kind=node.kind,
        name=node.label,
        about=tuple(_about(node)),
        notes=mark.notes,
        group=node.group,
        ink=_ink(mark.visited, overlay),
        present=mark.present,
        heat=mark.heat,
    )


def _ink(visited: bool, overlay: Overlay | None) -> str:
    if overlay is None or not overlay.is_path:
        return PLAIN
    return STRONG if visited else PALE


def _about(node: Node) -> Iterator[str]:
    if node.kind == "part":
        yield from wrapped(node.means.split(), " ")
        yield f"{len(node.holds)} states, {node.file}"
    if node.prompt and node.kind == "waiting":
        yield f"prompt {node.prompt}"
    if node.handler:
        yield f"{node.handler}()"
    about = (
        ("deadline", node.deadline),
        ("retry", node.retry),
        ("again at", node.again),
    )
    yield from (f"{word} {value}" for word, value in about if value)


# --- arrows -----------------------------------------------------------------------------------


def _starts(graph: Graph, ids: dict[str, str]) -> Iterator[tuple[Box, Arrow]]:
    yield Box("start", START), Arrow("start", ids[graph.initial])
    for number, entry in enumerate(graph.entries, start=1):
        made = f"start_{number}"
        yield Box(made, START), Arrow(made, ids[entry], (f"entry {graph.label(entry)}",))


def _arrows(
    graph: Graph, ids: dict[str, str], overlay: Overlay | None
) -> tuple[list[Box], list[Arrow]]:
    choices: dict[tuple[str, str], Box] = {}
    bundles: dict[tuple[str, str], list[Edge]] = {}
    chosen = _with_a_choice(graph.edges)
    for edge in graph.edges:
        source = ids[edge.source]
        if (edge.source, edge.trigger) in chosen:
            made = f"{source}__{edge.trigger}"
            group = graph.node(edge.source).group
            choices[edge.source, edge.trigger] = Box(made, CHOICE, group=group)
            source = made
        bundles.setdefault((source, ids[edge.to]), []).append(edge)
    made_ids = {box.id for box in choices.values()}
    arrows = [
        Arrow(ids[source], box.id, (trigger,), _choice_ink(graph, source, trigger, overlay))
        for (source, trigger), box in choices.items()
    ]
    for (source, to), edges in bundles.items():
        lines = lines_of(graph, edges, overlay, asked=source in made_ids)
        arrows.append(Arrow(source, to, tuple(lines), _arrow_ink(edges, overlay)))
    return list(choices.values()), arrows


def _with_a_choice(edges: Iterable[Edge]) -> set[tuple[str, str]]:
    return {(e.source, e.trigger) for e in edges if (e.branch or 0) >= MANY_BRANCHES}


def _choice_ink(graph: Graph, source: str, trigger: str, overlay: Overlay | None) -> str:
    edges = [e for e in graph.edges if (e.source, e.trigger) == (source, trigger)]
    return _arrow_ink(edges, overlay)


def _arrow_ink(edges: Sequence[Edge], overlay: Overlay | None) -> str:
    return _ink(any(label_of(edge, overlay) is not None for edge in edges), overlay)


# --- ways that are told in the box ---------------------------------------------------------------


def _told_in_boxes(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> tuple[list[Box], list[Arrow]]:
    """Arrows to where very many lead are told in the box that they start from: so many long lines
    would hide the rest."""
    there = {box.id: box for box in boxes}
    into = Counter(arrow.to for arrow in arrows)
    told: dict[str, list[str]] = {}
    drawn: list[Arrow] = []
    for arrow in arrows:
        target, source = there[arrow.to], there[arrow.source]
        most = MOST_TO_AN_EXIT if target.kind == "exit" else MOST_TO_A_STATE
        if into[target.id] > most and source.kind not in (CHOICE, START):
            name = f"exit {target.name}" if target.kind == "exit" else target.name
            told.setdefault(source.id, []).extend(_way(arrow.lines, name))
        else:
            drawn.append(arrow)
    left = {arrow.to for arrow in drawn}
    kept = [box for box in boxes if box.kind != "exit" or box.id in left]
    return [evolve(box, ways=tuple(told.get(box.id, ()))) for box in kept], drawn


def _way(lines: Sequence[str], name: str) -> Iterator[str]:
    *before, last = lines
    yield from before
    yield from (f"{last} → {name}",) if len(last) + len(name) < LINE else (last, f"→ {name}")
