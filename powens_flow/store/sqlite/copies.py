"""Copies of the database file: made while it is in use, and brought back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from powens_flow import folders
from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.sqlite.forgetting import forget

DB = sqlite3.Connection


def copy(db: DB, path: Path) -> None:
    """All that is committed now, as one file for its owner alone, on the disk when it is done.

    It gets its name when it is whole: one that was cut short is an empty database to SQLite.

    Raises:
        StoreError: there is a file of that name.
        sqlite3.Error, OSError: it cannot be written; nothing is left of it.
    """
    if os.path.lexists(path):
        raise StoreError("there is a file of that name already")
    with folders.draft_of(path) as draft:
        with closing(sqlite3.connect(draft)) as made:
            db.backup(made)
        draft.rename(path)
        folders.sync(path.parent)


def forget_live(db: DB) -> int:
    """Forget the attempts that have not ended; how many."""
    return forget(db, db.execute(sql.ALL_LIVE).fetchall())
