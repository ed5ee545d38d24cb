"""Forgetting attempts: what the SQLite store does for retention and erasure."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from powens_flow.store.sqlite import statements as sql
from powens_flow.store.times import micros

DB = sqlite3.Connection


def purge(db: DB, before: datetime, limit: int) -> int:
    """Forget what ended before then and was told; how many."""
    return forget(db, db.execute(sql.PURGE, (micros(before), limit)).fetchall())


def erase(db: DB, owner: str) -> int:
    """Forget all that the owner has; how many attempts."""
    return forget(db, db.execute(sql.OF_OWNER, (owner,)).fetchall())


def empty_log(db: DB) -> bool:
    """Write the log (WAL) into the file and empty it: it still holds what was erased.

    False if another connection is at work just now: nobody waits for that on the thread.
    """
    (patience,) = db.execute("pragma busy_timeout").fetchone()
    db.execute("pragma busy_timeout = 0")
    try:
        (is_busy, *_) = db.execute("pragma wal_checkpoint(truncate)").fetchone()
        return not is_busy
    finally:
        db.execute(f"pragma busy_timeout = {patience}")


def forget(db: DB, attempts: Sequence[tuple[int, str]]) -> int:
    """Forget attempts, given by number and id, with journals, inboxes and claims; how many."""
    db.executemany(sql.FORGET, [(no,) for no, _ in attempts])
    db.executemany(sql.FORGET_CLAIMS, [(attempt_id,) for _, attempt_id in attempts])
    return len(attempts)
