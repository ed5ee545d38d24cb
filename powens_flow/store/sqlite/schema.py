"""Opens the database file and brings its schema to this version."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from attrs import frozen

from powens_flow.store.port import StoreError, StoreVersionError

APPLICATION_ID: Final = 0x50F10F10
"""Marks a database file as ours (SQLite's `application_id`)."""

OLDEST_SQLITE: Final = (3, 35, 0)
"""The first with `returning`."""

_CACHE_KIB: Final = 16_384

_NO_STORE: Final = "the file is no store of attempts"


@frozen
class Migration:
    """One numbered step of the schema; the database's `user_version` is the last one done."""

    number: int
    sql: str


def migrations() -> tuple[Migration, ...]:
    """The migrations that come with the package, in order: `migrations/0001_name.sql`, ..."""
    folder = resources.files("powens_flow.store.sqlite").joinpath("migrations")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=_name)
    return tuple(Migration(int(one.name[:4]), one.read_text("utf-8")) for one in files)


def _name(file: "resources.abc.Traversable") -> str:
    return file.name


def opened(path: Path, steps: Sequence[Migration], busy_timeout: float) -> sqlite3.Connection:
    """A connection to the file, which is made, for its owner alone, where there is none.

    Raises:
        StoreVersionError: the file is of a newer version, or no store; it was left as it is.
        StoreError: this SQLite is too old, or there is a folder of that name.
        sqlite3.Error, OSError: it cannot be opened.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old")
    _expect_no_folder(path)
    _create(path)
    db = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, cached_statements=256)
    try:
        _check(db, steps)
        _write_ahead(db, busy_timeout)
        db.execute("pragma foreign_keys = on")
        db.execute(f"pragma cache_size = -{_CACHE_KIB}")
        db.execute("pragma secure_delete = on")  # what is forgotten is not left in free pages
        db.execute("pragma synchronous = full")
        _migrate(db, steps)
    except BaseException:
        db.close()
        raise
    return db


def opened_as_it_is(
    path: Path, steps: Sequence[Migration], busy_timeout: float, *, writes: bool
) -> sqlite3.Connection:
    """A connection to a store that is there, of this very version; nothing is made or migrated.

    Without `writes` nothing of the file can be changed by it.

    Raises:
        StoreVersionError: the file is of another version, or no store.
        StoreError: there is no such file, or it is a folder.
        sqlite3.Error, OSError: it cannot be opened.
    """
    _expect_no_folder(path)
    if not path.is_file():
        raise StoreError("there is no such file")
    db = _connected(path, "rw" if writes else "ro", busy_timeout)
    try:
        version = _check(db, steps)
        if version != steps[-1].number:
            raise StoreVersionError(_too_old(version, steps[-1].number))
        db.execute("pragma foreign_keys = on")
        db.execute("pragma secure_delete = on")
        db.execute(f"pragma cache_size = -{_CACHE_KIB}")
        db.execute(f"pragma query_only = {'off' if writes else 'on'}")
    except BaseException:
        db.close()
        raise
    return db


def _expect_no_folder(path: Path) -> None:
    if path.is_dir():
        raise StoreError("it is a folder, and the store is a file")


def _too_old(version: int, known: int) -> str:
    if version == 0:
        return _NO_STORE
    return (
        f"the store has schema {version}, this version knows {known}:"
        " it is migrated when a backend of this version opens it"
    )


def _connected(path: Path, mode: str, busy_timeout: float) -> sqlite3.Connection:
    """Where nothing may be written at all, not even beside the file, a file at rest is read."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(address, uri=True, timeout=busy_timeout, isolation_level=None)
    try:
        db.execute("select 1 from sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        db.close()
        if mode != "ro" or path.with_name(f"{path.name}-wal").exists():
            raise
        return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    except sqlite3.DatabaseError as error:
        db.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise StoreVersionError(_NO_STORE) from None
        raise
    return db


def _create(path: Path) -> None:
    # Only a file that is not there is opened here: closing a second descriptor of a database
    # would drop this process's locks on it.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return


def _check(db: sqlite3.Connection, steps: Sequence[Migration]) -> int:
    """The schema's version. Raises `StoreVersionError`; writes nothing."""
    version, application, tables = _facts(db)
    if application != APPLICATION_ID and (tables or version or application):
        raise StoreVersionError("the file is another application's database")
    if version > steps[-1].number:
        raise StoreVersionError(
            f"the store has schema {version}, this version knows {steps[-1].number}"
        )
    return version


def _facts(db: sqlite3.Connection) -> tuple[int, int, int]:
    """`user_version`, `application_id` and the number of tables, all of one moment."""
    # Without the savepoint, another process that migrates the file may commit in between.
    db.execute("savepoint facts")
    try:
        (version,) = db.execute("pragma user_version").fetchone()
        (application,) = db.execute("pragma application_id").fetchone()
        (tables,) = db.execute("select count(*) from sqlite_schema").fetchone()
    finally:
        db.execute("release facts")
    return version, application, tables


def _write_ahead(db: sqlite3.Connection, patience: float) -> None:
    # Two processes that open a new file at once: SQLite does not wait for this lock by itself.
    end = time.monotonic() + patience
    while True:
        try:
            db.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(db: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """All the missing steps in one transaction, once even if several processes begin at once."""
    if _check(db, steps) == steps[-1].number:
        return
    db.execute("begin immediate")
    try:
        done = _check(db, steps)
        for step in steps:
            if step.number > done:
                for statement in _statements(step.sql):
                    db.execute(statement)
        db.execute(f"pragma application_id = {APPLICATION_ID}")
        db.execute(f"pragma user_version = {steps[-1].number}")
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def _statements(sql: str) -> Iterator[str]:
    """The script's statements one by one: `executescript` would commit before the first."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
