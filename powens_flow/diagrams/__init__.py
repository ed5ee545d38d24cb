"""Pictures of the machines: extracted once as a `Graph`, rendered as text. No I/O.

```python
text = mermaid(graph_of(machines["add_connection"]))
```
"""

from collections.abc import Callable, Mapping

from powens_flow.diagrams.graph import CommonEdge, Edge, Graph, Group, Node, graph_of
from powens_flow.diagrams.mermaid import mermaid
from powens_flow.diagrams.overlay import Mark, Overlay

FORMATS: Mapping[str, Callable[[Graph, Overlay | None], str]] = {"mermaid": mermaid}
"""The renderers by name."""

__all__ = [
    "FORMATS",
    "CommonEdge",
    "Edge",
    "Graph",
    "Group",
    "Mark",
    "Node",
    "Overlay",
    "graph_of",
    "mermaid",
]
