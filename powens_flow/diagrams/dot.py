"""A graph as DOT text, for Graphviz: made with no further dependency.

For a layout there is the same text without words, with the size of each box and label written down
(see `metrics`), so that it does not depend on the fonts of the machine.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from powens_flow.diagrams.graph import Graph
from powens_flow.diagrams.look import (
    PALE_INK,
    Size,
    border,
    box_size,
    fill,
    ink,
    label_size,
    legend_size,
    line,
    shown_name,
    small_lines,
    thickness,
)
from powens_flow.diagrams.metrics import SIZE, SMALL
from powens_flow.diagrams.overlay import Overlay
from powens_flow.diagrams.sketch import CHOICE, START, Arrow, Box, Sketch, sketch

SHAPES: Final = {
    "waiting": 'shape=box, style="rounded,filled"',
    "calling": "shape=box, style=filled, peripheries=2",
    "final": 'shape=box, style="rounded,filled", penwidth=2.5',
    "part": "shape=folder, style=filled",
    "exit": "shape=cds, style=filled",
    CHOICE: "shape=diamond, style=filled",
    START: "shape=circle, style=filled",
}
POINTS_AN_INCH: Final = 72
FONT: Final = "Helvetica"


def dot(graph: Graph, overlay: Overlay | None = None) -> str:
    """The graph as DOT text, ending in a newline. The same graph gives the same text."""
    return dot_of(sketch(graph, overlay))


def dot_of(drawn: Sketch) -> str:
    """A sketch as DOT text, with its words."""
    return _text_of(drawn, _Worded())


def skeleton(drawn: Sketch) -> str:
    """A sketch as DOT text without words: boxes and labels of given sizes, to be laid out."""
    return _text_of(drawn, _Sized())


class _Worded:
    """Words, whose size whoever draws them finds out."""

    def defaults(self) -> Iterator[str]:
        yield f'labelloc=b; labeljust=l; fontname="{FONT}"; fontsize={SMALL:g}'
        yield f'node [fontname="{FONT}", fontsize={SIZE:g}, margin="0.14,0.08"]'
        yield f'edge [fontname="{FONT}", fontsize={SMALL:g}, arrowsize=0.7]'

    def shape(self, box: Box) -> str:
        return SHAPES[box.kind]

    def box(self, box: Box) -> str:
        return f"label={_name(box)}" if box.name else _fixed(box) + ', label=""'

    def label(self, arrow: Arrow) -> str:
        return f"<{'<br/>'.join(_text(one) for one in arrow.lines)}>"

    def legend(self, drawn: Sketch) -> str:
        rows = [f"<b>{_text(drawn.title)}</b>", _text(drawn.about)]
        rows += [_text(means) for _, means in drawn.legend.kinds]
        for head, lines in drawn.legend.rules:
            rows += [f"<b>{_text(head)}</b>", *(_text(one) for one in lines)]
        made = "".join(f'<tr><td align="left">{row}</td></tr>' for row in rows)
        return f'<<table border="0" cellborder="0" cellpadding="0">{made}</table>>'


class _Sized:
    """Sizes in the place of words."""

    def defaults(self) -> Iterator[str]:
        yield "labelloc=b; labeljust=l"
        yield 'node [label=""]'
        yield "edge [arrowsize=0.7]"

    def shape(self, box: Box) -> str:
        return SHAPES[box.kind] if box.kind in (CHOICE, START) else "shape=box"

    def box(self, box: Box) -> str:
        return _fixed(box)

    def label(self, arrow: Arrow) -> str:
        return _blank(label_size(arrow))

    def legend(self, drawn: Sketch) -> str:
        return _blank(legend_size(drawn))


def _text_of(drawn: Sketch, words: _Worded | _Sized) -> str:
    lines = [
        f"// {drawn.about}: made from the machine files by `make diagrams`, never by hand",
        f"digraph {_quoted(drawn.name)} {{",
        f"    rankdir={drawn.direction}; nodesep=0.22; ranksep=0.3; splines=true",
        "    bgcolor=white; pad=0.25; remincross=true; mclimit=6; nslimit=60",
        *_indented(words.defaults()),
        f"    label={words.legend(drawn)}",
        *_indented(_groups(drawn, "", words)),
        *_indented(_arrow(arrow, words) for arrow in drawn.arrows),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {one}" for one in lines)


def _groups(drawn: Sketch, outer: str, words: _Worded | _Sized) -> Iterator[str]:
    """The boxes, within the machine files that they come from where a picture is of several."""
    keys = {key for key, _, _ in drawn.groups}
    if not outer:
        yield from (_box(box, words) for box in drawn.boxes if box.group not in keys)
    for number, (key, title, around) in enumerate(drawn.groups):
        if around == outer:
            yield f"subgraph cluster_{number} {{"
            yield f'    label={_quoted(title)}; labelloc=t; style=rounded; color="{PALE_INK}"'
            yield from _indented(_box(box, words) for box in drawn.boxes if box.group == key)
            yield from _indented(_groups(drawn, key, words))
            yield "}"


def _box(box: Box, words: _Worded | _Sized) -> str:
    return (
        f'{box.id} [{words.shape(box)}, fillcolor="{fill(box)}", color="{border(box)}",'
        f' fontcolor="{ink(box.ink)}"{_pen(box.ink, present=box.present)}, {words.box(box)}]'
    )


def _arrow(arrow: Arrow, words: _Worded | _Sized) -> str:
    look = f'color="{line(arrow)}", fontcolor="{ink(arrow.ink)}"{_pen(arrow.ink)}'
    label = f", label={words.label(arrow)}" if arrow.lines else ""
    return f"{arrow.source} -> {arrow.to} [{look}{label}]"


def _pen(inked: str, *, present: bool = False) -> str:
    thick = thickness(inked, present=present)
    return f", penwidth={thick:g}" if thick > 1 else ""


def _name(box: Box) -> str:
    small = small_lines(box)
    rest = "".join(f'<br/><font point-size="{SMALL:g}">{_text(one)}</font>' for one in small)
    return f"<<b>{_text(shown_name(box))}</b>{rest}>"


def _fixed(box: Box) -> str:
    size = box_size(box)
    return f"fixedsize=true, width={_inches(size.width)}, height={_inches(size.height)}"


def _blank(size: Size) -> str:
    return (
        '<<table border="0" cellborder="0" cellpadding="0" cellspacing="0" fixedsize="true"'
        f' width="{size.width:g}" height="{size.height:g}"><tr><td></td></tr></table>>'
    )


def _inches(points: float) -> str:
    return f"{points / POINTS_AN_INCH:.4f}"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
