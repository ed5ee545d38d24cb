"""Taking attempts, and giving them back: what the SQLite store does for leases."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from powens_flow.attempt import Attempt
from powens_flow.json_text import from_json, to_json
from powens_flow.snapshot import load
from powens_flow.store.passed_over import PassedOver
from powens_flow.store.port import (
    Busy,
    Fits,
    Lease,
    Posted,
    SnapshotUnreadable,
    Taken,
)
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.times import micros, moment

DB = sqlite3.Connection


def inbox(db: DB, no: int) -> tuple[Posted, ...]:
    """The events that wait for the attempt, in the order they came."""
    return tuple(Posted(seq, from_json(event)) for seq, event in db.execute(sql.INBOX, (no,)))


def free(db: DB, no: int) -> bool:
    """Give the lease back, unless events wait."""
    found = db.execute(sql.FREE, (no,)).fetchone()
    if found is not None and found[0] is None:
        db.execute(sql.END, (no,))
    return found is not None


def release(db: DB, lease: Lease) -> tuple[Posted, ...]:
    """Give the lease back, or answer the events that wait; nothing if it was lost."""
    values = (lease.attempt_id, lease.fence, lease.holder)
    found = db.execute(sql.HELD, values).fetchone()
    if found is None or free(db, found[0]):
        return ()
    return inbox(db, found[0])


def renew(db: DB, holder: str, ids: Collection[str], until: datetime) -> frozenset[str]:
    """Prolong the holder's leases of these attempts; the ids of those it has."""
    end = micros(until)
    return frozenset(
        one for one in ids if db.execute(sql.RENEW, (end, one, holder)).fetchone() is not None
    )


@frozen(eq=False, repr=False)
class TakeWork:
    """One attempt leased, or an event posted to it."""

    attempt_id: str
    holder: str
    now: datetime
    until: datetime
    owner: str | None
    event: Mapping[str, Any] | None

    def run(self, db: DB) -> Taken | Busy | None:
        """None: there is none, or another owner's."""
        values = (self.holder, micros(self.until), self.attempt_id, micros(self.now), self.owner)
        found = db.execute(sql.TAKE, values).fetchone()
        return self._not_taken(db) if found is None else self._taken(db, found)

    def _taken(self, db: DB, found: tuple[Any, ...]) -> Taken:
        no, fence, lapsed, ended_at, waiting, text = found
        if ended_at is not None:
            db.execute(sql.UNEND, (no,))
        lease = Lease(self.attempt_id, self.holder, fence, self.until)
        return Taken(load(text), lease, bool(lapsed), inbox(db, no) if waiting else ())

    def _not_taken(self, db: DB) -> Busy | None:
        found = db.execute(sql.FIND, (self.attempt_id, self.owner)).fetchone()
        if found is None:
            return None
        no, text = found
        attempt = load(text)
        if self.event is None:
            return Busy(attempt)
        (seq,) = db.execute(sql.NUMBER_POSTED, (no,)).fetchone()
        db.execute(sql.POST, (no, seq, to_json(self.event)))
        return Busy(attempt, seq)


@frozen(eq=False, repr=False)
class DueWork:
    """Whose time has come, for this process to lease."""

    holder: str
    now: datetime
    until: datetime
    limit: int
    fits: Fits


class Due:
    """Whose time has come. Remembers which snapshots this version could not read, and for a while
    which attempts were not for this process."""

    def __init__(self) -> None:
        self._passed_over = PassedOver()

    def take(self, db: DB, work: DueWork) -> tuple[Taken, ...]:
        """Lease those that are due; what is passed over stays as it is."""
        self._passed_over.look_again(work.now)
        return tuple(self._leased(db, *one, work) for one in self._found(db, work))

    def _found(self, db: DB, work: DueWork) -> list[tuple[int, Attempt, tuple[Posted, ...]]]:
        found: list[tuple[int, Attempt, tuple[Posted, ...]]] = []
        for no, version, waiting, text in db.execute(sql.DUE, (micros(work.now),)):
            if len(found) >= work.limit:
                break
            if (no, version) in self._passed_over:
                continue
            attempt = self._read(no, version, text)
            if attempt is None:
                continue
            posted = inbox(db, no) if waiting else ()
            if work.fits(attempt, posted):
                found.append((no, attempt, posted))
            else:
                self._passed_over.add((no, version), work.now)
        return found

    @staticmethod
    def _leased(
        db: DB, no: int, attempt: Attempt, posted: tuple[Posted, ...], work: DueWork
    ) -> Taken:
        values = (work.holder, micros(work.until), no)
        fence, lapsed = db.execute(sql.TAKE_DUE, values).fetchone()
        return Taken(
            attempt, Lease(attempt.id, work.holder, fence, work.until), bool(lapsed), posted
        )

    def next(self, db: DB) -> datetime | None:
        """When the next one is due that is not passed over, as far as is known."""
        for no, version, wake_at in db.execute(sql.WAKES, (len(self._passed_over) + 1,)):
            if (no, version) not in self._passed_over:
                return moment(wake_at)
        return None

    def _read(self, no: int, version: int, text: str) -> Attempt | None:
        try:
            return load(text)
        except SnapshotUnreadable:
            self._passed_over.add_for_good((no, version))
            return None
