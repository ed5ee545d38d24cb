"""Copies of the database file: made while it is in use, and brought back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.sqlite.forgetting import forget

DB = sqlite3.Connection


def copy(db: DB, path: Path) -> None:
    """All that is committed now, as one file for its owner alone, on the disk when it is done.

    Raises:
        StoreError: there is a file of that name.
        sqlite3.Error, OSError: it cannot be written; nothing is left of it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise StoreError("there is a file of that name already") from None
    try:
        with closing(sqlite3.connect(path)) as made:
            db.backup(made)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def forget_live(db: DB) -> int:
    """Forget the attempts that have not ended; how many."""
    return forget(db, db.execute(sql.ALL_LIVE).fetchall())
