"""Files of a folder that are no machine files: each is refused by its name, and none waited for."""

import os
from pathlib import Path

import pytest

from powens_flow.handlers import default_registry
from powens_flow.machine import MachineError, load_machines
from powens_flow.machine.files import LARGEST
from tests.machine.small import PIECE, SMALL, load, registry


def refused(folder: Path) -> str:
    with pytest.raises(MachineError) as error:
        load_machines(default_registry(), folder)
    return str(error.value)


UNREADABLE = {
    "latin-1": ("# caf\xe9".encode("latin-1"), "own.toml: not UTF-8 (at line 1): save it as UTF-8"),
    "a later line": (b"# one\n# two \xff", "own.toml: not UTF-8 (at line 2): save it as UTF-8"),
    "UTF-16": (SMALL.encode("utf-16"), "own.toml: not UTF-8 (at line 1): save it as UTF-8"),
    "nested lists": (
        b"a = " + b"[" * 3000 + b"]" * 3000,
        "own.toml: lists or tables in it are nested too deep",
    ),
    "nested tables": (
        b"a = " + b"{a = " * 3000 + b"1" + b"}" * 3000,
        "own.toml: lists or tables in it are nested too deep",
    ),
    "a long integer": (b"a = " + b"9" * 5000, "own.toml: an integer in it is too long"),
    "a large file": (
        b"#" * (LARGEST + 1),
        "own.toml: larger than 1000000 bytes, the most that a machine file may have",
    ),
}


@pytest.mark.parametrize(("content", "what"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_is_refused_by_its_name(
    content: bytes, what: str, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_bytes(content)
    assert refused(tmp_path) == what


NO_FILE = "own.toml: not a regular file, or a link that leads to none"


def test_a_folder_with_the_name_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").mkdir()
    assert refused(tmp_path) == NO_FILE


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path) == NO_FILE


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own.toml")
    assert refused(tmp_path) == NO_FILE


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").symlink_to(tmp_path / "own.toml")
    assert refused(tmp_path).startswith("own.toml: ")


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "own").write_text(SMALL, "utf-8")
    (tmp_path / "small.toml").symlink_to(tmp_path / "own")
    (tmp_path / "piece.toml").write_text(PIECE, "utf-8")
    assert "small" in load_machines(registry(), tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert "small" in load(tmp_path, small="\ufeff" + SMALL)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SMALL, "utf-8")
    assert refused(tmp_path / "own.toml").endswith("own.toml: no such folder")


def test_a_file_that_cannot_be_read_hides_no_fault_of_another(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_bytes(b"\xff")
    (tmp_path / "two.toml").write_bytes(b"name = ")
    assert [line.partition(":")[0] for line in refused(tmp_path).splitlines()] == [
        "one.toml",
        "two.toml",
    ]
