"""The store in memory does what every store must."""

import pytest

from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Store
from tests.store import values as v
from tests.store.contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()

    async def test_its_alarms_do_not_pile_up(self) -> None:
        store = MemoryStore()
        await v.at_rest(store, v.an_attempt(due_at=v.at(900)))
        for _ in range(2000):
            await store.release((await v.took(store)).lease)
        assert len(store._wakes) < 1100
        assert await store.next_due() == v.at(900)
