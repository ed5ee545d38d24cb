"""What end-to-end tests say again and again: what came of an attempt, here and at Powens."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from powens_flow.attempt import Attempt, JournalRow, Result
from powens_flow.machine import Definition
from powens_flow.policy import Policy
from powens_flow.simulator.world import Account, Connection
from powens_flow.testing import REDIRECT_URI, Driver, Script, World
from powens_flow.view import View

OWNER = "owner-1"
CHOOSE = ("choose_connector", "connector.choose")
FILL_IN = ("fill_in_fields", "values.needed")
ACCOUNTS = ("choose_accounts", "accounts.choose")
DONE = ("done", "ended.completed")
FAILED = ("failed", "ended.failed")
CANCELLED = ("failed", "ended.cancelled")
EXPIRED = ("failed", "ended.expired")

SUBMIT = ("POST", "/users/me/connections")
UPDATE = ("POST", "/users/me/connections/{id_connection}")
READ = ("GET", "/users/me/connections/{id_connection}")
LIST = ("GET", "/users/me/connections")
WEBAUTH = ("GET", "/webauth-url")
INIT = ("POST", "/auth/init")
EXCHANGE = ("POST", "/auth/token/access")
RENEW = ("POST", "/auth/renew")
PUBLIC_KEY = ("GET", "/publickey")
DELETE_USER = ("DELETE", "/users/me")
DELETE_CONNECTION = ("DELETE", "/users/me/connections/{id_connection}")
ACTIVATE = ("PUT", "/users/me/connections/{id_connection}/accounts/{ids}")

EVENTS: dict[str, dict[str, Any]] = {
    "choose_connector": {"connector": "40"},
    "choose_source": {"source": "directaccess"},
    "submit_values": {"values": {"login": "x"}},
    "returned": {"parameters": {}},
    "approved": {},
    "acted": {},
    "try_again": {},
    "finish_later": {},
    "skip_source": {},
    "choose_another_connector": {},
    "choose_accounts": {"accounts": []},
    "add_source": {},
    "repair_connection": {"connection": 1},
    "add_another": {},
    "cancel": {},
}
"""Every event as JSON, without its type: content that can be understood, if not taken."""

TEST_BANK = ("Compte chèque", "Livret A")
"""The accounts of connector 40, all of one source."""


class OpenWorld(Protocol):
    """Opens a world; takes what `powens_flow.testing.world` takes."""

    async def __call__(self, **options: Any) -> World: ...


def policy(**wishes: object) -> Policy:
    """A policy with an address to return to."""
    return Policy(**{"redirect_uri": REDIRECT_URI, **wishes})  # type: ignore[arg-type]  # by name


async def run(w: World, script: Script, **options: object) -> tuple[Driver, View]:
    """A scripted end user, taken to the end."""
    driver = w.driver(script, **options)
    return driver, await driver.run()


async def run_until(w: World, key: str, script: Script, **options: object) -> tuple[Driver, View]:
    """A scripted end user, taken to a kind of prompt or a message key."""
    driver = w.driver(script, **options)
    return driver, await driver.until(key)


async def soon(condition: Callable[[], object]) -> None:
    """Let the loop turn until the condition holds."""
    for _ in range(100_000):
        if condition():
            await asyncio.sleep(0)  # who sleeps on the clock has set the alarm by then
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come")


def shown(view: View) -> tuple[str, str]:
    """Kind and message key of the prompt."""
    return view.prompt.kind, view.prompt.message_key


def errors(driver: Driver) -> list[str]:
    """The keys of the errors that prompts showed, repetitions left out."""
    seen: list[str] = []
    for step in driver.steps:
        error = step.view.prompt.error
        if error is not None and (not seen or seen[-1] != error.key):
            seen.append(error.key)
    return seen


async def assert_completed(
    w: World,
    end: View,
    *,
    sources: Sequence[str] = ("directaccess",),
    active: Sequence[str] = TEST_BANK,
    owner: str = OWNER,
) -> Connection:
    """Completed: one user, now permanent and kept; one connection; exactly these accounts active.

    `sources` are those that were added and stay enabled, in order; `active` are names of accounts
    and labels of subscriptions.
    """
    assert shown(end) == DONE
    assert end.state == "completed"
    assert end.result is not None
    assert end.prompt.connection_state == end.result.pending
    (user,) = w.simulator.users
    (connection,) = w.simulator.connections
    assert user.permanent
    assert (end.result.id_user, end.result.id_connection) == (user.id, connection.id)
    assert end.result.sources == tuple(sources)
    assert [one.source.name for one in connection.enabled if one.source.name] == list(sources)
    _assert_consent(end.result, connection, active)
    await assert_kept(w, user.id, owner)
    return connection


def _assert_consent(result: Result, connection: Connection, active: Sequence[str]) -> None:
    """What is active is what was approved, and the approval is on record."""
    rows = [*connection.accounts(), *connection.subscriptions()]
    assert sorted(_name(one) for one in rows if one.disabled is None) == sorted(active)
    assert result.consent is not None
    assert result.consent.accounts == result.accounts == active_ids(connection.accounts())
    assert result.consent.subscriptions == result.subscriptions
    assert result.subscriptions == active_ids(connection.subscriptions())
    assert result.consent.wording


def active_ids(rows: list[Account]) -> tuple[int, ...]:
    return tuple(one.id for one in rows if one.disabled is None)


def _name(one: Account) -> str:
    return str(one.facts.get("name") or one.facts["label"])


async def assert_kept(w: World, id_user: int, owner: str = OWNER) -> None:
    """The vault has the user, and a permanent token that lets it in."""
    kept = await w.vault.get(owner)
    assert kept is not None
    assert kept.id_user == id_user
    token = kept.token.reveal()
    assert w.simulator.tokens.bearer(token, w.simulator.clock.now()) == id_user
    assert not w.simulator.tokens.temporary(token)


async def assert_nothing_left(w: World, owner: str = OWNER) -> None:
    """What the attempt made is gone: no user, no connection, no token."""
    assert w.simulator.users == []
    assert w.simulator.connections == []
    assert await w.vault.get(owner) is None


def assert_replays(definition: Definition, attempt: Attempt, rows: tuple[JournalRow, ...]) -> None:
    """The journal is whole, and leads through the machine to the present state."""
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    state = rows[0].source
    for row in rows:
        assert row.source == state
        if row.machine_hash == definition.hash and row.source in definition.states:
            assert definition.replay(row.source, row.trigger, row.guards).to == row.dest
        state = row.dest
    assert state == attempt.state
