"""Leaving an event for whoever drives the attempt: what the SQLite store does for remedies."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from powens_flow.json_text import to_json
from powens_flow.store.sqlite import statements as sql
from powens_flow.store.times import micros

DB = sqlite3.Connection


def post(db: DB, attempt_id: str, event: Mapping[str, Any], version: int, now: datetime) -> bool:
    """The event in the inbox, once, and the attempt due; False where it has moved on."""
    found = db.execute(sql.TO_POST, (attempt_id, version)).fetchone()
    if found is None:
        return False
    (no,) = found
    said = to_json(dict(event))
    if db.execute(sql.REPLACE_POSTED, (said, no, event["type"], said)).fetchone() is None:
        (seq,) = db.execute(sql.NUMBER_POSTED, (no,)).fetchone()
        db.execute(sql.POST, (no, seq, said))
    db.execute(sql.WAKE_NOW, (micros(now), no))
    return True
