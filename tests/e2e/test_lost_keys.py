"""A keyring without the key of a stored token: nothing is lost, and the key can be given back."""

import pytest
from structlog.testing import capture_logs

from powens_flow import events as e
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring, SealBroken
from powens_flow.listeners import Change
from powens_flow.testing import Script, World
from tests.e2e.story import OpenWorld

LAPSED = 31.0
"""Seconds after which a lease that nobody renews has lapsed."""


def with_other_keys(w: World) -> Engine:
    """A backend that was started anew on the same store, with keys that do not fit."""
    engine = Engine(w.api, w.store, w.vault, Keyring.generate(), clock=w.clock, grace=0.0)

    @engine.on()
    async def hear_later(change: Change) -> None:
        raise RuntimeError

    return engine


async def test_an_event_is_refused_until_the_key_is_back(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver = w.driver(Script(login="sms"))
    view = await driver.until("state.additionalInformationNeeded")
    event = await driver.answer(view)
    assert event is not None
    async with with_other_keys(w) as engine:
        with pytest.raises(SealBroken):
            await engine.for_owner("owner-1").send(view.attempt_id, event)
    w.clock.advance(LAPSED)
    await w.engine.tick()
    await w.engine.settled()
    end = await driver.run(await driver.owner.get(view.attempt_id))
    assert end.state == "completed"
    assert len(w.simulator.users) == 1
    assert len(w.simulator.connections) == 1


async def test_what_is_due_is_tried_again_until_the_key_is_back(open_world: OpenWorld) -> None:
    w = await open_world()
    driver = w.driver(Script(login="decoupled-1"))
    view = await driver.until("state.decoupled")
    async with with_other_keys(w) as engine:
        with capture_logs() as logs:
            for _ in range(3):
                w.clock.advance(LAPSED)
                await engine.tick()
                await engine.settled()
        assert {one["error"] for one in logs if one["event"] == "drive.failed"} == {"SealBroken"}
        rows = await engine.history(view.attempt_id)
        assert not {row.trigger for row in rows} & {"rejected", "unknown"}
    w.clock.advance(LAPSED)
    await w.engine.tick()
    await w.engine.settled()
    end = await driver.run(await driver.owner.get(view.attempt_id))
    assert end.state == "completed"


async def test_a_cancellation_cleans_up_when_the_key_is_back(open_world: OpenWorld) -> None:
    w = await open_world()
    driver = w.driver(Script(login="sms"))
    view = await driver.until("state.additionalInformationNeeded")
    async with with_other_keys(w) as engine:
        with pytest.raises(SealBroken):
            await engine.for_owner("owner-1").send(view.attempt_id, e.Cancel())
    w.clock.advance(LAPSED)
    await w.engine.tick()
    await w.engine.settled()
    assert (await driver.owner.get(view.attempt_id)).state == "cancelled"
    assert w.simulator.users == []
