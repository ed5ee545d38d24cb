"""The shape of each kind of box, as SVG: kinds differ in shape, so that grey print says as much."""

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from powens_flow.diagrams.graphviz import Point
from powens_flow.diagrams.look import Size

TAB: Final = 5.0
BAR: Final = 5.0
NOSE: Final = 9.0
CORNER: Final = 10.0


@frozen
class _Frame:
    """The edges of a box, and how it is painted."""

    left: float
    top: float
    right: float
    bottom: float
    fill: str
    stroke: str

    @property
    def middle(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def half_height(self) -> float:
        return (self.bottom - self.top) / 2


def shape(kind: str, middle: Point, size: Size, *, fill: str, stroke: str, thick: float) -> str:
    """One box around its middle."""
    x, y = middle
    wide, high = size.width / 2, size.height / 2
    line = f'stroke="{stroke}" stroke-width="{thick:g}"'
    frame = _Frame(x - wide, y - high, x + wide, y + high, f'fill="{fill}" {line}', line)
    return _SHAPES[kind](frame)


def _waiting(frame: _Frame) -> str:
    return _rect(frame, round_by=min(CORNER, frame.half_height))


def _calling(frame: _Frame) -> str:
    at = (frame.left + BAR, frame.right - BAR)
    bars = "".join(f"M{_n(x)} {_n(frame.top)}V{_n(frame.bottom)}" for x in at)
    return f'{_rect(frame)}<path d="{bars}" fill="none" {frame.stroke}/>'


def _final(frame: _Frame) -> str:
    inner = _Frame(
        frame.left + 3,
        frame.top + 3,
        frame.right - 3,
        frame.bottom - 3,
        f'fill="none" {frame.stroke}',
        frame.stroke,
    )
    return _rect(frame, round_by=frame.half_height) + _rect(inner, round_by=inner.half_height)


def _part(frame: _Frame) -> str:
    wide = (frame.right - frame.left) / 3
    tab = f"M{_n(frame.left)} {_n(frame.top)}v-{TAB:g}h{_n(wide)}v{TAB:g}"
    return f'<path d="{tab}" {frame.fill}/>{_rect(frame)}'


def _exit(frame: _Frame) -> str:
    left, top, right, bottom = frame.left, frame.top, frame.right, frame.bottom
    nose = (right, frame.middle[1])
    back = right - NOSE
    return _polygon([(left, top), (back, top), nose, (back, bottom), (left, bottom)], frame)


def _choice(frame: _Frame) -> str:
    x, y = frame.middle
    return _polygon([(frame.left, y), (x, frame.top), (frame.right, y), (x, frame.bottom)], frame)


def _start(frame: _Frame) -> str:
    x, y = frame.middle
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(frame.half_height)}" {frame.fill}/>'


_SHAPES: Final[Mapping[str, Callable[[_Frame], str]]] = {
    "waiting": _waiting,
    "calling": _calling,
    "final": _final,
    "part": _part,
    "exit": _exit,
    "choice": _choice,
    "start": _start,
}


def _rect(frame: _Frame, *, round_by: float = 0.0) -> str:
    rounded = f' rx="{_n(round_by)}"' if round_by else ""
    wide, high = frame.right - frame.left, frame.bottom - frame.top
    at = f'x="{_n(frame.left)}" y="{_n(frame.top)}" width="{_n(wide)}" height="{_n(high)}"'
    return f"<rect {at}{rounded} {frame.fill}/>"


def _polygon(points: list[Point], frame: _Frame) -> str:
    at = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<polygon points="{at}" {frame.fill}/>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
