"""How big a text is, from Helvetica's own table, so that a picture is the same on any machine.

Graphviz would ask the machine's fonts, which differ; so every box and label is given its size.
Arial and Liberation Sans have the same widths. Lengths are in points.
"""

from collections.abc import Iterable
from typing import Final

FONTS: Final = "Helvetica, Arial, 'Liberation Sans', sans-serif"

SIZE: Final = 11.0
SMALL: Final = 9.5
LEADING: Final = 1.25

_TABLE: Final = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278"
    " 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556"
    " 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778"
    " 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556"
    " 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556"
    " 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
"""Of the letters from space to tilde, in thousandths of the size (Adobe's Core 14 AFM files)."""

_WIDTHS: Final = tuple(map(int, _TABLE.split()))
_OTHER: Final = 800
_BOLD: Final = 1.09


def width(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """The width of one line."""
    thousandths = sum(_letter(one) for one in text)
    return thousandths * size / 1000 * (_BOLD if bold else 1)


def widest(lines: Iterable[str], size: float = SIZE, *, bold: bool = False) -> float:
    """The width of the widest line."""
    return max((width(line, size, bold=bold) for line in lines), default=0.0)


def _letter(one: str) -> int:
    place = ord(one) - ord(" ")
    return _WIDTHS[place] if 0 <= place < len(_WIDTHS) else _OTHER
