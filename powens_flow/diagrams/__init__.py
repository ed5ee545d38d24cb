"""Pictures of the machines: extracted once as a `Graph`, rendered in many formats. No I/O.

```python
text = mermaid(overview(machines["add_connection"]))
text = svg(part(machines["add_connection"], "source"))
```
"""

from collections.abc import Callable, Mapping

from powens_flow.diagrams.as_json import as_json
from powens_flow.diagrams.dot import dot
from powens_flow.diagrams.extract import NoSuchPart, graph_of, overview, part
from powens_flow.diagrams.graph import CommonEdge, Edge, Graph, Group, Node
from powens_flow.diagrams.graphviz import NoGraphviz
from powens_flow.diagrams.graphviz import png as _png
from powens_flow.diagrams.mermaid import mermaid
from powens_flow.diagrams.overlay import Mark, Overlay
from powens_flow.diagrams.svg import svg


def png(graph: Graph, overlay: Overlay | None = None) -> bytes:
    """The graph as a PNG picture, drawn with the machine's fonts.

    Raises:
        NoGraphviz: the extra `diagrams` is not installed.
    """
    return _png(dot(graph, overlay))


Renderer = Callable[[Graph, Overlay | None], str | bytes]

FORMATS: Mapping[str, Renderer] = {
    "mermaid": mermaid,
    "dot": dot,
    "svg": svg,
    "png": png,
    "json": as_json,
}
"""The renderers by name. `svg` and `png` need the extra `diagrams`."""

__all__ = [
    "FORMATS",
    "CommonEdge",
    "Edge",
    "Graph",
    "Group",
    "Mark",
    "NoGraphviz",
    "NoSuchPart",
    "Node",
    "Overlay",
    "as_json",
    "dot",
    "graph_of",
    "mermaid",
    "overview",
    "part",
    "png",
    "svg",
]
