"""A graph as SVG: laid out by Graphviz, drawn here, so that the same graph gives the same bytes.

Graphviz' own SVG depends on the fonts and the version of the machine. Here the sizes of all words
come from a table (`metrics`), Graphviz only says where things go, and the text says of which DOT
text and by which Graphviz it was laid out.
"""

import hashlib
from collections.abc import Iterable, Iterator
from math import hypot
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from powens_flow.diagrams import graphviz
from powens_flow.diagrams.dot import dot_of, skeleton
from powens_flow.diagrams.graph import Graph
from powens_flow.diagrams.graphviz import Curve, Layout, Point
from powens_flow.diagrams.look import (
    FAINT,
    INK,
    LEGEND_TOP,
    ROW,
    SAMPLE,
    TITLE,
    Size,
    border,
    box_size,
    column_width,
    fill,
    ink,
    label_size,
    legend_columns,
    legend_size,
    line,
    shown_name,
    small_lines,
    thickness,
)
from powens_flow.diagrams.metrics import FONTS, LEADING, SIZE, SMALL
from powens_flow.diagrams.overlay import Overlay
from powens_flow.diagrams.shapes import shape
from powens_flow.diagrams.sketch import CHOICE, Arrow, Box, Sketch, sketch

MARGIN: Final = 18.0
ARROW: Final = 7.0


def svg(graph: Graph, overlay: Overlay | None = None) -> str:
    """The graph as SVG text, ending in a newline.

    Raises:
        NoGraphviz: the extra `diagrams` is not installed.
    """
    drawn = sketch(graph, overlay)
    laid = graphviz.layout(skeleton(drawn))
    return "\n".join(_document(drawn, laid, made_of(dot_of(drawn), graphviz.version()))) + "\n"


def made_of(text: str, version: str) -> str:
    """What an SVG says of its making: the DOT text's hash, and who laid it out."""
    return f"dot sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]} graphviz:{version}"


def _document(drawn: Sketch, laid: Layout, made: str) -> Iterator[str]:
    wide, high = laid.width + 2 * MARGIN, laid.height + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(wide)}" height="{_n(high)}"'
        f' viewBox="0 0 {_n(wide)} {_n(high)}" role="img" font-family={quoteattr(FONTS)}'
        f' font-size="{SMALL:g}">'
    )
    yield f"<title>{escape(drawn.title)}</title>"
    yield f"<desc>{escape(drawn.about)}; made by `make diagrams`, never by hand</desc>"
    yield f"<!-- {made} -->"
    yield f'<rect width="{_n(wide)}" height="{_n(high)}" fill="#ffffff"/>'
    yield f'<g transform="translate({MARGIN:g} {MARGIN:g})">'
    yield from _frames(laid)
    yield from _curves(drawn.arrows, laid)
    yield from (one for box in drawn.boxes for one in _box(box, laid.places[box.id]))
    yield from _labels(drawn.arrows, laid)
    yield from _legend(drawn, laid.legend)
    yield "</g>"
    yield "</svg>"


def _frames(laid: Layout) -> Iterator[str]:
    for title, (left, top, wide, high) in laid.frames.items():
        yield (
            f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(high)}" rx="8"'
            ' fill="none" stroke="#b6bcc4"/>'
        )
        yield _text(title, (left + 10, top + 15), FAINT, anchor="start", bold=True)


# --- arrows -----------------------------------------------------------------------------------


def _curves(arrows: Iterable[Arrow], laid: Layout) -> Iterator[str]:
    for arrow, curve in zip(arrows, laid.curves, strict=True):
        stroke, thick = line(arrow), thickness(arrow.ink)
        yield f'<path d="{_path(curve)}" fill="none" stroke="{stroke}" stroke-width="{thick:g}"/>'
        if curve.tip is not None:
            yield f'<path d="{_head(curve.points[-1], curve.tip)}" fill="{stroke}"/>'


