"""A whole small world: the same in each run, and closed when the block ends."""

import pytest
from pytest import Pytester  # noqa: PT013 - the type of its fixture

from powens_flow.policy import Policy
from powens_flow.simulator import Settings
from powens_flow.store.memory import MemoryStore
from powens_flow.testing import (
    REDIRECT_URI,
    ManualClock,
    Script,
    World,
    counted_ids,
    world,
)
from powens_flow.testing.clock import BEGINNING


async def test_a_first_attempt_completes() -> None:
    async with world() as w:
        end = await w.driver(Script(login="sms")).run()
        assert end.state == "completed"
        assert end.result is not None
        assert await w.vault.get("owner-1") is not None
        assert not w.simulator.violations


async def test_it_is_the_same_in_each_run() -> None:
    journals = []
    for _ in range(2):
        async with world(seed=3) as w:
            end = await w.driver(Script(login="sms-twice")).run()
            rows = await w.engine.history(end.attempt_id)
            journals.append([(row.at, row.trigger, row.dest, row.duration) for row in rows])
    assert journals[0] == journals[1]
    assert journals[0][0][0] == BEGINNING


async def test_it_takes_what_it_is_given() -> None:
    store, clock = MemoryStore(), ManualClock()
    policy = Policy(connectors=("40",), redirect_uri=REDIRECT_URI)
    async with world(
        store=store, clock=clock, policy=policy, settings=Settings(creation_status=200)
    ) as w:
        assert (w.store, w.clock) == (store, clock)
        assert w.simulator.settings.creation_status == 200
        view = await w.engine.for_owner("owner-1").start()
        assert view.prompt.kind == "fill_in_fields"  # the connector is given
        assert await store.load(view.attempt_id) is not None


async def test_attempts_outlive_a_world_in_their_store() -> None:
    store, clock = MemoryStore(), ManualClock()
    async with world(store=store, clock=clock) as w:
        keyring = w.keyring
        first = await w.driver().until("fill_in_fields")
    async with world(store=store, clock=clock, keyring=keyring) as w:
        assert (await w.engine.for_owner("owner-1").get(first.attempt_id)).state == first.state


def test_ids_can_be_read() -> None:
    new_id = counted_ids("x")
    assert [new_id(), new_id()] == ["x-1", "x-2"]
    assert counted_ids()() == "id-1"


# --- the fixtures -------------------------------------------------------------------------------


async def test_the_fixtures_are_there_without_asking(
    powens_world: World, manual_clock: ManualClock
) -> None:
    assert powens_world.clock is manual_clock
    assert (await powens_world.driver().run()).state == "completed"


pytest_plugins = ["pytester"]


@pytest.mark.filterwarnings("ignore")
def test_an_integrators_own_suite_has_them(pytester: Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        from powens_flow.testing import Script

        async def test_a_bank_is_added(powens_world):
            end = await powens_world.driver(Script(connector="40")).run()
            assert end.state == "completed"

        def test_time_stands_still(manual_clock):
            before = manual_clock.now()
            manual_clock.advance(5)
            assert (manual_clock.now() - before).total_seconds() == 5
        """
    )
    pytester.runpytest_inprocess("-q").assert_outcomes(passed=2)
