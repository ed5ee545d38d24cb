"""The tables of docs/observability.md."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "observability.md"


def table(name: str) -> list[list[str]]:
    """The cells of the table of that name, its head left out."""
    found = re.search(
        rf"<!-- {name}: .*? -->\n(.*?)<!-- /{name} -->", PAGE.read_text("utf-8"), re.S
    )
    assert found is not None, f"the page has no table {name!r}"
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def code_in(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)