def _path(curve: Curve) -> str:
    first, *rest = (f"{_n(x)} {_n(y)}" for x, y in curve.points)
    return f"M{first} C{' '.join(rest)}"


def _head(end: Point, tip: Point) -> str:
    long = hypot(tip[0] - end[0], tip[1] - end[1]) or 1.0
    x, y = (tip[0] - end[0]) / long, (tip[1] - end[1]) / long
    back = (tip[0] - ARROW * x, tip[1] - ARROW * y)
    left = (back[0] - y * ARROW * 0.4, back[1] + x * ARROW * 0.4)
    right = (back[0] + y * ARROW * 0.4, back[1] - x * ARROW * 0.4)
    return "M" + " L".join(f"{_n(a)} {_n(b)}" for a, b in (tip, left, right)) + "Z"


def _labels(arrows: Iterable[Arrow], laid: Layout) -> Iterator[str]:
    for arrow, curve in zip(arrows, laid.curves, strict=True):
        if arrow.lines and curve.label is not None:
            size = label_size(arrow)
            x, y = curve.label
            top = y - size.height / 2
            yield (
                f'<rect x="{_n(x - size.width / 2 + 2)}" y="{_n(top)}" rx="2"'
                f' width="{_n(size.width - 4)}" height="{_n(size.height)}"'
                ' fill="#ffffff" fill-opacity="0.85"/>'
            )
            yield from _lines(arrow.lines, (x, top + 2), ink(arrow.ink))


def _lines(lines: Iterable[str], top: Point, colour: str) -> Iterator[str]:
    x, y = top
    for number, one in enumerate(lines):
        yield _text(one, (x, y + number * SMALL * LEADING + SMALL * 0.95), colour)


# --- boxes and legend ---------------------------------------------------------------------------


def _box(box: Box, middle: Point) -> Iterator[str]:
    size = box_size(box)
    x, y = middle
    thick = thickness(box.ink, present=box.present)
    yield shape(box.kind, middle, size, fill=fill(box), stroke=border(box), thick=thick)
    if not box.name:
        return
    lines = small_lines(box)
    high = SIZE * LEADING + len(lines) * SMALL * LEADING
    top = y - high / 2
    yield _text(shown_name(box), (x, top + SIZE * 0.95), ink(box.ink), size=SIZE, bold=True)
    yield from _lines(lines, (x, top + SIZE * LEADING), ink(box.ink))


def _legend(drawn: Sketch, middle: Point) -> Iterator[str]:
    size = legend_size(drawn)
    left, top = middle[0] - size.width / 2, middle[1] - size.height / 2
    yield _text(drawn.title, (left, top + 22), size=TITLE, bold=True, anchor="start")
    yield _text(drawn.about, (left, top + 37), FAINT, anchor="start")
    for column in legend_columns(drawn):
        for number, row in enumerate(column):
            y = top + LEGEND_TOP + ROW * number
            if row.kind:
                yield _sample(row.kind, (left + SAMPLE / 2 - 6, y - 3))
            yield _text(row.text, (left + row.indent, y), bold=row.is_head, anchor="start")
        left += column_width(column)


def _sample(kind: str, middle: Point) -> str:
    box = Box(id="", kind=kind)
    size = box_size(box) if kind == CHOICE else Size(46, 12)
    if kind == "part":  # room for its tab
        size, middle = Size(46, 9), (middle[0], middle[1] + 1.5)
    return shape(kind, middle, size, fill=fill(box), stroke=border(box), thick=1)


def _text(
    text: str,
    at: Point,
    colour: str = INK,
    *,
    size: float = SMALL,
    bold: bool = False,
    anchor: str = "middle",
) -> str:
    more = f' font-size="{size:g}"' if size != SMALL else ""
    more += ' font-weight="bold"' if bold else ""
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{_n(at[0])}" y="{_n(at[1])}" fill="{colour}"{more}>{escape(text)}</text>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
