"""Creating and saving attempts: what the SQLite store writes of each step."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from powens_flow.attempt import Attempt, Claim, Connector, JournalRow
from powens_flow.json_text import to_json
from powens_flow.snapshot import dump, dump_row
from powens_flow.store.port import DuplicateAttempt, Lease, LeaseLost, Posted, Save, StoreError
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.sqlite.leases import free, inbox
from powens_flow.store.times import micros

DB = sqlite3.Connection


def row_values(row: JournalRow, *, untold: bool) -> tuple[Any, ...]:
    """The row as `statements.ADD_ROW` takes it, but for the attempt's number."""
    return (
        row.seq,
        micros(row.at),
        row.trigger,
        row.source,
        row.dest,
        row.cause,
        row.duration,
        row.machine_hash,
        dump_row(row),
        1 if untold else None,
    )


def claim_values(claim: Claim) -> tuple[Any, ...]:
    """The claim as `statements.CLAIM` takes it."""
    return claim.key, claim.attempt_id, micros(claim.until), to_json(dict(claim.data))


def set_connector(db: DB, no: int, connector: Connector | None) -> None:
    """Note which connector the attempt has, and its name; on its own, as it is seldom."""
    uuid = None if connector is None else _storable(connector.uuid)
    db.execute(sql.SET_CONNECTOR, (uuid, no))
    if connector is not None:
        db.execute(sql.NAME_CONNECTOR, (uuid, connector.id, _storable(connector.name)))


def _storable(text: str) -> str:
    """The text without halves of surrogate pairs, which no column can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@frozen(eq=False, repr=False)
class CreateWork:
    """A new attempt, of version 1, leased to its maker."""

    values: tuple[Any, ...]
    connector: Connector | None
    rows: Sequence[tuple[Any, ...]]

    @classmethod
    def of(
        cls, attempt: Attempt, rows: Sequence[JournalRow], lease: Lease, *, untold: bool
    ) -> "CreateWork":
        """All that needs no database, made ready."""
        values = (
            attempt.id,
            attempt.owner,
            attempt.machine,
            attempt.state,
            micros(attempt.created_at),
            micros(attempt.entered_at),
            None if attempt.due_at is None else micros(attempt.due_at),
            None if attempt.user is None else attempt.user.id,
            attempt.id_connection,
            lease.holder,
            micros(lease.until),
            dump(attempt),
        )
        return cls(values, attempt.connector, [row_values(row, untold=untold) for row in rows])

    def run(self, db: DB) -> None:
        """Raises `DuplicateAttempt`, having written nothing."""
        found = db.execute(sql.CREATE, self.values).fetchone()
        if found is None:
            raise DuplicateAttempt(f"there is an attempt {self.values[0]!r} already")
        if self.connector is not None:
            set_connector(db, found[0], self.connector)
        if self.rows:
            db.executemany(sql.ADD_ROW, [(found[0], *row) for row in self.rows])


@frozen(eq=False, repr=False)
class SaveWork:
    """One step of an attempt, by compare-and-swap."""

    lease: Lease
    version: int
    state: str
    entered_at: int
    due_at: int | None
    id_user: int | None
    id_connection: int | None
    connector: Connector | None
    uuid: str | None
    snapshot: str
    rows: Sequence[tuple[Any, ...]]
    took: frozenset[int]
    claims: Sequence[tuple[Any, ...]]
    dropped_claims: tuple[str, ...]
    release: bool

    @classmethod
    def of(cls, save: Save, stored: Attempt) -> "SaveWork":
        """All that needs no database, made ready; `stored` is of the new version."""
        return cls(
            lease=save.lease,
            version=save.attempt.version,
            state=stored.state,
            entered_at=micros(stored.entered_at),
            due_at=None if stored.due_at is None else micros(stored.due_at),
            id_user=None if stored.user is None else stored.user.id,
            id_connection=stored.id_connection,
            connector=stored.connector,
            uuid=None if stored.connector is None else _storable(stored.connector.uuid),
            snapshot=dump(stored),
            rows=[row_values(row, untold=save.untold) for row in save.rows],
            took=frozenset(save.took),
            claims=[claim_values(claim) for claim in save.claims],
            dropped_claims=save.dropped_claims,
            release=save.release,
        )

    def run(self, db: DB) -> tuple[Posted, ...]:
        """The events that wait then. Raises `LeaseLost`, having written nothing."""
        no, id_user, waiting, uuid = self._saved_and_freed(db) or self._saved(db)
        if id_user != self.id_user:
            # On its own, as it is seldom: what is set is taken out of its index and put in again.
            db.execute(sql.SET_USER, (self.id_user, no))
        if uuid != self.uuid:
            set_connector(db, no, self.connector)
        if self.took:
            self._empty(db, no)
        if self.rows:
            db.executemany(sql.ADD_ROW, [(no, *row) for row in self.rows])
        self._change_claims(db)
        if waiting:
            return inbox(db, no)
        if self.took and self.release:
            free(db, no)
        return ()

    def _saved_and_freed(self, db: DB) -> tuple[Any, ...] | None:
        """What most saves at a rest come to: no event waits, and the lease is given back."""
        if self.took or not self.release:
            return None
        values = (*self._values(), self.due_at, self.snapshot, *self._condition())
        found: tuple[Any, ...] | None = db.execute(sql.SAVE_AND_FREE, values).fetchone()
        if found is not None and self.due_at is None:
            db.execute(sql.END, (found[0],))
        return found

    def _saved(self, db: DB) -> tuple[Any, ...]:
        values = (*self._values(), len(self.took), self.snapshot, *self._condition())
        found: tuple[Any, ...] | None = db.execute(sql.SAVE, values).fetchone()
        if found is None:
            raise LeaseLost(
                f"the attempt {self.lease.attempt_id!r} was taken or moved on meanwhile"
            )
        return found

    def _values(self) -> tuple[Any, ...]:
        return self.state, self.entered_at, self.due_at, self.id_connection

    def _condition(self) -> tuple[Any, ...]:
        return self.lease.attempt_id, self.version, self.lease.fence, self.lease.holder

    def _empty(self, db: DB, no: int) -> None:
        left = db.executemany(sql.TAKE_POSTED, [(no, seq) for seq in self.took]).rowcount
        if left != len(self.took):
            raise StoreError("took an event that is not in the inbox")

    def _change_claims(self, db: DB) -> None:
        if self.dropped_claims:
            held = [(key, self.lease.attempt_id) for key in self.dropped_claims]
            db.executemany(sql.DROP_CLAIM, held)
        if self.claims:
            db.executemany(sql.CLAIM, self.claims)
