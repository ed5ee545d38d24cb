"""The store on SQLite. Its migrations are the numbered files beside this one."""

from powens_flow.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
