"""Mermaid text: what it says, and that the real Mermaid draws it within GitHub's limits."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from powens_flow.diagrams import Graph, Mark, Overlay, graph_of, mermaid, overview
from powens_flow.diagrams.gallery import Picture
from powens_flow.machine import Definition, Machines
from tests.needs import browser, npm_package

MOST_TEXT, MOST_EDGES = 50_000, 500
"""What Mermaid, and so GitHub, takes unless told otherwise (`maxTextSize`, `maxEdges`)."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page in a browser that has Mermaid, as GitHub runs it."""
    script = npm_package("mermaid") / "dist" / "mermaid.min.js"
    async with async_playwright() as playing:
        chromium = await playing.chromium.launch(executable_path=browser(), args=list(FLAGS))
        page = await chromium.new_page()
        await page.set_content("<main></main>")
        await page.add_script_tag(path=script)
        await page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        yield page
        await chromium.close()


async def drawn(page: Page, text: str) -> str:
    """The SVG that Mermaid makes of a text; an error of Mermaid's fails the test."""
    made = await page.evaluate(
        f"mermaid.parse({json.dumps(text)}).then(() => mermaid.render('m', {json.dumps(text)}))"
    )
    return str(made["svg"])


async def test_the_real_mermaid_draws_every_picture(
    page: Page, pictures: tuple[Picture, ...]
) -> None:
    for picture in pictures:
        svg = await drawn(page, mermaid(picture.graph))

        for node in picture.graph.nodes:
            assert node.label in svg or node.kind == "exit", (picture.name, node.name)


async def test_the_real_mermaid_draws_whole_machines(page: Page, machines: Machines) -> None:
    for machine in machines.values():
        svg = await drawn(page, mermaid(graph_of(machine)))

        assert "cleaning_up_later" in svg


async def test_the_real_mermaid_draws_an_overlay(page: Page, machine: Definition) -> None:
    overlay = Overlay(
        title='of "one" <attempt> & more',
        states={
            "opening_user": Mark(visited=True, notes=("2 times",)),
            "opening_user.interrupted": Mark(visited=True, present=True, heat=0.5),
        },
        edges={("opening_user", "temporary", "opening_user.interrupted"): "1x"},
    )

    svg = await drawn(page, mermaid(overview(machine), overlay))

    assert "opening_user.interrupted" in svg
    assert "2 times" in svg


def test_every_text_is_within_what_github_takes(
    machines: Machines, pictures: tuple[Picture, ...]
) -> None:
    graphs = [picture.graph for picture in pictures]
    for graph in (*graphs, *map(graph_of, machines.values())):
        text = mermaid(graph)

        assert len(text) < MOST_TEXT
        assert text.count("-->") < MOST_EDGES


def test_a_common_edge_is_drawn_once_and_not_per_state(machine: Definition) -> None:
    for graph in (graph_of(machine), overview(machine)):
        text = mermaid(graph)

        assert len(re.findall(r"cancel, expire → ending", text)) == 1
        drawn = [line for line in text.splitlines() if re.search(r"-->.*\bcancel\b", line)]
        assert all("cleaning_up_later" in line for line in drawn)


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

    assert len(_states(mermaid(graph))) == len(graph.nodes)


def test_the_legend_says_what_the_picture_shows(machine: Definition) -> None:
    graph: Graph = overview(machine)

    text = mermaid(graph)

    assert 'l_part[/"part: ' in text
    assert "l_exit" not in text  # an overview has none


def _states(text: str) -> list[str]:
    return re.findall(r"^ +s_\w+[(\[].*:::(?:waiting|calling|final)$", text, re.MULTILINE)
