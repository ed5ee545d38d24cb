"""Pictures: drawn once for what they show, on another thread, and embedded as images.

As images they can run nothing, whatever stands in them, and Graphviz is asked by one thread.
"""

import asyncio
from importlib.util import find_spec
from threading import Lock
from typing import Final

from powens_flow.diagrams import Graph, NoGraphviz, Overlay, overview, part, svg
from powens_flow.machine import Definition
from powens_flow.web.inspect.look import KEPT, Look, digest
from powens_flow.web.inspect.markup import Html, html, tag
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shown import link

_DRAWING: Final = Lock()
"""Graphviz is not made for several threads."""

INSTALL: Final = "pip install 'powens-flow[diagrams]'"


def has_graphviz() -> bool:
    """Whether pictures can be drawn here; Graphviz itself is loaded with the first of them."""
    return find_spec("pygraphviz") is not None


def no_pictures() -> Html:
    """What stands in a picture's place where there can be none."""
    return tag(
        "p",
        "There is no picture: this server has no Graphviz. To have it: ",
        tag("code", INSTALL),
        ". The table says the same.",
        class_="note",
    )


def picture(address: str, says: str) -> Html:
    """A picture, scrolled where it is wider than the screen, and alone by its link."""
    image = tag("img", src=address, alt=says, decoding="async")
    return html(
        tag(
            "div",
            image,
            class_="scroll paper",
            role="region",
            tabindex=0,
            aria_label=says.partition(";")[0],
        ),
        tag("p", link(address, "The picture alone")),
    )


async def graph_shown(look: Look, machine: Definition, path: str, overlay: Overlay) -> str:
    """The SVG of a machine's overview, or of one part, with an overlay.

    Raises:
        Refused: there is no Graphviz here.
        NoSuchPart: listing those that there are.
    """
    graph = part(machine, path) if path else overview(machine)
    key = digest(machine.hash, path, overlay)
    try:
        return await look.pictures.get(key, KEPT, lambda: asyncio.to_thread(_drawn, graph, overlay))
    except NoGraphviz:
        raise Refused("no_graphviz", f"to have them: {INSTALL}") from None


def _drawn(graph: Graph, overlay: Overlay) -> str:
    with _DRAWING:
        return svg(graph, overlay)
