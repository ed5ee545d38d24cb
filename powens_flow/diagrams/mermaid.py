"""A graph as Mermaid text (a flowchart: its edges may cross the borders of groups)."""

from collections.abc import Iterable, Iterator
from typing import Final

from powens_flow.diagrams.graph import CommonEdge, Edge, Graph, Group, Node
from powens_flow.diagrams.overlay import Overlay

SHAPES: Final = {"waiting": ("(", ")"), "calling": ("[[", "]]"), "final": ("([", "])")}
STYLES: Final = (
    "classDef waiting fill:#fff4d6,stroke:#b7791f,color:#1a202c",
    "classDef calling fill:#e1effe,stroke:#2b6cb0,color:#1a202c",
    "classDef final fill:#def7e5,stroke:#2f855a,color:#1a202c",
    "classDef legend fill:#ffffff,stroke:#a0aec0,color:#1a202c,text-align:left",
    "classDef start fill:#1a202c,stroke:#1a202c",
)


def mermaid(graph: Graph, overlay: Overlay | None = None) -> str:
    """The graph as Mermaid text, ending in a newline. The same graph gives the same text."""
    ids = _ids(graph)
    lines = [
        "---",
        f'title: "{graph.title}"',
        "---",
        f"%% {graph.name}: made from the machine files by `make diagrams`, never by hand",
        "flowchart TD",
        *_indented(_groups(graph, None, ids)),
        *_indented(_edges(graph, ids)),
        *_indented(_legend(graph)),
        *_indented(STYLES),
    ]
    return "\n".join(lines) + "\n"


def _ids(graph: Graph) -> dict[str, str]:
    """An id for each state that Mermaid can read; no two are the same."""
    ids: dict[str, str] = {}
    for node in graph.nodes:
        made = "s_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in node.name)
        while made in ids.values():
            made += "_"
        ids[node.name] = made
    return ids


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _groups(graph: Graph, outer: Group | None, ids: dict[str, str]) -> Iterator[str]:
    for group in graph.groups:
        if _outer(graph, group) != outer:
            continue
        number = graph.groups.index(group)
        yield f'subgraph g{number}["{_text(_title(group))}"]'
        yield from _indented(
            f"{ids[node.name]}{_shape(node, group)}" for node in graph.nodes if _is_in(node, group)
        )
        yield from _indented(_groups(graph, group, ids))
        yield "end"


def _outer(graph: Graph, group: Group) -> Group | None:
    """The innermost group whose prefix this one's begins with."""
    around = [g for g in graph.groups if g.path and group.path.startswith(f"{g.path}.")]
    return max(around, key=lambda g: len(g.path), default=None)


def _title(group: Group) -> str:
    return f"{group.path}: {group.file}" if group.path else group.file


def _is_in(node: Node, group: Group) -> bool:
    return node.group == group.key


def _shape(node: Node, group: Group) -> str:
    opened, closed = SHAPES[node.kind]
    name = node.name.removeprefix(f"{group.path}.")
    text = "<br>".join([f"<b>{_text(name)}</b>", *(f"<i>{_text(one)}</i>" for one in _about(node))])
    return f'{opened}"{text}"{closed}:::{node.kind}'


def _about(node: Node) -> Iterator[str]:
    yield from (word for word in (node.prompt, node.handler) if word)
    about = (
        ("deadline", node.deadline),
        ("looks", node.poll),
        ("retry", node.retry),
        ("try again", node.again),
    )
    yield from (f"{word}: {value}" for word, value in about if value)


def _edges(graph: Graph, ids: dict[str, str]) -> Iterator[str]:
    yield "start(( )):::start"
    yield f"start --> {ids[graph.initial]}"
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in graph.edges:
        labels.setdefault((edge.source, edge.to), []).append(_text(_label(edge)))
    for (source, to), texts in labels.items():
        yield f'{ids[source]} -->|"{"<br>".join(texts)}"| {ids[to]}'


def _label(edge: Edge) -> str:
    if edge.branch is None:
        return edge.trigger
    return f"{edge.trigger} [{edge.branch}: {' and '.join(edge.when) or 'else'}]"


def _legend(graph: Graph) -> Iterator[str]:
    """How to read the picture, and the edges that are drawn only here."""
    yield 'subgraph legend["Legend"]'
    for kind, means in (
        ("waiting", "somebody else must act: prompt, deadline, looks by the clock"),
        ("calling", "one handler runs, and its outcome is the next trigger"),
        ("final", "the end"),
    ):
        opened, closed = SHAPES[kind]
        yield f'    l_{kind}{opened}"<b>{kind}</b><br>{means}"{closed}:::{kind}'
    for kind in ("waiting", "calling"):
        lines = [_text(line) for line in _common_lines(graph, kind)]
        if lines:
            head = f"<b>every {kind} state, for triggers that it does not draw</b>"
            yield f'    l_{kind}_edges["{"<br>".join([head, *lines])}"]:::legend'
    yield "end"


def _common_lines(graph: Graph, kind: str) -> Iterator[str]:
    common = [edge for edge in graph.common if edge.kind == kind]
    triggers: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for edge in common:
        key = (edge.when, edge.to, _where(edge))
        triggers.setdefault(key, []).append(edge.trigger)
    for (when, to, where), names in triggers.items():
        guards = f" [{' and '.join(when)}]" if when else ""
        yield f"{', '.join(names)}{guards} → {to}{where}"
    if kind == "calling" and any(edge.to == "interrupted" for edge in common):
        yield "interrupted: a waiting state beside it; try_again leads back, or where it says"
    if kind == "calling" and any(node.retry for node in graph.nodes):
        yield "with a retry rule: retry, by the clock, leads to itself first"


def _where(edge: CommonEdge) -> str:
    only = f", in {', '.join(edge.groups)} only" if edge.groups else ""
    but = f", but not {', '.join(edge.but)}" if edge.but else ""
    return only + but


def _text(text: str) -> str:
    """Text inside quotes, where only quotes and markup have a meaning."""
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
