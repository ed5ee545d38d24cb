"""All pictures of all machines: an overview of each, and each part once, however often it is used.

Pure: files come out as texts by name.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from powens_flow.diagrams.extract import overview, part
from powens_flow.diagrams.graph import OVERVIEW, Graph
from powens_flow.diagrams.mermaid import mermaid
from powens_flow.machine import Definition

INDEX: Final = "README.md"


@frozen
class Picture:
    """One picture. `used` are the places (machine, path) of a part; empty for an overview."""

    name: str
    graph: Graph
    used: tuple[tuple[str, str], ...] = ()


def gallery(machines: Mapping[str, Definition]) -> tuple[Picture, ...]:
    """An overview of each machine, then each part, in full and once: the same machine file gives
    the same picture wherever it stands, but where a machine's own common edges differ."""
    overviews = [Picture(name, overview(machine)) for name, machine in machines.items()]
    parts: dict[str, dict[str, Picture]] = {}
    for machine in machines.values():
        for path, one in machine.parts.items():
            graph = part(machine, path)
            alike = parts.setdefault(one.machine, {})
            text = mermaid(graph)
            there = alike.get(text) or Picture(_name(machine, path, alike), graph)
            alike[text] = Picture(there.name, there.graph, (*there.used, (machine.name, path)))
    return (*overviews, *(picture for alike in parts.values() for picture in alike.values()))


def _name(machine: Definition, path: str, alike: Mapping[str, Picture]) -> str:
    return f"{machine.name}.{path}" if alike else machine.parts[path].machine


def index(pictures: tuple[Picture, ...]) -> str:
    """The page that shows all pictures, as Markdown."""
    return "\n".join(_index(pictures)) + "\n"


def _index(pictures: tuple[Picture, ...]) -> Iterator[str]:
    yield "# The machines, drawn"
    yield ""
    yield "Made from [the machine files](../machines) by `make diagrams`, never by hand. What each"
    yield "state means is told in [docs/machines.md](../docs/machines.md). A box with a tab is a"
    yield "part: its own picture follows. Edges that every state of a kind has are told once, in"
    yield "the legend."
    yield ""
    yield from (f"- [{_head(one)}](#{_anchor(_head(one))})" for one in pictures)
    for one in pictures:
        yield from ("", f"## {_head(one)}", "")
        yield _about(one)
        yield from ("", f"[![{one.graph.title}]({one.name}.svg)]({one.name}.svg)", "")
        yield f"As text: [{one.name}.mmd]({one.name}.mmd)"


def _head(one: Picture) -> str:
    return f"{one.name}: {one.graph.title}"


def _anchor(head: str) -> str:
    """How GitHub names a heading."""
    kept = "".join(c for c in head.lower() if c.isalnum() or c in "-_ ")
    return kept.replace(" ", "-")


def _about(one: Picture) -> str:
    if one.graph.picture == OVERVIEW:
        return f"A machine: an overview of [{one.graph.file}](../machines/{one.graph.file})."
    places = ", ".join(f"`{path}` of `{machine}`" for machine, path in one.used)
    return f"A part: [{one.graph.file}](../machines/{one.graph.file}), which stands as {places}."
