"""What a picture of a machine shows, as frozen values: every renderer draws the same `Graph`.

Edges that are written once for all states of a kind are told once, in `Graph.common`, and not per
state. So are the waiting sibling `interrupted` of a calling state, where only such edges lead to
it, and the ways of the clock that lead back to a state itself (`retry`, `warn`): they stand in
`hidden` and `hidden_edges`, and are drawn where an overlay says something of them.
"""

from attrs import frozen

from powens_flow.diagrams.overlay import Taken

WHOLE = "whole"
OVERVIEW = "overview"

ITSELF = "itself"
"""The target of a common edge that leads back to the state that it starts from."""

FEW = 2
"""Up to so many exceptions are named one by one; for more the groups are named that have it."""


@frozen
class Node:
    """A state, a part that is folded into one box (`kind` "part"), or an exit ("exit").

    `name` is the whole name of the state, the path of the part, or `PATH.exit.NAME`; `label` is
    what its own machine file calls it. A part's box holds the states of `holds`. `again` is where
    "try again" leads after an interruption, unless to the state itself.
    """

    name: str
    label: str
    kind: str
    group: str = ""
    means: str = ""
    prompt: str | None = None
    handler: str | None = None
    deadline: str | None = None
    poll: str | None = None
    retry: str | None = None
    again: str | None = None
    file: str | None = None
    holds: tuple[str, ...] = ()


@frozen
class Edge:
    """A transition, or out of a folded part its exit. `takes` are the transitions it stands for.

    `branch` counts the branches of one state and trigger from 1, in the order in which their guards
    are asked; None where there is only one. `when` is empty for the last. `entry` is the state by
    which an edge comes into a folded part. `by_clock` says when the clock takes it.
    """

    source: str
    to: str
    trigger: str
    when: tuple[str, ...] = ()
    branch: int | None = None
    entry: str | None = None
    by_clock: str | None = None
    takes: tuple[Taken, ...] = ()


@frozen
class CommonEdge:
    """An edge of every state of `kind` in `groups` (empty: in all) that draws none for `trigger`.

    `to` is a node, `interrupted` (the state's own waiting sibling) or `itself`. `but` names the
    states that do not take `trigger` at all. `takes` are the transitions it stands for.
    """

    kind: str
    trigger: str
    to: str
    when: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    takes: tuple[Taken, ...] = ()


@frozen
class Group:
    """The states that come from one machine file. `path` is the prefix of a part's states, and
    empty for the machine's own and for those that all machines share."""

    path: str
    file: str

    @property
    def key(self) -> str:
        """What `Node.group` says."""
        return self.path or self.file


@frozen
class Graph:
    """A machine, or a part of it, as it is drawn. All is in the order of the machine files.

    `picture` is `whole`, `overview`, or the path of the part that is drawn in full; `file` is the
    machine file that an overview or a part is drawn from. `entries` are the further states by which
    a part may be entered.
    """

    name: str
    title: str
    picture: str
    initial: str
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    common: tuple[CommonEdge, ...]
    entries: tuple[str, ...] = ()
    file: str | None = None
    hidden: tuple[Node, ...] = ()
    hidden_edges: tuple[Edge, ...] = ()

    def node(self, name: str) -> Node:
        """The node of that name; `KeyError` if it is not drawn."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def label(self, name: str) -> str:
        """What a node, or a state that is drawn nowhere, is called in this picture: in a whole
        one, where two files may have the same name for it, its whole name."""
        if self.picture == WHOLE:
            return name
        known = (node for node in (*self.nodes, *self.hidden) if node.name == name)
        return next((node.label for node in known), name)
