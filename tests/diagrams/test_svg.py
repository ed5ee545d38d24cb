"""SVG: the same bytes on any machine, and nothing that hides something else."""

import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from powens_flow.diagrams import Mark, Overlay, graph_of, overview, png, svg
from powens_flow.diagrams import graphviz as graphviz_module
from powens_flow.diagrams.dot import dot, skeleton
from powens_flow.diagrams.gallery import Picture
from powens_flow.diagrams.graphviz import NoGraphviz, layout
from powens_flow.diagrams.look import box_size, label_size
from powens_flow.diagrams.sketch import sketch
from powens_flow.machine import Definition

SVG = "{http://www.w3.org/2000/svg}"
Rectangle = tuple[float, float, float, float, str]

ELSEWHERE = """
from powens_flow.diagrams import overview, svg
from powens_flow.handlers import default_registry
from powens_flow.machine import load_machines
print(svg(overview(load_machines(default_registry())["add_connection"])), end="")
"""


def test_no_label_lies_over_another_or_over_a_box(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        drawn = sketch(picture.graph)
        laid = layout(skeleton(drawn))
        boxes = [
            _around(laid.places[box.id], box_size(box).width, box_size(box).height, box.id)
            for box in drawn.boxes
        ]
        labels = [
            _around(curve.label, label_size(a).width - 8, label_size(a).height - 4, a.lines[0])
            for a, curve in zip(drawn.arrows, laid.curves, strict=True)
            if curve.label is not None
        ]

        hidden = [(a[4], b[4]) for a, b in combinations([*boxes, *labels], 2) if _overlap(a, b)]
        assert hidden == [], picture.name


def test_a_picture_has_the_proportion_of_a_page(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        root = ElementTree.fromstring(svg(picture.graph))  # noqa: S314 - our own text
        wide, high = float(root.attrib["width"]), float(root.attrib["height"])

        assert 0.5 < wide / high < 2.0, picture.name


def test_every_state_is_named_in_the_picture(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        root = ElementTree.fromstring(svg(picture.graph))  # noqa: S314 - our own text
        words = {text.text for text in root.iter(f"{SVG}text")}

        assert {n.label for n in picture.graph.nodes if n.kind != "exit"} <= words


def test_the_same_machine_gives_the_same_bytes_whatever_fonts_there_are(
    machine: Definition, tmp_path: Path
) -> None:
    no_fonts = tmp_path / "fonts.conf"
    no_fonts.write_text("<?xml version='1.0'?><fontconfig></fontconfig>", "utf-8")
    elsewhere = subprocess.run(  # noqa: S603 - our own text, in this very Python
        [sys.executable, "-c", ELSEWHERE],
        env={**os.environ, "FONTCONFIG_FILE": str(no_fonts), "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
    ).stdout.decode()

    assert svg(overview(machine)) == elsewhere


def test_a_picture_says_of_what_and_by_whom_it_was_laid_out(machine: Definition) -> None:
    text = svg(overview(machine))

    assert re.search(r"<!-- dot sha256:[0-9a-f]{32} graphviz:\d+\.\d+\.\d+ -->", text)


def test_a_path_is_strong_and_the_rest_is_pale(machine: Definition) -> None:
    overlay = Overlay(
        title="one attempt",
        states={
            "opening_user": Mark(visited=True, notes=("2 times", "1 m 12 s")),
            "opening_user.interrupted": Mark(visited=True, present=True),
        },
        edges={("opening_user", "temporary", "opening_user.interrupted"): "2x"},
    )

    text = svg(overview(machine), overlay)

    assert "opening_user.interrupted" in text  # drawn only where an overlay says something of it
    assert "temporary · 2x" in text  # a common edge, drawn for this state
    assert "1 m 12 s" in text
    assert "Add a connection: one attempt" in text
    assert text.count("#b6bcc4") > 20  # pale


def test_heat_fills_a_box_and_the_part_that_holds_the_state(machine: Definition) -> None:
    hot = Overlay(states={"source.filling_in": Mark(heat=1.0, notes=("34 here",))})

    whole, folded = svg(graph_of(machine), hot), svg(overview(machine), hot)

    assert 'fill="#db7626"' in whole
    assert "filling_in: 34 here" in folded


def test_png_is_a_picture(machine: Definition) -> None:
    assert png(overview(machine)).startswith(b"\x89PNG\r\n")


def test_dot_is_read_by_graphviz_and_says_the_words(machine: Definition) -> None:
    text = dot(overview(machine))

    assert layout(text).places.keys() >= {"s_opening_user", "part_source", "s_completed"}
    assert "choose_connector" in text


def test_without_graphviz_the_error_says_what_to_install(
    machine: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    graphviz_module.version.cache_clear()

    for render in (svg, png):
        with pytest.raises(NoGraphviz, match=r"pip install 'powens-flow\[diagrams\]'"):
            render(overview(machine))


def _around(middle: tuple[float, float], wide: float, high: float, name: str) -> Rectangle:
    x, y = middle
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, name


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart
