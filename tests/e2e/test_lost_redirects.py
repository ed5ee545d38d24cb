"""A redirect that never came: the tab was closed after the user approved at the bank."""

import aiohttp

from powens_flow import events as e
from powens_flow.policy import Deadlines
from powens_flow.secret import Secret
from powens_flow.simulator import at_the_bank
from powens_flow.testing import Driver, Script, World
from powens_flow.vault import PermanentUser
from powens_flow.view import View
from tests.e2e.story import (
    ACCOUNTS,
    CANCELLED,
    EXPIRED,
    OWNER,
    OpenWorld,
    policy,
    run_until,
    shown,
)

PUENTE = "160"


async def approved_and_closed(w: World) -> tuple[Driver, View]:
    """The user approves at the bank, and closes the tab: nothing comes back."""
    driver, view = await run_until(w, "open_url", Script(PUENTE))
    async with aiohttp.ClientSession() as session:
        await at_the_bank(session, view.prompt.content["url"], login="camille")
    return driver, view


async def with_a_permanent_user(w: World) -> None:
    user, token = w.simulator.new_user(permanent=True)
    await w.vault.put(OWNER, PermanentUser(user.id, Secret(token)))


async def test_an_approval_is_found_while_the_user_is_waited_for(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await approved_and_closed(w)
    w.clock.advance(20)
    await w.engine.tick()
    found = await driver.owner.get(view.attempt_id)
    assert shown(found) == ACCOUNTS
    end = await driver.run(found)
    assert end.state == "completed"
    assert len(w.simulator.connections) == 1


async def test_looking_while_the_user_is_at_the_bank_keeps_the_address(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "open_url", Script(PUENTE))
    w.clock.advance(20)
    await w.engine.tick()
    still = await driver.owner.get(view.attempt_id)
    assert shown(still) == shown(view)
    assert still.prompt.content["url"] == view.prompt.content["url"]
    assert still.prompt.until == view.prompt.until, "a look does not move the deadline"
    assert (await driver.run(still)).state == "completed"


async def test_an_approval_is_found_when_the_wait_ends(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(deadlines=Deadlines(bank=15)))
    driver, view = await approved_and_closed(w)
    w.clock.advance(15)
    await w.engine.tick()
    assert shown(await driver.owner.get(view.attempt_id)) == ACCOUNTS
    await driver.owner.send(view.attempt_id, e.Cancel())


async def test_a_wait_without_an_approval_expires(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(deadlines=Deadlines(bank=15)))
    driver, view = await run_until(w, "open_url", Script(PUENTE))
    w.clock.advance(15)
    await w.engine.tick()
    assert shown(await driver.owner.get(view.attempt_id)) == EXPIRED
    assert w.simulator.users == []


async def test_what_was_approved_unseen_is_cleaned_up_when_the_user_cancels(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    driver, view = await approved_and_closed(w)
    assert len(w.simulator.connections) == 1
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert w.simulator.connections == []
    assert len(w.simulator.users) == 1


async def test_what_was_approved_after_somebody_came_back_with_nothing_is_cleaned_up_too(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    driver, view = await run_until(w, "open_url", Script(PUENTE))
    refused = await driver.owner.send(view.attempt_id, e.Returned({}))
    assert refused.prompt.kind == "try_again"
    async with aiohttp.ClientSession() as session:
        await at_the_bank(session, view.prompt.content["url"])
    assert len(w.simulator.connections) == 1
    end = await driver.owner.send(view.attempt_id, e.Cancel())
    assert shown(end) == CANCELLED
    assert w.simulator.connections == []
    assert len(w.simulator.users) == 1


async def test_a_signal_from_powens_ends_the_wait_at_once(open_world: OpenWorld) -> None:
    w = await open_world()
    await with_a_permanent_user(w)
    driver, view = await approved_and_closed(w)
    (connection,) = w.simulator.connections
    assert await w.engine.wake(view.attempt_id, id_connection=connection.id)
    await w.engine.settled()
    found = await driver.owner.get(view.attempt_id)
    assert shown(found) == ACCOUNTS
    assert not await w.engine.wake(view.attempt_id), "late and doubled signals change nothing"
    assert shown(await driver.owner.get(view.attempt_id)) == ACCOUNTS
