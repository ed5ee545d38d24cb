"""The SQLite store does what every store must."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from powens_flow.store.port import Store
from powens_flow.store.sqlite import SQLiteStore
from tests.store.contract import StoreContract


class TestSQLiteStore(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with SQLiteStore(tmp_path / "attempts.db") as store:
            yield store
