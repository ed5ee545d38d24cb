"""Finds the machine files, and reads the text of one."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from powens_flow.machine.errors import MachineError, Place

LARGEST = 1_000_000
"""The most bytes of a machine file. The largest of ours has some ten thousand."""


def our_machines() -> dict[str, str]:
    """The text of each machine file that the package carries, by file name."""
    return {name: text_of(file) for name, file in our_files().items()}


def our_files() -> dict[str, Traversable]:
    """The machine files that the package carries, by name."""
    packaged = resources.files("powens_flow").joinpath("_machines")
    if packaged.is_dir():
        return _machine_files(packaged)
    return _machine_files(Path(__file__).resolve().parents[2] / "machines")


def files_of(folder: Path) -> dict[str, Traversable]:
    """The machine files of a user's folder, by name.

    Raises:
        MachineError: there is no such folder, or it cannot be read.
    """
    try:
        return _machine_files(folder)
    except (FileNotFoundError, NotADirectoryError):
        what = "no such folder"
    except OSError as error:
        what = f"the folder cannot be read: {type(error).__name__}"
    raise MachineError([(Place(str(folder)), what)])


def text_of(file: Traversable) -> str:
    """The text of one machine file.

    Raises:
        MachineError: it is no file, too large, or no UTF-8.
    """
    try:
        return _content(file).decode("utf-8-sig")  # an editor may put a byte order mark first
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8 (at line {line}): save it as UTF-8"
    except OSError as error:
        what = f"cannot be read: {type(error).__name__}"
    except _Unfit as error:
        what = str(error)
    raise MachineError([(Place(file.name), what)])


class _Unfit(Exception):
    """What a machine file cannot be."""


def _content(file: Traversable) -> bytes:
    if not file.is_file():  # to open a named pipe would wait for ever
        raise _Unfit("not a regular file, or a link that leads to none")
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _Unfit(f"larger than {LARGEST} bytes, the most that a machine file may have")
    return content


def _machine_files(folder: Traversable) -> dict[str, Traversable]:
    found = (file for file in folder.iterdir() if file.name.endswith(".toml"))
    return {file.name: file for file in sorted(found, key=lambda file: file.name)}
