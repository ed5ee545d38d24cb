"""How an attempt is brought to rest in each waiting state of `add_connection`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from powens_flow.simulator.faults import Fault
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import OpenWorld, policy

CREATE, CHANGE = "/users/me/connections", "/users/me/connections/*"


@frozen
class Way:
    """A script, wishes of the policy and faults that lead to one waiting state.

    With `later` the faults are put in force only when a prompt of that key is shown.
    """

    script: Script
    wishes: Mapping[str, Any] = field(factory=dict)
    faults: tuple[Fault, ...] = ()
    later: str | None = None


def _bank(login: str, **more: Any) -> Script:
    return Script("40", login=login, **more)


def _bug(method: str, path: str, code: str = "bug") -> Fault:
    return Fault("error", method, path, code=code, times=None)


SMS_SHOWN = "state.additionalInformationNeeded"
LOST = Fault("drop_before", "POST", CREATE)

WAYS: Mapping[str, Way] = {
    "choosing_connector": Way(Script()),
    "choosing_accounts": Way(Script()),
    "source.choosing_source": Way(Script("63"), {"choose_source": True}),
    "source.filling_in": Way(Script()),
    "source.awaiting_sync": Way(_bank("error-connectionLocked")),
    "source.finding_out": Way(Script(), faults=(LOST,)),
    "source.acting_first": Way(_bank("error-actionNeeded")),
    "source.state.at_bank": Way(Script("160")),
    "source.state.refused_at_bank": Way(Script("160", bank="refuse")),
    "source.state.asking_information": Way(_bank("sms")),
    "source.state.correcting_values": Way(_bank("wrongpass-later")),
    "source.state.renewing_password": Way(_bank("password-expired")),
    "source.state.approving": Way(_bank("decoupled-never")),
    "source.state.validating": Way(_bank("validating-never")),
    "source.state.settling": Way(
        _bank("sms"), faults=(Fault("drop_before", "POST", CHANGE),), later=SMS_SHOWN
    ),
    "source.state.acting_at_bank": Way(_bank("action-needed")),
    "source.state.waiting_out": Way(_bank("unavailable-never")),
    "source.state.stuck": Way(_bank("unknown-state")),
    # --- interrupted: a call that fails for longer than it is tried again
    "opening_user.interrupted": Way(Script(), faults=(_bug("POST", "/auth/init"),)),
    "fetching_connector.interrupted": Way(Script(), faults=(_bug("GET", "/connectors/*"),)),
    "listing_accounts.interrupted": Way(Script(), faults=(_bug("GET", f"{CHANGE}/accounts"),)),
    "activating_accounts.interrupted": Way(Script(), faults=(_bug("PUT", f"{CHANGE}/accounts/*"),)),
    "activating_subscriptions.interrupted": Way(
        Script("102"), faults=(_bug("PUT", f"{CHANGE}/subscriptions/*"),)
    ),
    "exchanging_token.interrupted": Way(
        Script(), faults=(_bug("POST", "/auth/token/access", "tooManyRequests"),)
    ),
    "renewing_token.interrupted": Way(
        Script(), faults=(_bug("POST", "/auth/token/access"), _bug("POST", "/auth/renew"))
    ),
    "source.submitting.interrupted": Way(_bank("error-bankMessage")),
    "source.checking_sync.interrupted": Way(
        Script("150", login="1:locked-600"),
        {"sources": "chain"},
        (_bug("GET", CHANGE),),
        later="wait.sync",
    ),
    "source.looking.interrupted": Way(Script(), faults=(LOST, _bug("GET", CREATE))),
    "source.state.reading.interrupted": Way(_bank("sms"), faults=(_bug("GET", CHANGE),)),
    "source.state.syncing.interrupted": Way(
        _bank("sca"), faults=(_bug("POST", CHANGE, "tooManySync"),)
    ),
    "source.state.opening_webauth.interrupted": Way(
        Script("160"), faults=(_bug("GET", "/webauth-url"),)
    ),
    "source.state.answering.interrupted": Way(
        _bank("sms"), faults=(_bug("POST", CHANGE, "tooManySync"),)
    ),
    "source.state.resuming.interrupted": Way(
        _bank("decoupled-2"), faults=(_bug("POST", CHANGE, "bankMessage"),)
    ),
}

UNREACHED = {
    "awaiting_user": "needs another attempt of the same owner: see test_users",
    "source.planning.interrupted": "it calls nothing",
    "keeping_token.interrupted": "a vault fails by an exception, which is no class of answer",
    "source.state.last_look.interrupted": "see the tests of the last look",
    "already_connected": "see the test of the bank that the user has already",
    "listing_new_accounts.interrupted": "only after a repair",
    "ending.cleaning_up_later": "see the tests of clean-up",
}
"""Waiting states without a way here, and why; those of `repair` belong to its own tests."""


async def brought_to(
    open_world: OpenWorld, state: str, **wishes: Any
) -> tuple[World, Driver, View]:
    """A world, its driver and the view of an attempt that rests in `state`."""
    way = WAYS[state]
    w = await open_world(policy=policy(**way.wishes, **wishes))
    driver = w.driver(way.script)
    faults = list(way.faults)
    if way.later is None:
        _put_in_force(w, faults)
    view = await driver.owner.start()
    for _ in range(60):
        if view.state == state and view.prompt.kind != "working":
            return w, driver, view
        if way.later == view.prompt.message_key:
            _put_in_force(w, faults)
        view = await driver.step(view)
    raise AssertionError(f"{state} was not reached: {view.state}")


def _put_in_force(w: World, faults: list[Fault]) -> None:
    while faults:
        w.simulator.add_fault(faults.pop(0))


async def until_ended(driver: Driver, view: View, *, before: datetime) -> View:
    """Time passes, nobody answers; the attempt has to end by itself."""
    engine, clock = driver.engine, driver.clock
    while clock.now() < before and view.prompt.kind not in ("done", "failed"):
        clock.advance(20)
        await engine.tick()
        await engine.settled(within=1.0)
        view = await driver.owner.get(view.attempt_id)
    return view
