"""A graph as Mermaid text (a flowchart: its edges may cross the borders of groups)."""

from collections.abc import Iterable, Iterator
from typing import Final

from powens_flow.diagrams.graph import Graph
from powens_flow.diagrams.look import BORDERS, FILLS, INK, PALE_INK, fill, shown_name, small_lines
from powens_flow.diagrams.overlay import Overlay
from powens_flow.diagrams.sketch import CHOICE, PALE, START, STRONG, Arrow, Box, Sketch, sketch

SHAPES: Final = {
    "waiting": ("(", ")"),
    "calling": ("[[", "]]"),
    "final": ("([", "])"),
    "part": ("[/", "\\]"),
    "exit": (">", "]"),
    CHOICE: ("{", "}"),
    START: ("((", "))"),
}


def mermaid(graph: Graph, overlay: Overlay | None = None) -> str:
    """The graph as Mermaid text, ending in a newline. The same graph gives the same text."""
    drawn = sketch(graph, overlay)
    lines = [
        "---",
        f'title: "{_text(drawn.title)}"',
        "---",
        f"%% {drawn.about}: made from the machine files by `make diagrams`, never by hand",
        "flowchart TD",
        *_indented(_groups(drawn, "")),
        *_indented(_arrow(arrow) for arrow in drawn.arrows),
        *_indented(_legend(drawn)),
        *_indented(_styles(drawn)),
    ]
    return "\n".join(lines) + "\n"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _groups(drawn: Sketch, outer: str) -> Iterator[str]:
    keys = {key for key, _, _ in drawn.groups}
    if not outer:
        yield from (_box(box) for box in drawn.boxes if box.group not in keys)
    for number, (key, title, around) in enumerate(drawn.groups):
        if around == outer:
            yield f'subgraph g{number}["{_text(title)}"]'
            yield from _indented(_box(box) for box in drawn.boxes if box.group == key)
            yield from _indented(_groups(drawn, key))
            yield "end"


def _box(box: Box) -> str:
    opened, closed = SHAPES[box.kind]
    words = [f"<b>{_text(shown_name(box))}</b>", *(_text(one) for one in small_lines(box))]
    text = f'"{"<br>".join(words)}"' if box.name else '" "'
    return f"{box.id}{opened}{text}{closed}:::{box.kind}"


def _arrow(arrow: Arrow) -> str:
    way = "==>" if arrow.ink == STRONG else "-->"
    label = f'|"{"<br>".join(_text(line) for line in arrow.lines)}"|' if arrow.lines else ""
    return f"{arrow.source} {way}{label} {arrow.to}"


def _legend(drawn: Sketch) -> Iterator[str]:
    """How to read the picture, and the edges that are drawn only here."""
    yield 'subgraph legend["Legend"]'
    for kind, means in drawn.legend.kinds:
        opened, closed = SHAPES[kind]
        yield f'    l_{kind}{opened}"{_text(means)}"{closed}:::{kind}'
    for number, (head, lines) in enumerate(drawn.legend.rules):
        text = "<br>".join([f"<b>{_text(head)}</b>", *(_text(line) for line in lines)])
        yield f'    l_rule_{number}["{text}"]:::legend'
    yield "end"


def _styles(drawn: Sketch) -> Iterator[str]:
    for kind, filled in FILLS.items():
        yield f"classDef {kind} fill:{filled},stroke:{BORDERS[kind]},color:{INK}"
    yield f"classDef legend fill:#ffffff,stroke:{PALE_INK},color:{INK},text-align:left"
    yield from (one for box in drawn.boxes for one in _own_style(box))


def _own_style(box: Box) -> Iterator[str]:
    """What an overlay says of one box, beside its kind."""
    own = [f"fill:{fill(box)}"] if box.heat is not None else []
    own += ["opacity:0.4"] if box.ink == PALE else []
    own += ["stroke-width:4px"] if box.present else []
    if own:
        yield f"style {box.id} {','.join(own)}"


def _text(text: str) -> str:
    """Text inside quotes, where only quotes and markup have a meaning."""
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
