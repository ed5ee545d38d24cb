"""The store's file: whether it is ours, can be written, and has room. Nothing is left behind."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from powens_flow.doctor.finding import Finding, ok, warning, wrong
from powens_flow.store.sqlite.schema import APPLICATION_ID, migrations

LITTLE: Final = 500 * 1024 * 1024
TOO_LITTLE: Final = 20 * 1024 * 1024
"""Bytes free on the disk."""

CHECK: Final = "store"


def check_store(path: Path) -> Iterator[Finding]:
    """The file, or the folder that it will be made in."""
    if os.path.exists(path):
        folder = path.parent
        yield _file(path)
    else:
        folder = _existing(path.parent)
        why = _why_not_made(path, folder)
        if why is not None:
            mend = "let this user write there, or give another store.path"
            yield wrong(CHECK, f"{path} cannot be made in {folder}: {why}", mend)
            return
        yield ok(CHECK, f"{path} is not there yet, and can be made")
    yield _space(folder)


def _existing(folder: Path) -> Path:
    # Unlike `Path.exists`, it takes one that cannot be looked into for one that is not there.
    return folder if os.path.exists(folder) else _existing(folder.parent)


def _why_not_made(path: Path, folder: Path) -> str | None:
    """What stands against it. That a folder may be written says little: in /proc nothing can be
    made. So a file without a name is, which is gone again when it is closed."""
    try:
        with suppress(FileNotFoundError):
            path.lstat()  # a name that is too long
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or type(error).__name__


def _file(path: Path) -> Finding:
    if path.exists() and not path.is_file():
        return wrong(CHECK, f"{path} is no file", "give another store.path")
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        mend = "let this user write the file and its folder (SQLite keeps its log beside it)"
        return wrong(CHECK, f"{path} cannot be written", mend)
    try:
        with closing(_opened(path)) as db:
            return _schema(path, db)
    except sqlite3.Error as error:
        mend = "give another store.path, or bring back a copy"
        return wrong(CHECK, f"{path} cannot be opened: {error}", mend)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def _schema(path: Path, db: sqlite3.Connection) -> Finding:
    (version,) = db.execute("pragma user_version").fetchone()
    (application,) = db.execute("pragma application_id").fetchone()
    (tables,) = db.execute("select count(*) from sqlite_schema").fetchone()
    newest = migrations()[-1].number
    if application != APPLICATION_ID and (tables or version or application):
        mend = "give another store.path"
        return wrong(CHECK, f"{path} is another application's database", mend)
    if version > newest:
        mend = "run the newer version of powens_flow, or give another store.path"
        return wrong(CHECK, f"{path} has schema {version}, this version knows {newest}", mend)
    (sound,) = db.execute("pragma quick_check(1)").fetchone()
    if sound != "ok":
        return wrong(CHECK, f"{path} is damaged: {sound}", "bring back a copy")
    older = "" if version == newest else f", which is brought to {newest} when it is opened"
    return ok(CHECK, f"{path} has schema {version}{older}")


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    says = f"{free // 1024**2:,} MiB free in {folder}"
    if free < TOO_LITTLE:
        return wrong("disk", says, "make room: nothing can be saved on a full disk")
    return warning("disk", says, "make room soon") if free < LITTLE else ok("disk", says)
