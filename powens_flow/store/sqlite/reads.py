"""What the SQLite store reads: journals, what listeners must hear, claims."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from powens_flow.attempt import Attempt, Claim, JournalRow
from powens_flow.json_text import from_json
from powens_flow.snapshot import load, load_row
from powens_flow.store.port import SnapshotUnreadable, Untold
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.sqlite.saves import claim_values
from powens_flow.store.times import micros, moment

DB = sqlite3.Connection

FORGOTTEN: Final = 20
"""Ended claims that are forgotten with each new one, so that there are never more and more."""


def snapshot(db: DB, attempt_id: str) -> str | None:
    """The attempt's JSON, not read yet."""
    found = db.execute(sql.LOAD, (attempt_id,)).fetchone()
    return None if found is None else str(found[0])


def history(db: DB, attempt_id: str) -> tuple[JournalRow, ...]:
    """The journal, oldest first."""
    return tuple(_row(attempt_id, *found) for found in db.execute(sql.HISTORY, (attempt_id,)))


def untold(db: DB, limit: int) -> tuple[Untold, ...]:
    """Rows that listeners must hear, with the attempts; what cannot be read is passed over."""
    return tuple(islice(_untold(db.execute(sql.UNTOLD)), limit))


def untold_attempts(db: DB) -> dict[str, int]:
    """The ids of attempts that have rows which listeners must hear, with the last one's `seq`."""
    return dict(db.execute(sql.UNTOLD_ATTEMPTS).fetchall())


def untold_of(db: DB, attempt_ids: Collection[str]) -> tuple[Untold, ...]:
    """The same of these attempts."""
    found = (db.execute(sql.UNTOLD_OF, (one,)) for one in attempt_ids)
    return tuple(chain.from_iterable(map(_untold, found)))


def told(db: DB, rows: Collection[tuple[str, int]]) -> None:
    """Listeners heard of these."""
    db.executemany(sql.TOLD, rows)


def claimed(db: DB, key: str, now: datetime) -> Claim | None:
    """The claim of that name that has not ended."""
    found = db.execute(sql.CLAIMED, (key,)).fetchone()
    if found is None or found[1] <= micros(now):
        return None
    return Claim(key, found[0], moment(found[1]), from_json(found[2]))


def claim(db: DB, wanted: Claim, now: datetime) -> Claim:
    """The claim that holds now: the wanted one, if the name was free."""
    held = claimed(db, wanted.key, now)
    if held is not None:
        return held
    db.execute(sql.FORGET_ENDED_CLAIMS, (micros(now), FORGOTTEN))
    db.execute(sql.CLAIM, claim_values(wanted))
    return wanted


def live(db: DB, owner: str) -> tuple[str, ...]:
    """The ids of the owner's attempts that have not ended, oldest first."""
    return tuple(found[0] for found in db.execute(sql.LIVE, (owner,)))


def live_states(db: DB) -> dict[tuple[str, str], int]:
    """How many attempts that have not ended are in which machine's which state."""
    return {(machine, state): count for machine, state, count in db.execute(sql.LIVE_STATES)}


def concerned(db: DB, id_user: int) -> tuple[str, ...]:
    """The ids of attempts of that Powens user that have not ended."""
    return tuple(found[0] for found in db.execute(sql.CONCERNED, (id_user,)))


def connections(db: DB, owner: str, without: str) -> frozenset[int]:
    """The ids of the connections of the owner's attempts but one."""
    return frozenset(found[0] for found in db.execute(sql.CONNECTIONS, (owner, without)))


def _untold(found: Iterable[tuple[Any, ...]]) -> Iterator[Untold]:
    attempts: dict[str, Attempt | None] = {}
    for *values, attempt_id, text in found:
        if attempt_id not in attempts:
            attempts[attempt_id] = _readable(text)
        attempt = attempts[attempt_id]
        if attempt is None:
            continue
        try:
            row = _row(attempt_id, *values)
        except SnapshotUnreadable:  # what comes after it would be told out of its order
            attempts[attempt_id] = None
            continue
        yield Untold(row, attempt)


def _row(attempt_id: str, seq: int, at: int, *values: Any) -> JournalRow:
    read = load_row(values[-1])
    parts = (*values[:-1], read.guards, read.facts, read.calls)
    return JournalRow(attempt_id, seq, moment(at), *parts)


def _readable(text: str) -> Attempt | None:
    try:
        return load(text)
    except SnapshotUnreadable:
        return None
