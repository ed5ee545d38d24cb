"""Whether the database file is still where it was opened."""

import os
from pathlib import Path
from typing import Final

from powens_flow.store.port import StoreError

LEFT: Final = (
    "the file was moved away, deleted, or another put in its place: nothing more is kept"
    " until this process is started again"
)


class Place:
    """The path of an open file, and which file it was then.

    What is written to a file that has left its place is lost with the process, and nobody is told:
    SQLite goes on with it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()  # also if the process goes to another folder
        self._file = self._found()

    def expect_same(self) -> None:
        """Raises StoreError where it is another file by now, or none."""
        if self._found() != self._file:
            raise StoreError(LEFT)

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
