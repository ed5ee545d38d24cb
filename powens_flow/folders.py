"""Files that come to be whole or not at all, and folders, which have to be synced for that too."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, for its owner alone, to be filled and then given that name.

    It is gone afterwards, if it has not got the name. Its own is not that of the process alone:
    in a container each has the same number as the one before. Raises OSError.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Let the names in the folder survive a power cut: else a new file may be there, and its name
    not. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
