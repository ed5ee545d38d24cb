"""Repairing an existing connection, renewing its consent, and a bank that the user has already."""

import pytest

from powens_flow import events as e
from powens_flow.errors import EventRefused
from powens_flow.policy import ADD, REPAIR
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import ACCOUNTS, CANCELLED, DONE, FAILED, OWNER, OpenWorld, policy, run, shown

TWO_RIVERS = "59"
REPAIRED = ("done", "ended.repaired")
ALREADY = ("already_connected", "connector.already_connected")


async def connected(w: World, connector: str = TWO_RIVERS, further: int = 1) -> tuple[int, Driver]:
    """A connection made before, and the user who comes back to it."""
    _, end = await run(w, Script(connector, further=further))
    assert end.result is not None
    assert end.result.id_connection is not None
    return end.result.id_connection, w.driver(Script(connector))


async def repaired(w: World, driver: Driver, id_connection: int, *, refresh: bool = False) -> View:
    return await driver.run(
        await w.engine.for_owner(OWNER).reconnect(id_connection, refresh=refresh)
    )


@pytest.mark.parametrize(
    ("state", "prompt"),
    [
        ("SCARequired", None),
        ("webauthRequired", ("open_url", "webauth.open")),
        ("additionalInformationNeeded", ("fill_in_fields", "state.additionalInformationNeeded")),
        ("decoupled", ("approve_on_device", "state.decoupled")),
        ("wrongpass", ("fill_in_fields", "state.wrongpass")),
        ("passwordExpired", ("fill_in_fields", "state.passwordExpired")),
        ("actionNeeded", ("act_at_bank", "state.actionNeeded")),
    ],
)
async def test_a_failing_source_goes_through_what_its_state_asks_for(
    open_world: OpenWorld, state: str, prompt: tuple[str, str] | None
) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.simulator.set_state(id_connection, state, source="directaccess")
    end = await repaired(w, driver, id_connection)
    assert driver.prompts == [*([prompt] if prompt else []), REPAIRED]
    assert end.result is not None
    assert end.result.sources == ("directaccess",)
    (connection,) = w.simulator.connections
    assert connection.state is None


@pytest.mark.parametrize("state", ["wrongpass", "passwordExpired"])
async def test_a_webauth_source_is_mended_on_the_banks_page(
    open_world: OpenWorld, state: str
) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.simulator.set_state(id_connection, state, source="openapi")
    await repaired(w, driver, id_connection)
    assert driver.prompts == [("open_url", "webauth.open"), REPAIRED]


@pytest.mark.parametrize("by", ["reconnecting", "adding"])
async def test_a_page_that_the_user_refuses_while_a_source_is_mended_can_be_left(
    open_world: OpenWorld, by: str
) -> None:
    w = await open_world(policy=policy(existing=REPAIR))
    id_connection, _ = await connected(w, "71", 0)
    w.simulator.set_state(id_connection, "wrongpass")
    refusing = Script("71", bank="refuse", answers={"webauth.refused": e.Cancel()})
    driver = w.driver(refusing)
    end = await (repaired(w, driver, id_connection) if by == "reconnecting" else driver.run())
    assert driver.prompts[-2:] == [("try_again", "webauth.refused"), CANCELLED]
    assert shown(end) == CANCELLED
    assert [one.id for one in w.simulator.connections] == [id_connection], "it was there before"


async def test_new_accounts_need_not_be_approved(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script(accounts="none"))
    assert end.result is not None
    assert end.result.id_connection is not None
    driver = w.driver(Script(accounts="none"))
    end = await repaired(w, driver, end.result.id_connection)
    assert shown(end) == REPAIRED
    (connection,) = w.simulator.connections
    assert all(one.disabled is not None for one in connection.accounts())


async def test_two_failing_sources_are_mended_one_after_the_other(open_world: OpenWorld) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.simulator.set_state(id_connection, "wrongpass", source="directaccess")
    w.simulator.set_state(id_connection, "webauthRequired", source="openapi")
    end = await repaired(w, driver, id_connection)
    assert driver.prompts == [
        ("fill_in_fields", "state.wrongpass"),
        ("open_url", "webauth.open"),
        REPAIRED,
    ]
    assert end.result is not None
    assert end.result.sources == ("directaccess", "openapi")


async def test_a_connection_that_is_fine_ends_at_once(open_world: OpenWorld) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    await repaired(w, driver, id_connection)
    assert driver.prompts == [REPAIRED]


