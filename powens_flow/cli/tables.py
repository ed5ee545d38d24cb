"""Tables for people, in a terminal or a file."""

from collections.abc import Iterable
from datetime import datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDTH = 10_000
"""Columns where the output is no terminal: a row is one line there, whatever it holds."""

WIDEST = 10_000
"""Columns that any table fits into: for finding out how many it needs."""

NOTHING = "-"
"""Stands in a cell for what is not there."""


def console() -> Console:
    """Where tables are printed; nothing in what is stored can colour or move it."""
    made = Console(highlight=False, markup=False, emoji=False)
    return made if made.is_terminal else Console(width=WIDTH, highlight=False, markup=False)


def table(columns: Iterable[str], *, right: Iterable[str] = (), whole: Iterable[str] = ()) -> Table:
    """An empty table; `right` are the columns of numbers, `whole` those that are not wrapped."""
    made = Table(box=SIMPLE, pad_edge=False)
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column in whole,
            overflow="fold",
        )
    return made


def tell(made: Table) -> None:
    """Print the table; where it does not fit, each row as lines of its own: nothing is cut off."""
    out = console()
    needed = Measurement.get(out, out.options.update(max_width=WIDEST), made).minimum
    if needed <= out.width:
        out.print(made)
        return
    names = [str(column.header) for column in made.columns]
    for row in zip(*(column.cells for column in made.columns), strict=True):
        out.print(facts(zip(names, row, strict=True)))
        out.print()


def cells(*values: object) -> tuple[Text, ...]:
    """One row; `-` for what is not there."""
    return tuple(Text(NOTHING if value in (None, "") else printable(value)) for value in values)


def lines(each: Iterable[str]) -> Text:
    """Several lines in one cell."""
    return Text("\n".join(map(printable, each)) or NOTHING)


def printable(value: object) -> str:
    """What is stored came from outside: nothing of it moves the cursor, or begins a line."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(value))


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and what they are, without what is not there."""
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if str(value or "") not in ("", NOTHING):
            made.add_row(name, value if isinstance(value, Text) else Text(printable(value)))
    return made


def moment(at: datetime | None) -> str:
    """To the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at is not None else ""
