"""Opening an SQLite file that another process is just making."""

import sqlite3
from pathlib import Path

from powens_flow.store.sqlite import schema


def test_a_file_that_another_process_migrates_meanwhile_is_ours(tmp_path: Path) -> None:
    path, steps = tmp_path / "attempts.db", schema.migrations()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")

    def migrated_meanwhile(statement: str) -> None:
        if "count(*)" in statement:  # the version was read already
            schema.opened(path, steps, 1.0).close()

    db.set_trace_callback(migrated_meanwhile)
    assert schema._check(db, steps) == 0
    db.set_trace_callback(None)
    assert schema._check(db, steps) == steps[-1].number
    db.close()
