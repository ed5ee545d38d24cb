"""`powens-flow diagram` and `diagrams`."""

import json
import sys
from pathlib import Path

import pytest

from powens_flow.cli import main
from powens_flow.diagrams import graph_of, graphviz, mermaid, overview, part
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, load_machines


@pytest.fixture
def machine() -> Definition:
    return load_machines(default_registry())["add_connection"]


def test_a_machine_is_printed_as_mermaid_and_nothing_else(
    machine: Definition, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", "add_connection", "--format", "mermaid"]) == 0

    out, err = capsys.readouterr()
    assert out == mermaid(graph_of(machine))
    assert err == ""


def test_an_overview_or_one_part_is_printed(
    machine: Definition, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", "add_connection", "--overview"]) == 0
    assert capsys.readouterr().out == mermaid(overview(machine))

    assert main(["diagram", "add_connection", "--part", "source.state"]) == 0
    assert capsys.readouterr().out == mermaid(part(machine, "source.state"))


@pytest.mark.parametrize(
    ("form", "begins"),
    [("dot", b"//"), ("svg", b"<svg"), ("png", b"\x89PNG"), ("json", b"{")],
)
def test_a_picture_is_written_into_a_file_in_each_format(
    form: str, begins: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "picture"

    assert (
        main(["diagram", "reconnect", "--overview", "--format", form, "--output", str(file)]) == 0
    )

    assert file.read_bytes().startswith(begins)


def test_json_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "reconnect", "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out)["name"] == "reconnect"


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (["disconnect"], "there are: add_connection, reconnect"),
        (["reconnect", "--part", "source"], "there are: ending, repair, repair.state, "),
        (["reconnect", "--format", "gif"], "'mermaid', 'dot', 'svg', 'png', 'json'"),
        (["reconnect", "--overview", "--part", "repair"], "ask for one"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(
    asked: list[str], there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", *asked]) == 2

    out, err = capsys.readouterr()
    assert there in err
    assert len(err.splitlines()) == 1
    assert out == ""


def test_without_the_extra_a_picture_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)

    assert main(["diagram", "reconnect", "--format", "svg"]) == 1

    assert "pip install 'powens-flow[diagrams]'" in capsys.readouterr().err


def test_every_picture_is_written_and_then_found_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into, docs = str(tmp_path / "new"), ["--docs", str(tmp_path / "docs" / "machines.md")]
    assert main(["diagrams", into, *docs]) == 0
    written = [Path(one) for one in capsys.readouterr().out.split()]

    machines = load_machines(default_registry())
    assert {path.stem for path in written} >= {*machines, "source", "connection_state", "README"}
    assert {path.suffix for path in written} == {".mmd", ".svg", ".md"}
    assert main(["diagrams", into, *docs, "--check"]) == 0
    assert main(["diagrams", into, *docs]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["add_connection.mmd", "source.svg", "README.md", "other.mmd"])
@pytest.mark.parametrize("change", ["edited", "missing"])
def test_a_folder_that_differs_is_told_and_left_alone(
    change: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if (change, name) == ("missing", "other.mmd"):
        name = "add_connection.svg"
    main(["diagrams", str(tmp_path)])
    file = tmp_path / name
    if change == "missing":
        file.unlink()
    else:
        file.write_text("flowchart TD", "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert main(["diagrams", str(tmp_path), "--check"]) == 1

    assert file.name in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert main(["diagrams", str(tmp_path)]) == 0
    assert main(["diagrams", str(tmp_path), "--check"]) == 0


def test_a_picture_that_another_graphviz_laid_out_is_held_to_what_it_shows(tmp_path: Path) -> None:
    main(["diagrams", str(tmp_path)])
    file = tmp_path / "source.svg"
    ours = f"graphviz:{graphviz.version()}"
    moved = file.read_text("utf-8").replace(ours, "graphviz:1.0.0").replace('x="', 'x="1')

    file.write_text(moved, "utf-8")
    assert main(["diagrams", str(tmp_path), "--check"]) == 0

    file.write_text(moved.replace("dot sha256:", "dot sha256:0"), "utf-8")
    assert main(["diagrams", str(tmp_path), "--check"]) == 1


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["diagrams", str(file / "x")]) == 1
    assert capsys.readouterr().err == f"powens-flow: {file / 'x'}: Not a directory\n"


def test_a_picture_that_is_no_text_is_another(tmp_path: Path) -> None:
    (tmp_path / "old.mmd").write_bytes(b"\xff")
    assert main(["diagrams", str(tmp_path), "--check"]) == 1
