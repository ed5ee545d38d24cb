"""The store in memory: for tests, and for trying things out."""

from powens_flow.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
