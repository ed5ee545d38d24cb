"""Permanent users' records in the SQLite store; their tokens come sealed."""

import sqlite3

from powens_flow.store.sqlite import statements as sql
from powens_flow.vault import VaultRecord

DB = sqlite3.Connection


def get(db: DB, owner: str) -> VaultRecord | None:
    """The owner's record."""
    found = db.execute(sql.VAULT_GET, (owner,)).fetchone()
    return None if found is None else VaultRecord(owner, *found)


def put(db: DB, record: VaultRecord, instead_of: str | None) -> bool:
    """Write the record, with `instead_of` only over that token; whether it was written."""
    if instead_of is None:
        db.execute(sql.VAULT_PUT, (record.owner, record.id_user, record.token))
        return True
    values = (record.id_user, record.token, record.owner, instead_of)
    return db.execute(sql.VAULT_CHANGE, values).rowcount == 1


def delete(db: DB, owner: str) -> None:
    """Forget the owner's record."""
    db.execute(sql.VAULT_DELETE, (owner,))


def some(db: DB, after: str, limit: int) -> tuple[VaultRecord, ...]:
    """Records of owners that sort after `after`."""
    return tuple(VaultRecord(*found) for found in db.execute(sql.VAULT_LIST, (after, limit)))
