"""A graph as JSON, for other tools: what a picture shows, without how."""

import json

from attrs import asdict

from powens_flow.diagrams.graph import Graph
from powens_flow.diagrams.laying import laid_over
from powens_flow.diagrams.overlay import Overlay


def as_json(graph: Graph, overlay: Overlay | None = None) -> str:
    """The graph as one JSON object with the attributes of `Graph`; with an overlay, `overlay` too:
    `title`, `states` by name, and `edges` as objects with `source`, `trigger`, `to` and `label`."""
    data = asdict(laid_over(graph, overlay))
    if overlay is not None:
        data["overlay"] = {
            "title": overlay.title,
            "states": {name: asdict(mark) for name, mark in overlay.states.items()},
            "edges": [
                {"source": source, "trigger": trigger, "to": to, "label": label}
                for (source, trigger, to), label in overlay.edges.items()
            ],
        }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
