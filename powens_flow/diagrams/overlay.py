"""What is drawn over a picture: the path of one attempt, where a fleet is, what tests took.

An overlay is a pure value. Whoever makes one knows no renderer; a renderer asks it for the mark of
each state and the label of each edge that it draws.

```python
Overlay(
    title="Attempt 7: completed",
    states={"choosing_connector": Mark(notes=("1 m 12 s",), visited=True)},
    edges={("choosing_connector", "choose_connector", "fetching_connector"): "2x"},
)
```
"""

from collections.abc import Mapping

from attrs import field, frozen

Taken = tuple[str, str, str]
"""A transition: the whole names of its source, its trigger, and the state that it led to."""


@frozen
class Mark:
    """What is drawn on one state beside what it is.

    `notes` are short lines under its name. `visited` draws it in strong ink: as soon as an overlay
    has a visited state, the others are pale. `present` marks where the attempt is now. `heat`, from
    0 to 1, is the fill of a heat picture.
    """

    notes: tuple[str, ...] = ()
    visited: bool = False
    present: bool = False
    heat: float | None = None


@frozen
class Overlay:
    """Marks of states by whole name, and labels of edges by (source, trigger, to).

    A common edge that has a label is drawn for its state, though the machine has it written once.
    """

    title: str | None = None
    states: Mapping[str, Mark] = field(factory=dict)
    edges: Mapping[Taken, str] = field(factory=dict)

    @property
    def is_path(self) -> bool:
        """Whether some states are visited, so that the others are drawn pale."""
        return any(mark.visited for mark in self.states.values())
