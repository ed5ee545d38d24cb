"""Graphviz, from the extra `diagrams`: where boxes and arrows go, and PNG."""

import json
import re
from functools import cache
from typing import Any

from attrs import frozen


class NoGraphviz(RuntimeError):
    """SVG and PNG need the extra `diagrams`."""

    def __init__(self) -> None:
        super().__init__(
            "SVG and PNG need Graphviz: pip install 'powens-flow[diagrams]'"
            " (mermaid, dot and json need nothing)"
        )


Point = tuple[float, float]


@frozen
class Curve:
    """An arrow's way: a Bézier curve of 3n + 1 points, the tip it ends in, its label's middle."""

    points: tuple[Point, ...]
    tip: Point | None
    label: Point | None


@frozen
class Layout:
    """Where everything is, in points from the upper left.

    `places` are the middles of boxes by id; `curves` stand in the order of the arrows; `frames` are
    (left, top, width, height) of groups by title; `legend` is the legend's middle.
    """

    width: float
    height: float
    places: dict[str, Point]
    curves: tuple[Curve, ...]
    frames: dict[str, tuple[float, float, float, float]]
    legend: Point


def layout(text: str) -> Layout:
    """Lay out DOT text whose boxes and labels have their sizes written down.

    Raises:
        NoGraphviz: the extra is not installed.
    """
    return _read(json.loads(_drawn(text, "json0")))


def png(text: str) -> bytes:
    """DOT text as a PNG picture, drawn with the machine's fonts.

    Raises:
        NoGraphviz: the extra is not installed.
    """
    return _drawn(text, "png")


@cache
def version() -> str:
    """Graphviz' version, such as "14.1.5".

    Raises:
        NoGraphviz: the extra is not installed.
    """
    found = re.search(rb"graphviz version (\S+)", _drawn("digraph {}", "svg"))
    return found[1].decode() if found else "unknown"


def _drawn(text: str, form: str) -> bytes:
    try:
        import pygraphviz  # noqa: PLC0415 - an extra, needed here only
    except ImportError:
        raise NoGraphviz from None
    graph = pygraphviz.AGraph(string=text)
    made: bytes = graph.draw(format=form, prog="dot")
    return made


def _read(data: dict[str, Any]) -> Layout:
    _, _, width, height = _numbers(data["bb"])
    flip = _Flip(height)
    objects = data.get("objects", [])
    return Layout(
        width=width,
        height=height,
        places={one["name"]: flip.point(one["pos"]) for one in objects if "pos" in one},
        curves=tuple(_curve(one, flip) for one in data.get("edges", [])),
        frames={one["label"]: flip.frame(one["bb"]) for one in objects if "bb" in one},
        legend=flip.point(data["lp"]) if "lp" in data else (0.0, 0.0),
    )


@frozen
class _Flip:
    """Graphviz counts upwards."""

    height: float

    def point(self, text: str) -> Point:
        x, y = _numbers(text)
        return x, self.height - y

    def frame(self, text: str) -> tuple[float, float, float, float]:
        left, bottom, right, top = _numbers(text)
        return left, self.height - top, right - left, top - bottom


def _curve(edge: dict[str, Any], flip: _Flip) -> Curve:
    words = edge["pos"].split()
    tips = [flip.point(word[2:]) for word in words if word.startswith("e,")]
    points = tuple(flip.point(word) for word in words if not word.startswith(("e,", "s,")))
    label = flip.point(edge["lp"]) if "lp" in edge else None
    return Curve(points, tips[0] if tips else None, label)


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]
