"""How an attempt is brought to rest in each waiting state of the machines."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from powens_flow.events import Cancel, RepairConnection
from powens_flow.policy import CHAIN, Policy
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from powens_flow.view import View
from soak.owner import NEW, Beginning
from soak.stage import POLICY

CONNECTIONS = "/users/me/connections"
ONE = f"{CONNECTIONS}/*"
AT_THE_LAST_MOMENT = "at the last moment"


@frozen
class Wait:
    """The way to one waiting state.

    The faults are in force from the beginning, or only when a prompt of the key `later` is shown;
    with `later` AT_THE_LAST_MOMENT when the first wait has nothing before it but its deadline.
    `vault` is what the vault fails at: "get" or "put". `end` is how the attempt ends when nobody
    acts any more.
    """

    script: Script = field(factory=Script)
    policy: Policy = POLICY
    owner: Beginning = NEW
    faults: tuple[Fault, ...] = ()
    later: str | None = None
    vault: str | None = None
    end: str = "expired"


def _bug(method: str, path: str, code: str = "bug", after: int = 0) -> Fault:
    return Fault("error", method, path, code=code, times=None, after=after)


def _bank(login: str, **answers: Any) -> Script:
    return Script(login=login, answers=answers)


LOST = Fault("drop_before", "POST", CONNECTIONS, times=None)
UNANSWERED = Fault("drop_before", "POST", ONE, times=None)
SMS = "state.additionalInformationNeeded"
CHAINING = evolve(POLICY, sources=CHAIN)
CANCELLING = _bank("sms", **{SMS: Cancel()})

ADDING: Mapping[str, Wait] = {
    "choosing_connector": Wait(),
    "choosing_accounts": Wait(),
    "already_connected": Wait(owner=Beginning(connected=Script())),
    "ending.cleaning_up_later": Wait(
        CANCELLING,
        faults=(_bug("DELETE", "/users/me"), _bug("DELETE", ONE)),
        end="cancelled",
    ),
    "source.choosing_source": Wait(Script("63"), evolve(POLICY, choose_source=True)),
    "source.filling_in": Wait(),
    "source.awaiting_sync": Wait(_bank("error-connectionLocked")),
    "source.finding_out": Wait(faults=(LOST,)),
    "source.acting_first": Wait(_bank("error-actionNeeded")),
    "awaiting_user": Wait(faults=(_bug("POST", "/auth/init", "connectionLocked"),)),
    "opening_user.interrupted": Wait(faults=(_bug("POST", "/auth/init"),)),
    "fetching_connector.interrupted": Wait(faults=(_bug("GET", "/connectors/*"),)),
    "listing_accounts.interrupted": Wait(faults=(_bug("GET", f"{ONE}/accounts"),)),
    "activating_accounts.interrupted": Wait(faults=(_bug("PUT", f"{ONE}/accounts/*"),)),
    "activating_subscriptions.interrupted": Wait(
        Script("102"), faults=(_bug("PUT", f"{ONE}/subscriptions/*"),)
    ),
    "exchanging_token.interrupted": Wait(
        faults=(_bug("POST", "/auth/token/access", "tooManyRequests"),)
    ),
    "renewing_token.interrupted": Wait(
        faults=(_bug("POST", "/auth/token/access"), _bug("POST", "/auth/renew"))
    ),
    "keeping_token.interrupted": Wait(vault="put"),
    "source.submitting.interrupted": Wait(_bank("error-bankMessage")),
    "source.checking_sync.interrupted": Wait(
        Script("150", login="1:locked-600"), CHAINING, faults=(_bug("GET", ONE),), later="wait.sync"
    ),
    "source.looking.interrupted": Wait(faults=(LOST, _bug("GET", CONNECTIONS))),
}

BANKS: Mapping[str, Wait] = {
    "at_bank": Wait(_bank("webauth")),
    "refused_at_bank": Wait(evolve(_bank("webauth"), bank="refuse")),
    "asking_information": Wait(_bank("sms")),
    "correcting_values": Wait(_bank("wrongpass-later")),
    "renewing_password": Wait(_bank("password-expired")),
    "approving": Wait(_bank("decoupled-never")),
    "validating": Wait(_bank("validating-never")),
    "settling": Wait(_bank("sms"), faults=(UNANSWERED,), later=SMS),
    "acting_at_bank": Wait(_bank("action-needed")),
    "waiting_out": Wait(_bank("unavailable-never")),
    "stuck": Wait(_bank("unknown-state")),
    "reading.interrupted": Wait(_bank("sms"), faults=(_bug("GET", ONE),)),
    "syncing.interrupted": Wait(_bank("sca"), faults=(_bug("POST", ONE, "tooManySync"),)),
    "opening_webauth.interrupted": Wait(_bank("webauth"), faults=(_bug("GET", "/webauth-url"),)),
    "answering.interrupted": Wait(_bank("sms"), faults=(_bug("POST", ONE, "tooManySync"),)),
    "resuming.interrupted": Wait(_bank("decoupled-2"), faults=(_bug("POST", ONE, "bankMessage"),)),
    "last_look.interrupted": Wait(
        _bank("webauth"), faults=(_bug("GET", ONE),), later=AT_THE_LAST_MOMENT
    ),
}
"""What a bank may ask for, by the login that makes it ask."""

STATES: Mapping[str, tuple[str, str]] = {
    "webauth": ("webauthRequired", ""),
    "sms": ("additionalInformationNeeded", ""),
    "wrongpass-later": ("wrongpass", ""),
    "password-expired": ("passwordExpired", ""),
    "decoupled-never": ("decoupled", "never"),
    "decoupled-2": ("decoupled", ""),
    "validating-never": ("validating", "never"),
    "action-needed": ("actionNeeded", ""),
    "unavailable-never": ("websiteUnavailable", ""),
    "unknown-state": ("solarEclipse", ""),
    "sca": ("SCARequired", ""),
}
"""The state of an existing connection, and what ends it, that asks for the same as the login."""


def _repair(view: View) -> RepairConnection:
    return RepairConnection(view.prompt.content["connections"][0])


def _broken(wait: Wait, *, reconnect: bool) -> Wait:
    """The same wait, while an existing connection is repaired."""
    state, until = STATES[wait.script.login]
    answers = {**wait.script.answers, "connector.already_connected": _repair}
    late = wait.later == AT_THE_LAST_MOMENT
    return evolve(
        wait,
        script=evolve(wait.script, login=Script().login, answers=answers),
        owner=Beginning(
            connected=Script(), broken={"state": state, "until": until}, reconnect=reconnect
        ),
        faults=wait.faults if late else tuple(map(_after_the_check, wait.faults)),
    )


def _after_the_check(fault: Fault) -> Fault:
    """A repair reads the connection once before its state is looked at."""
    return evolve(fault, after=1) if (fault.method, fault.path) == ("GET", ONE) else fault


FOUND = Script(accounts="none")
"""What an earlier attempt found, and did not activate."""


def _well(script: Script, *faults: Fault, reconnect: bool = True, refresh: bool = False) -> Wait:
    """An attempt to repair a connection that is well, made with `script`."""
    owner = Beginning(connected=script, reconnect=reconnect, refresh=refresh)
    answers = {"connector.already_connected": _repair}
    return Wait(evolve(script, accounts="all", answers=answers), owner=owner, faults=faults)


UNREADABLE = (_bug("GET", ONE),)
DOCUMENTS = evolve(FOUND, connector="102")

RECONNECTING: Mapping[str, Wait] = {
    "finding_user.interrupted": evolve(_well(FOUND), vault="get"),
    "refreshing_consent.interrupted": _well(
        Script("160"), _bug("POST", ONE, "tooManySync"), refresh=True
    ),
    "listing_accounts.interrupted": _well(FOUND, _bug("GET", f"{ONE}/accounts")),
    "choosing_accounts": _well(FOUND),
    "activating_accounts.interrupted": _well(FOUND, _bug("PUT", f"{ONE}/accounts/*")),
    "activating_subscriptions.interrupted": _well(DOCUMENTS, _bug("PUT", f"{ONE}/subscriptions/*")),
    "repair.checking_connection.interrupted": _well(FOUND, *UNREADABLE),
}

UNREACHED: Mapping[tuple[str, str], str] = {
    ("add_connection", "source.planning.interrupted"): "it calls nothing",
    ("reconnect", "ending.cleaning_up_later"): "nothing was made that could be deleted",
}
"""Waiting states that no answer of Powens leads to, and why."""


def _all() -> Iterator[tuple[tuple[str, str], Wait]]:
    for name, wait in ADDING.items():
        yield ("add_connection", name), wait
    for name, wait in RECONNECTING.items():
        yield ("reconnect", name), wait
    for name, wait in BANKS.items():
        yield ("add_connection", f"source.state.{name}"), wait
        yield ("add_connection", f"repair.state.{name}"), _broken(wait, reconnect=False)
        yield ("reconnect", f"repair.state.{name}"), _broken(wait, reconnect=True)
    unread = _well(FOUND, *UNREADABLE, reconnect=False)
    yield ("add_connection", "repair.checking_connection.interrupted"), unread
    unlisted = _well(FOUND, _bug("GET", f"{ONE}/accounts"), reconnect=False)
    yield ("add_connection", "listing_new_accounts.interrupted"), unlisted


WAITS: Mapping[tuple[str, str], Wait] = dict(_all())
"""By machine and state."""
