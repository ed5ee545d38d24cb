"""The diagrams: they say all that the machines say, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from powens_flow.diagrams import FORMATS, Graph, graph_of, mermaid
from powens_flow.diagrams.graph import ITSELF
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, Machines, load_machines
from powens_flow.machine.compose import INTERRUPTED
from powens_flow.vocabulary import RETRY

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def machines() -> Machines:
    return load_machines(default_registry())


@pytest.fixture
def machine(machines: Machines) -> Definition:
    return machines["add_connection"]


def test_the_graph_says_every_transition_of_the_machine(machine: Definition) -> None:
    graph = graph_of(machine)

    told = {*_drawn(graph), *_common(graph, machine), *_interruptions(graph, machine)}
    told |= {(node.name, RETRY, (), node.name) for node in graph.nodes if node.retry}

    assert told == {(t.source, t.trigger, t.when, t.to) for t in machine.transitions}


def test_branches_are_counted_in_the_order_in_which_their_guards_are_asked(
    machine: Definition,
) -> None:
    drawn = [e for e in graph_of(machine).edges if e.trigger == "choose_accounts"]

    assert [e.branch for e in drawn] == [1, 2, 3, 4]
    assert [bool(e.when) for e in drawn] == [True, True, True, False]


def test_a_common_edge_is_drawn_once_and_not_per_state(machine: Definition) -> None:
    text = mermaid(graph_of(machine))

    assert len(re.findall(r"cancel, expire → ending\.cleaning_up", text)) == 1
    drawn = [line for line in text.splitlines() if re.search(r"-->.*\bcancel\b", line)]
    assert all("ending_cleaning_up_later" in line for line in drawn)


def test_states_are_drawn_by_kind_and_grouped_by_the_file_that_they_come_from(
    machine: Definition,
) -> None:
    text = mermaid(graph_of(machine))

    assert re.search(r"s_opening_user\[\[.*\]\]:::calling", text)
    assert re.search(r"s_choosing_connector\(.*\):::waiting", text)
    assert re.search(r"s_completed\(\[.*\]\):::final", text)
    outer = text.index('["source: source.toml"]')
    inner = text.index('["source.state: connection_state.toml"]')
    assert (
        outer < text.index("s_source_planning[[") < inner < text.index("s_source_state_reading[[")
    )


def test_every_state_that_is_drawn_is_styled_and_named_once(machine: Definition) -> None:
    graph = graph_of(machine)
    text = mermaid(graph)

    assert len(re.findall(r"^ +s_\w+[(\[].*:::(?:waiting|calling|final)$", text, re.M)) == len(
        graph.nodes
    )
    assert text.count("{") == text.count("}") == 0  # nothing that Mermaid would read as a shape


def test_the_same_machines_give_the_same_bytes() -> None:
    once, again = (load_machines(default_registry()) for _ in range(2))

    for name, render in ((n, r) for n in once for r in FORMATS.values()):
        assert render(graph_of(once[name]), None) == render(graph_of(again[name]), None)


def test_the_committed_diagrams_are_those_of_the_machines(machines: Machines) -> None:
    committed = {path.stem: path.read_text("utf-8") for path in CHECKOUT.glob("diagrams/*.mmd")}

    assert committed == {name: mermaid(graph_of(machines[name])) for name in machines}


Said = tuple[str, str, tuple[str, ...], str]


def _drawn(graph: Graph) -> Iterator[Said]:
    return ((e.source, e.trigger, e.when, e.to) for e in graph.edges)


def _common(graph: Graph, machine: Definition) -> Iterator[Said]:
    """What the common edges say of each state, folded ones too."""
    drawn = {(edge.source, edge.trigger) for edge in graph.edges}
    groups = {node.name: node.group for node in graph.nodes}
    for edge in graph.common:
        for name, state in machine.states.items():
            group = groups.get(name) or groups[name.removesuffix(f".{INTERRUPTED}")]
            if (
                state.kind == edge.kind
                and (not edge.groups or group in edge.groups)
                and name not in edge.but
                and (name, edge.trigger) not in drawn
            ):
                own = {ITSELF: name, INTERRUPTED: f"{name}.{INTERRUPTED}"}
                yield name, edge.trigger, edge.when, own.get(edge.to, edge.to)


def _interruptions(graph: Graph, machine: Definition) -> Iterator[Said]:
    """Out of the siblings that are not drawn: back to the state, or where it says."""
    drawn = {node.name for node in graph.nodes}
    for node in graph.nodes:
        sibling = f"{node.name}.{INTERRUPTED}"
        if sibling in machine.states and sibling not in drawn:
            yield sibling, "try_again", (), node.again or node.name
