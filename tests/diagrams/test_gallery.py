"""The pages that are made of the machines: all pictures, and what each state means."""

import json
import re
from pathlib import Path

from powens_flow.diagrams import FORMATS, Overlay, as_json, graph_of, mermaid, overview
from powens_flow.diagrams.gallery import Picture, index
from powens_flow.diagrams.reading import SHOWS, reading
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, Machines, load_machines
from powens_flow.vocabulary import EVENT_TRIGGERS, PROMPT_KINDS

CHECKOUT = Path(__file__).parents[2]


def test_each_machine_file_has_one_picture(pictures: tuple[Picture, ...]) -> None:
    files = {path.stem for path in CHECKOUT.glob("machines/*.toml")}

    assert sorted(picture.name for picture in pictures) == sorted(files - {"common"})


def test_the_page_shows_every_picture_and_where_each_part_stands(
    pictures: tuple[Picture, ...],
) -> None:
    page = index(pictures)

    assert re.findall(r"!\[.*?\]\((\w+)\.svg\)", page) == [picture.name for picture in pictures]
    assert "`source.state` of `add_connection`" in page
    assert "`repair.state` of `reconnect`" in page


def test_the_same_machines_give_the_same_bytes(machines: Machines) -> None:
    again = load_machines(default_registry())

    for name, render in ((n, r) for n in machines for r in FORMATS.values()):
        assert render(graph_of(machines[name]), None) == render(graph_of(again[name]), None)


def test_the_committed_texts_are_those_of_the_machines(
    machines: Machines, pictures: tuple[Picture, ...]
) -> None:
    committed = {path.stem: path.read_text("utf-8") for path in CHECKOUT.glob("diagrams/*.mmd")}

    assert committed == {picture.name: mermaid(picture.graph) for picture in pictures}
    assert (CHECKOUT / "diagrams/README.md").read_text("utf-8") == index(pictures)
    assert (CHECKOUT / "docs/machines.md").read_text("utf-8") == reading(machines)


def test_json_says_what_the_picture_shows(machine: Definition) -> None:
    overlay = Overlay(edges={("opening_user", "cancel", "ending.cleaning_up"): "1x"})

    data = json.loads(as_json(overview(machine), overlay))

    assert data["picture"] == "overview"
    assert {"opening_user", "source", "completed"} <= {node["name"] for node in data["nodes"]}
    cancels = [edge for edge in data["edges"] if edge["trigger"] == "cancel"]
    assert [(edge["source"], edge["to"]) for edge in cancels] == [("opening_user", "ending")]
    assert data["overlay"]["edges"][0]["label"] == "1x"


def test_every_kind_of_prompt_is_described() -> None:
    assert set(SHOWS) == set(PROMPT_KINDS)


def test_every_state_is_read_out_with_its_meaning_its_prompt_and_what_it_takes(
    machines: Machines,
) -> None:
    page = reading(machines)

    for machine in machines.values():
        for state in machine.states.values():
            if state.name.endswith(".interrupted") and state.name != "renewing_token.interrupted":
                continue  # told once for all calling states
            assert state.table.means in page
            local = state.name.removeprefix(f"{state.part}.")
            said = _section(page, _heading(machine, state.part), local)
            takes = [t for t in machine.accepts(state.name) if t in EVENT_TRIGGERS]
            assert all(f"`{trigger}`" in said for trigger in takes), state.name
            if state.kind == "waiting":
                assert f"`{state.table.prompt}`" in said
                assert f"`{state.table.message}`" in said


def _heading(machine: Definition, part: str) -> str:
    return machine.parts[part].machine if part else machine.name


def _section(page: str, machine: str, state: str) -> str:
    """What stands under a state's heading, on the page of its machine file."""
    of_machine = re.split(r"^## ", page.split(f"\n## {machine}\n")[1], flags=re.MULTILINE)[0]
    return of_machine.split(f"\n### {state}\n")[1].split("\n### ")[0]
