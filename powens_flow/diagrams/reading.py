"""The machines, to be read by people: for each state what it means, what a UI shows, what is
accepted, and what comes next. Made from the machine files and the prompts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from powens_flow.diagrams.gallery import Picture, gallery
from powens_flow.diagrams.graph import OVERVIEW, CommonEdge, Edge, Graph, Node
from powens_flow.diagrams.legend import rules_of
from powens_flow.machine import Definition
from powens_flow.prompts import WORKING
from powens_flow.vocabulary import EVENT_TRIGGERS

SHOWS: Final[Mapping[str, str]] = {
    "choose_connector": "a search for a bank",
    "choose_source": "the sources to choose from, in order",
    "already_connected": "that the user has this bank already, and what can be done about it",
    "fill_in_fields": "a form of the fields that are asked for",
    "open_url": "a full-page redirect to the bank's page",
    "approve_on_device": "that the bank's app waits for the user's approval",
    "act_at_bank": "what the bank asks for on its own site, in its own words",
    "wait": "that something is under way, and until when",
    "working": "a spinner",
    "choose_accounts": "the accounts and subscriptions to approve",
    "try_again": "what went wrong, and a button to try again",
    "done": "that it is done",
    "failed": "that it failed, was cancelled or expired",
}
"""What a UI shows for each kind of prompt, in a line."""


INTRODUCTION: Final = f"""\
Made from [the machine files](../machines) and the prompts by `make diagrams`, never by hand; the
pictures are in [diagrams/](../diagrams/README.md). A *waiting* state waits for the user, the bank,
Powens or the clock; a *calling* state is the engine's own work, and shows the prompt `{WORKING}`
meanwhile; a *final* state is an end.

"Accepted" are the events that a person, or the bank's redirect, may send. What an attempt cannot
use, such as `skip_source` before a source was added, its prompt leaves out. Deadlines are those of
the [policy](../README.md#policy)."""


def reading(machines: Mapping[str, Definition]) -> str:
    """The page `docs/machines.md`, as Markdown."""
    return "\n".join(_page(gallery(machines), machines)) + "\n"


def _page(pictures: Sequence[Picture], machines: Mapping[str, Definition]) -> Iterator[str]:
    yield "# The machines, state by state"
    yield ""
    yield INTRODUCTION
    for picture in pictures:
        yield from _picture(picture, machines)


def _picture(picture: Picture, machines: Mapping[str, Definition]) -> Iterator[str]:
    graph = picture.graph
    machine = machines[graph.name]
    kind = "machine" if graph.picture == OVERVIEW else "part"
    yield from ("", f"## {picture.name}", "")
    yield f"{graph.title}: a {kind}, [drawn](../diagrams/{picture.name}.svg) from"
    yield f"[{graph.file}](../machines/{graph.file}). It begins at"
    yield f"`{graph.label(graph.initial)}`{_entries(graph)}."
    if graph.picture != OVERVIEW:
        yield f"It stands as {_places(picture)}."
    for head, lines in rules_of(graph):
        yield from ("", f"{head.capitalize()}:", "")
        yield from (f"- {line}" for line in lines)
    for node in sorted(graph.nodes, key=lambda node: node.kind == "final"):
        if node.kind in ("waiting", "calling", "final"):
            yield from _state(node, graph, machine)
        elif node.kind == "part":
            yield from _part(node, graph)


def _entries(graph: Graph) -> str:
    named = ", ".join(f"`{graph.label(entry)}`" for entry in graph.entries)
    return f", or at {named}" if named else ""


def _places(picture: Picture) -> str:
    return ", ".join(f"`{path}` of `{machine}`" for machine, path in picture.used)


def _state(node: Node, graph: Graph, machine: Definition) -> Iterator[str]:
    yield from ("", f"### {node.label}", "")
    yield f"*{node.kind}* · {node.means}"
    yield ""
    yield f"- The UI shows: {_shown(node, machine)}"
    if node.kind == "final":
        return
    yield f"- Accepted: {_accepted(node, machine)}"
    yield from (f"- {line}" for line in _when(node))
    own = [edge for edge in graph.edges if edge.source == node.name]
    yield f"- Next: {_next(own, graph) or _common_only(node, graph)}"


def _shown(node: Node, machine: Definition) -> str:
    if node.kind == "calling":
        return f"`{WORKING}`, {SHOWS[WORKING]}"
    table = machine.state(node.name).table
    prompt = table.prompt or ""
    return f"`{prompt}`, {SHOWS.get(prompt, 'see the prompts')} (message `{table.message}`)"


def _accepted(node: Node, machine: Definition) -> str:
    taken = [t for t in machine.accepts(node.name) if t in EVENT_TRIGGERS]
    return ", ".join(f"`{trigger}`" for trigger in taken) or "nothing"


def _when(node: Node) -> Iterator[str]:
    """What the clock does here."""
    if node.kind == "waiting":
        looks = f"; looks every {node.poll}" if node.poll else ""
        yield f"By the clock: expires by the deadline `{node.deadline}`{looks}"
    if node.retry:
        yield f"Tried again by the clock: `{node.retry}`".replace(", ", "`, ", 1).removesuffix("`")
    if node.again:
        yield f"After an interruption, `try_again` leads to `{node.again}`"


def _next(edges: Sequence[Edge], graph: Graph) -> str:
    return "; ".join(_way(edge, graph) for edge in edges)


def _way(edge: Edge, graph: Graph) -> str:
    guards = " and ".join(f"`{guard}`" for guard in edge.when)
    condition = f" if {guards}" if guards else " otherwise" if edge.branch else ""
    return f"`{edge.trigger}`{condition} → {_target(edge.to, graph)}{_at(edge)}"


def _at(edge: Edge) -> str:
    return f" at `{edge.entry}`" if edge.entry else ""


def _target(name: str, graph: Graph) -> str:
    kinds = {node.name: node.kind for node in (*graph.nodes, *graph.hidden)}
    word = {"exit": "exit ", "part": "part "}.get(kinds.get(name, ""), "")
    return f"{word}`{graph.label(name)}`"


def _common_only(node: Node, graph: Graph) -> str:
    there: list[CommonEdge] = [edge for edge in graph.common if edge.kind == node.kind]
    return f"as for every {node.kind} state" if there else "nothing"


def _part(node: Node, graph: Graph) -> Iterator[str]:
    yield from ("", f"### {node.label} (a part)", "")
    file = (node.file or "").removesuffix(".toml")
    yield f"{node.means}: see [{file}](#{file})."
    own = [edge for edge in graph.edges if edge.source == node.name]
    if own:
        yield from ("", f"- Its exits: {_next(own, graph)}")
