"""How things look: calm colours that stay apart in grey and for the colour-blind, and sizes.

The kinds differ in shape too, so that nothing is said by colour alone. Lengths are in points.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from powens_flow.diagrams.metrics import LEADING, SIZE, SMALL, widest, width
from powens_flow.diagrams.sketch import CHOICE, PALE, START, STRONG, Arrow, Box, Sketch

INK: Final = "#1b1f24"
FAINT: Final = "#57606a"
LINE_INK: Final = "#57606a"
PALE_INK: Final = "#b6bcc4"
HOT: Final = (0xD5, 0x5E, 0x00)
"""The hottest fill: Okabe and Ito's vermilion; cold is white."""

FILLS: Final[Mapping[str, str]] = {
    "waiting": "#fff3d1",
    "calling": "#dbe9f8",
    "final": "#d9eedf",
    "part": "#f0f0f2",
    "exit": "#ffffff",
    CHOICE: "#ffffff",
    START: "#1b1f24",
}
BORDERS: Final[Mapping[str, str]] = {
    "waiting": "#8a6100",
    "calling": "#1f5a94",
    "final": "#1d6b3c",
    "part": "#3d444d",
    "exit": "#3d444d",
    CHOICE: "#57606a",
    START: "#1b1f24",
}

PAD_X: Final = 10.0
PAD_Y: Final = 6.0
CHOICE_SIZE: Final = 14.0
START_SIZE: Final = 9.0
ROW: Final = 17.0
SAMPLE: Final = 62.0


TITLE: Final = 15.0
LEGEND_TOP: Final = 56.0
FEW_BOXES: Final = 10
"""Up to so many boxes, the legend stands in one column."""


@frozen
class Size:
    width: float
    height: float


@frozen
class LegendRow:
    """One line of a legend: a kind with a sample, a head, or what stands under it."""

    text: str
    kind: str | None = None
    is_head: bool = False

    @property
    def indent(self) -> float:
        return SAMPLE if self.kind else 0.0 if self.is_head else 10.0


def box_size(box: Box) -> Size:
    """The size of a box with its words."""
    if box.kind == CHOICE:
        return Size(CHOICE_SIZE, CHOICE_SIZE)
    if box.kind == START:
        return Size(START_SIZE, START_SIZE)
    small = small_lines(box)
    wide = max(width(shown_name(box), bold=True), widest(small, SMALL))
    high = SIZE * LEADING + len(small) * SMALL * LEADING
    more = {"calling": 12.0, "exit": 18.0, "final": 14.0}.get(box.kind, 0.0)
    return Size(round(wide + 2 * PAD_X + more), round(high + 2 * PAD_Y))


def small_lines(box: Box) -> tuple[str, ...]:
    """What stands under the name."""
    return (*box.about, *box.ways, *box.notes)


def shown_name(box: Box) -> str:
    """The name, with a mark where the attempt is."""
    return f"● {box.name}" if box.present else box.name


def label_size(arrow: Arrow) -> Size:
    """The size of an arrow's label, with a little air around it."""
    high = len(arrow.lines) * SMALL * LEADING
    return Size(round(widest(arrow.lines, SMALL) + 8), round(high + 4))


def legend_columns(drawn: Sketch) -> tuple[tuple[LegendRow, ...], ...]:
    """The legend's rows, beside each other where the picture is big."""
    kinds = tuple(LegendRow(means, kind=kind) for kind, means in drawn.legend.kinds)
    rules = tuple(
        (LegendRow(head, is_head=True), *map(LegendRow, lines))
        for head, lines in drawn.legend.rules
    )
    columns = (kinds, *rules)
    if len(drawn.boxes) > FEW_BOXES:
        return columns
    return (tuple(row for column in columns for row in column),)


def column_width(column: tuple[LegendRow, ...]) -> float:
    """Of the widest row, with the space to the next column."""
    return max(width(row.text, SMALL, bold=row.is_head) + row.indent for row in column) + 28


def legend_size(drawn: Sketch) -> Size:
    """Of the title and the columns under it."""
    columns = legend_columns(drawn)
    wide = max(sum(map(column_width, columns)), width(drawn.title, TITLE, bold=True))
    high = LEGEND_TOP + ROW * max(map(len, columns)) + 8
    return Size(round(wide), round(high))


def fill(box: Box) -> str:
    """The fill of a box; by heat where it has one."""
    if box.heat is None:
        return "#ffffff" if box.ink == PALE else FILLS[box.kind]
    share = 0.85 * min(1.0, max(0.0, box.heat))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in HOT)


def border(box: Box) -> str:
    return PALE_INK if box.ink == PALE else BORDERS[box.kind]


def ink(inked: str) -> str:
    """The colour of words."""
    return "#8b929a" if inked == PALE else INK


def line(arrow: Arrow) -> str:
    return {PALE: PALE_INK, STRONG: INK}.get(arrow.ink, LINE_INK)


def thickness(ink: str, *, present: bool = False) -> float:
    if present:
        return 3.0
    return 2.0 if ink == STRONG else 1.0
