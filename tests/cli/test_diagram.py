"""`powens-flow diagram` and `diagrams`."""

from pathlib import Path

import pytest

from powens_flow.cli import main
from powens_flow.diagrams import graph_of, mermaid
from powens_flow.handlers import default_registry
from powens_flow.machine import load_machines


def test_a_machine_is_printed_as_mermaid_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diagram", "add_connection", "--format", "mermaid"]) == 0

    out, err = capsys.readouterr()
    assert out == mermaid(graph_of(load_machines(default_registry())["add_connection"]))
    assert err == ""


def test_every_machine_is_written_and_then_found_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagrams", str(tmp_path / "new")]) == 0
    written = capsys.readouterr().out.split()

    assert sorted(Path(one).stem for one in written) == sorted(load_machines(default_registry()))
    assert main(["diagrams", str(tmp_path / "new"), "--check"]) == 0
    assert main(["diagrams", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", ["edited", "missing", "of no machine"])
def test_a_folder_that_differs_is_told_and_left_alone(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["diagrams", str(tmp_path)])
    file = tmp_path / ("other.mmd" if change == "of no machine" else "add_connection.mmd")
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