async def test_a_connection_that_was_deleted_meanwhile_says_so(open_world: OpenWorld) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.simulator.delete_connection(id_connection)
    end = await repaired(w, driver, id_connection)
    assert shown(end) == FAILED
    assert end.prompt.error is not None
    assert end.prompt.error.key == "gone"
    assert len(w.simulator.users) == 1, "what existed before is never deleted"


async def test_an_owner_without_a_permanent_user_has_nothing_to_repair(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver = w.driver(Script())
    end = await repaired(w, driver, 9001)
    assert shown(end) == FAILED
    assert end.prompt.error is not None
    assert end.prompt.error.key == "user.unknown"


async def test_a_consent_is_renewed_before_it_runs_out(open_world: OpenWorld) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.clock.advance(86400)
    end = await repaired(w, driver, id_connection, refresh=True)
    assert driver.prompts == [("open_url", "webauth.open"), REPAIRED]
    assert end.result is not None
    assert end.result.access_expire is not None
    assert (end.result.access_expire - w.clock.now()).days == 180


async def test_a_state_that_cannot_be_mended_is_put_off_and_said(open_world: OpenWorld) -> None:
    w = await open_world()
    id_connection, driver = await connected(w)
    w.simulator.set_state(id_connection, "solarEclipse", source="openapi")
    end = await repaired(w, driver, id_connection)
    assert driver.prompts == [("try_again", "state.unknown"), REPAIRED]
    assert end.result is not None
    assert end.result.pending == "solarEclipse"


async def test_accounts_that_are_still_disabled_are_offered(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script(accounts="none"))
    assert end.result is not None
    assert end.result.id_connection is not None
    driver = w.driver(Script())
    end = await repaired(w, driver, end.result.id_connection)
    assert driver.prompts == [("choose_accounts", "accounts.choose_new"), REPAIRED]
    (connection,) = w.simulator.connections
    assert all(one.disabled is None for one in connection.accounts())


# --- you already have this bank ------------------------------------------------------------------


async def test_a_bank_that_the_user_has_is_asked_about(open_world: OpenWorld) -> None:
    w = await open_world()
    first, _ = await connected(w, "40", 0)
    driver = w.driver(Script())
    view = await driver.until("already_connected")
    assert view.prompt.content["connections"] == [first]
    end = await driver.run(view)
    assert ALREADY in driver.prompts
    assert shown(end) == DONE
    assert len(w.simulator.connections) == 2
    assert len(w.simulator.users) == 1


async def test_the_connection_that_is_there_can_be_repaired_instead(open_world: OpenWorld) -> None:
    w = await open_world()
    first, _ = await connected(w, "40", 0)
    w.simulator.set_state(first, "wrongpass")
    script = Script(answers={"already_connected": e.RepairConnection(first)})
    driver, end = await run(w, script)
    assert driver.prompts[1:] == [ALREADY, ("fill_in_fields", "state.wrongpass"), DONE]
    assert end.result is not None
    assert end.result.id_connection == first
    assert len(w.simulator.connections) == 1


async def test_only_a_connection_of_this_bank_can_be_repaired(open_world: OpenWorld) -> None:
    w = await open_world()
    await connected(w, "40", 0)
    driver = w.driver(Script())
    view = await driver.until("already_connected")
    with pytest.raises(EventRefused) as refused:
        await driver.owner.send(view.attempt_id, e.RepairConnection(4711))
    assert "connection" in refused.value.fields
    assert (await driver.owner.get(view.attempt_id)).state == view.state
    await driver.owner.send(view.attempt_id, e.Cancel())


async def test_the_policy_may_decide_to_repair(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(existing=REPAIR))
    first, _ = await connected(w, "40", 0)
    _, end = await run(w, Script())
    assert end.result is not None
    assert end.result.id_connection == first
    assert len(w.simulator.connections) == 1


@pytest.mark.parametrize("offers", [True, False])
async def test_new_accounts_are_offered_where_the_policy_says_so_whoever_repairs(
    open_world: OpenWorld, *, offers: bool
) -> None:
    w = await open_world(policy=policy(existing=REPAIR, offer_new_accounts=offers))
    await run(w, Script("40", accounts="none"))
    driver, end = await run(w, Script("40"))
    assert (ACCOUNTS in driver.prompts) is offers
    assert shown(end) == DONE
    (connection,) = w.simulator.connections
    assert [one.disabled is None for one in connection.accounts()] == [offers, offers]


async def test_the_policy_may_decide_to_add(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(existing=ADD))
    await connected(w, "40", 0)
    driver, end = await run(w, Script())
    assert ALREADY not in driver.prompts
    assert ACCOUNTS in driver.prompts
    assert shown(end) == DONE
    assert len(w.simulator.connections) == 2
