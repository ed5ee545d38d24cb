"""The graphs: they say all that the machines say, and nothing else."""

from collections.abc import Iterator

import pytest

from powens_flow.diagrams import Graph, NoSuchPart, graph_of, overview, part
from powens_flow.diagrams.graph import ITSELF
from powens_flow.machine import Definition, Machines
from powens_flow.machine.compose import INTERRUPTED
from powens_flow.vocabulary import RETRY


@pytest.mark.parametrize("name", ["add_connection", "reconnect"])
def test_the_graph_says_every_transition_of_the_machine(name: str, machines: Machines) -> None:
    machine = machines[name]
    graph = graph_of(machine)

    told = {*_drawn(graph), *_common(graph, machine), *_interruptions(graph, machine)}
    told |= {(node.name, RETRY, (), node.name) for node in graph.nodes if node.retry}

    assert told == {(t.source, t.trigger, t.when, t.to) for t in machine.transitions}


@pytest.mark.parametrize("name", ["add_connection", "reconnect"])
def test_the_overview_and_the_parts_say_every_transition_together(
    name: str, machines: Machines
) -> None:
    machine = machines[name]
    graphs = [overview(machine), *(part(machine, path) for path in machine.parts)]

    told = {taken for graph in graphs for taken in _takes(graph)}

    assert told == {(t.source, t.trigger, t.to) for t in machine.transitions}


def test_branches_are_counted_in_the_order_in_which_their_guards_are_asked(
    machine: Definition,
) -> None:
    drawn = [e for e in graph_of(machine).edges if e.trigger == "choose_accounts"]

    assert [e.branch for e in drawn] == [1, 2, 3, 4]
    assert [bool(e.when) for e in drawn] == [True, True, True, False]


def test_an_overview_folds_each_part_into_one_box(machine: Definition) -> None:
    graph = overview(machine)

    boxes = {node.label: node for node in graph.nodes if node.kind == "part"}
    assert sorted(boxes) == ["early", "ending", "repair", "source"]
    assert "source.state.early.renewing" in boxes["source"].holds
    assert not [node for node in graph.nodes if "." in node.label and INTERRUPTED not in node.label]


def test_out_of_a_folded_part_lead_its_exits(machine: Definition) -> None:
    edges = [e for e in overview(machine).edges if e.source == "source"]

    assert [(e.trigger, e.branch, e.when, e.to) for e in edges if e.trigger == "unusable"] == [
        ("unusable", 1, ("source_still_wanted",), "source"),
        ("unusable", 2, ("has_added_a_source",), "listing_accounts"),
        ("unusable", 3, (), "ending"),
    ]


def test_an_edge_into_a_folded_part_says_by_which_entry(machine: Definition) -> None:
    edges = part(machine, "source").edges

    into = {(e.source, e.trigger, e.entry) for e in edges if e.to == "source.state"}
    assert ("source.planning", "done", "opening_webauth") in into
    assert ("source.submitting", "interaction_needed", None) in into


def test_a_part_is_found_by_its_path_or_by_its_machine(machine: Definition) -> None:
    assert part(machine, "repair.state").picture == "repair.state"
    assert part(machine, "connection_state").file == "connection_state.toml"


def test_an_unknown_part_is_refused_with_those_that_there_are(machine: Definition) -> None:
    with pytest.raises(NoSuchPart, match=r"no part 'sauce' in add_connection; there are: .*source"):
        part(machine, "sauce")


def test_an_edge_says_when_the_clock_takes_it(machine: Definition) -> None:
    edges = {(e.source, e.trigger): e for e in graph_of(machine).edges}

    assert edges["awaiting_user", "poll"].by_clock == "1 to 5 s"
    assert edges["source.state.at_bank", "expire"].by_clock == "bank"


def _takes(graph: Graph) -> Iterator[tuple[str, str, str]]:
    yield from (taken for edge in (*graph.edges, *graph.hidden_edges) for taken in edge.takes)
    yield from (taken for edge in graph.common for taken in edge.takes)


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
