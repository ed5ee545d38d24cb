"""Where a connection state can stand: what it asks for is the same everywhere.

A source may be the only one, the first of two or the second; its user temporary or permanent; or a
connection that exists is repaired, as an attempt of its own or because the user has the bank.
"""

from collections.abc import Awaitable, Callable

from attrs import evolve, frozen

from powens_flow.policy import REPAIR, Policy
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import policy

LOGINS = {
    "SCARequired": "sca",
    "webauthRequired": "webauth",
    "additionalInformationNeeded": "sms",
    "decoupled": "decoupled-2",
    "validating": "validating-2",
    "wrongpass": "wrongpass-later",
    "passwordExpired": "password-expired",
    "actionNeeded": "action-needed",
    "rateLimiting": "rate-limiting-30",
    "notSupported": "not-supported",
    "solarEclipse": "unknown-state",
}
"""Each connection state, and the login that leads to it."""

ENDS_AFTER = {"validating": ("polls", 3), "rateLimiting": ("seconds", 30)}
"""What ends a state that ends by itself, after how many."""

Begin = Callable[[World, str, str], Awaitable[tuple[Driver, View]]]
"""Begins an attempt in a world, with a connection state to come, for an owner."""


@frozen
class Place:
    """One of them: the machine's part, and how an attempt gets there with a state to come."""

    machine: str
    part: str
    begin: Begin


def _added(prefix: str, connector: str, **wishes: object) -> Begin:
    async def begin(w: World, state: str, owner: str) -> tuple[Driver, View]:
        script = Script(connector, login=f"{prefix}{LOGINS[state]}")
        driver = w.driver(script, policy=policy(**wishes), owner=owner)
        return driver, await driver.owner.start(policy=driver.policy)

    return begin


async def _connected(w: World, state: str, owner: str, connector: str = "40") -> int:
    """A connection that exists, and has come into that state since."""
    end = await w.driver(Script(connector), owner=owner).run()
    assert end.result is not None
    assert end.result.id_connection is not None
    until, number = ENDS_AFTER.get(state, ("", 1))
    w.simulator.set_state(end.result.id_connection, state, until=until, n=number)
    return end.result.id_connection


async def _reconnected(
    w: World, state: str, owner: str, connector: str = "40"
) -> tuple[Driver, View]:
    id_connection = await _connected(w, state, owner, connector)
    driver = w.driver(Script(connector), owner=owner)
    return driver, await driver.owner.reconnect(id_connection)


async def _repaired(w: World, state: str, owner: str, connector: str = "40") -> tuple[Driver, View]:
    await _connected(w, state, owner, connector)
    wish: Policy = policy(existing=REPAIR)
    driver = w.driver(Script(connector), policy=wish, owner=owner)
    return driver, await driver.owner.start(policy=wish)


PLACES = {
    "the only source": Place("add_connection", "source.state", _added("", "40")),
    "the first of two": Place(
        "add_connection", "source.state", _added("1:", "150", sources="chain")
    ),
    "the second of two": Place(
        "add_connection", "source.state", _added("2:", "150", sources="chain")
    ),
    "a permanent user": Place(
        "add_connection", "source.state", _added("", "40", permanent_user=True)
    ),
    "repaired instead of added": Place("add_connection", "repair.state", _repaired),
    "reconnected": Place("reconnect", "repair.state", _reconnected),
}


# --- stories that come to what no connection state leads to --------------------------------------


def _as(script: Script, **wishes: object) -> Begin:
    async def begin(w: World, state: str, owner: str) -> tuple[Driver, View]:
        driver = w.driver(script, policy=policy(**wishes), owner=owner)
        return driver, await driver.owner.start(policy=driver.policy)

    return begin


def _after(first: Script, then: Script, **wishes: object) -> Begin:
    """The user has this bank already."""

    async def begin(w: World, state: str, owner: str) -> tuple[Driver, View]:
        await w.driver(first, owner=owner).run()
        return await _as(then, **wishes)(w, state, owner)

    return begin


def _on_the_page(state: str, begun: Callable[..., Awaitable[tuple[Driver, View]]]) -> Begin:
    """A source of webauth that is to be mended."""

    async def begin(w: World, _: str, owner: str) -> tuple[Driver, View]:
        return await begun(w, state, owner, "71")

    return begin


def _again(first: Script, *, refresh: bool = False, **wishes: object) -> Begin:
    async def begin(w: World, state: str, owner: str) -> tuple[Driver, View]:
        end = await w.driver(first, owner=owner).run()
        assert end.result is not None
        assert end.result.id_connection is not None
        again = await w.engine.for_owner(owner).reconnect(
            end.result.id_connection, policy=policy(**wishes), refresh=refresh
        )
        return w.driver(evolve(first, accounts="all"), owner=owner), again

    return begin


ON_THE_PAGE = ("SCARequired", "decoupled", "wrongpass", "passwordExpired")
"""States in which the mechanism of a source matters."""

FURTHER: dict[str, tuple[Begin, ...]] = {
    "add_connection": (
        _as(Script("40"), connectors=("40",)),
        _as(Script("63", values={"password": "123456"}), choose_source=True, sources="chain"),
        _as(Script("71")),
        _as(Script("71", login="sca")),
        _as(Script("71", login="decoupled-2")),
        _as(Script("71", bank="refuse")),
        _as(Script("59", bank="refuse"), sources="chain"),
        _as(Script("102")),
        _as(Script("102"), permanent_user=True),
        _as(Script("40", accounts="none")),
        _after(Script("40"), Script("40")),
        _after(Script("40", accounts="none"), Script("40"), existing=REPAIR),
        *(_on_the_page(state, _repaired) for state in ON_THE_PAGE),
    ),
    "reconnect": (
        _again(Script("40", accounts="none")),
        _again(Script("102", accounts="none")),
        _again(Script("40"), offer_new_accounts=False),
        _again(Script("59", further=1), refresh=True),
        *(_on_the_page(state, _reconnected) for state in ON_THE_PAGE),
    ),
}
