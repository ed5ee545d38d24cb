"""Error codes where the protocol has none: a read is not told what only a write can be told."""

import pytest

from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from tests.e2e.story import OpenWorld, assert_completed, run_until, shown

SMS = ("fill_in_fields", "state.additionalInformationNeeded")


@pytest.mark.parametrize("code", ["wrongpass", "keymanager"])
async def test_a_read_that_says_values_were_refused_is_no_answer(
    open_world: OpenWorld, code: str
) -> None:
    w = await open_world()
    w.simulator.add_fault(Fault("error", "GET", "/users/me/connections/*", code=code))
    driver, view = await run_until(w, SMS[1], Script(login="sms"))
    assert shown(view) == SMS
    await assert_completed(w, await driver.run(view))


async def test_a_list_that_says_a_state_is_no_connection_in_that_state(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "open_url", Script("160"))
    w.simulator.add_fault(Fault("error", "GET", "/users/me/connections", code="decoupled"))
    w.clock.advance(21)
    await w.engine.tick()
    after = await driver.until("open_url", view=await driver.owner.get(view.attempt_id))
    assert after.prompt.content["url"] == view.prompt.content["url"]
