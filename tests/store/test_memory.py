"""The store in memory does what every store must."""

import pytest

from powens_flow.store.memory import MemoryStore
from powens_flow.store.memory.alarms import Alarms
from powens_flow.store.port import Store
from tests.store import values as v
from tests.store.contract import StoreContract


def anything(_: int) -> bool:
    return True


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestAlarms:
    def test_the_soonest_come_first_and_each_once(self) -> None:
        alarms = Alarms()
        for number, seconds in ((1, 30), (2, 10), (3, 20), (1, 5), (1, 30), (2, 10)):
            alarms.set(number, v.at(seconds))
        alarms.set(3, None)
        assert alarms.soonest(9, anything) == [(v.at(10), 2), (v.at(30), 1)]
        assert alarms.soonest(9, anything, until=v.at(10)) == [(v.at(10), 2)]
        assert alarms.soonest(1, lambda number: number != 2) == [(v.at(30), 1)]
        assert alarms.soonest(1, anything) == [(v.at(10), 2)]  # none is used up by looking

    def test_they_do_not_pile_up(self) -> None:
        alarms = Alarms()
        for n in range(2000):
            alarms.set(1, v.at(n))
        assert len(alarms) < 1100
        assert alarms.soonest(9, anything) == [(v.at(1999), 1)]
