"""The calls that handlers may make, by name.

A handler knows no client, store, vault or clock: it says `await context.call("connection", ...)`.
A durable runtime journals what a call answers, so a call that gets a token, or a URL that carries
a code, answers it sealed. An integrator's own calls are registered beside these (`Registry.call`).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from attrs import frozen

from powens_flow.api import PowensClient, PublicKeys
from powens_flow.api import models as m
from powens_flow.api.errors import TemporaryFailure
from powens_flow.api.pacing import LONGEST_WAIT
from powens_flow.attempt import Attempt, Claim, User
from powens_flow.clock import Clock
from powens_flow.keyring import Keyring, SealBroken
from powens_flow.machine.registry import Call, Registry
from powens_flow.secret import Secret
from powens_flow.store.port import Store, StoreError
from powens_flow.vault import PermanentUser, Vault

log = structlog.get_logger("powens_flow")

T = TypeVar("T")

TEMPORARY_USER = 1800
"""Seconds after which Powens deletes a temporary user (protocol: "User context")."""


@frozen(eq=False)
class Services:
    """What calls are made with."""

    api: PowensClient
    keys: PublicKeys
    keyring: Keyring
    vault: Vault
    store: Store
    clock: Clock

    def token(self, attempt: Attempt) -> Secret:
        """The attempt's user token, in clear, for the length of a call."""
        assert attempt.user is not None, "a state that needs the user comes after opening_user"
        return self.keyring.open(attempt.user.token)


calls = Registry()
"""The registry that our calls enter themselves in."""


def _call(
    *, writes: bool = False
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """As `Registry.call`, under the function's own name; it may hand on what is to be awaited."""

    def register(run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        calls.calls[run.__name__] = Call(run, writes)
        return run

    return register


CHECKING = 300.0 + LONGEST_WAIT
"""Seconds: calls that check credentials may take minutes once they are sent (protocol:
"Connections"), and before that they may wait for their turn."""


# --- the user --------------------------------------------------------------------------------


@_call()
async def kept_user(s: Services, attempt: Attempt) -> User | None:
    """The owner's permanent user from the vault."""
    kept = await _answer_of_vault(s.vault.get(attempt.owner))
    if kept is None:
        return None
    return User(kept.id_user, s.keyring.seal(kept.token.reveal()), permanent=True, kept=True)


@_call()
async def claim_user(s: Services, attempt: Attempt, *, until: datetime) -> Claim:
    """Take the right to make the owner's user; answers who has it."""
    return await s.store.claim(Claim(user_key(attempt), attempt.id, until), s.clock.now())


@_call()
async def claim(s: Services, attempt: Attempt, *, key: str, until: datetime) -> bool:
    """Take a name, if nobody else has it; whether the attempt has it now."""
    held = await s.store.claim(Claim(key, attempt.id, until), s.clock.now())
    return held.attempt_id == attempt.id


@_call()
async def others_connections(s: Services, attempt: Attempt) -> frozenset[int]:
    """The connections that other attempts of the owner made or adopted."""
    return await s.store.connections(attempt.owner, without=attempt.id)


@_call(writes=True)
async def init_user(s: Services, attempt: Attempt, *, permanent: bool) -> User:
    """A new user; permanent where the answer says so."""
    made = await s.api.init_user(permanent=permanent)
    is_permanent = made.type == "permanent"
    lifetime = timedelta(seconds=min(made.expires_in or TEMPORARY_USER, TEMPORARY_USER))
    return User(
        id=made.id_user,
        token=s.keyring.seal(made.auth_token.reveal()),
        permanent=is_permanent,
        made_here=True,
        expires_at=None if is_permanent else s.clock.now() + lifetime,
    )


@_call(writes=True)
async def exchange_token(s: Services, attempt: Attempt) -> str:
    """The temporary token for a permanent one, which is answered sealed."""
    permanent = await s.api.exchange_token(s.token(attempt))
    return s.keyring.seal(permanent.reveal())


@_call(writes=True)
async def renew_token(s: Services, attempt: Attempt) -> str:
    """A permanent token for the known user, sealed: the way back when an exchange was lost."""
    assert attempt.user is not None
    permanent = await s.api.renew_token(attempt.user.id)
    return s.keyring.seal(permanent.reveal())


@_call()
async def keep_user(s: Services, attempt: Attempt) -> None:
    """Hand the permanent token to the vault. Doing it twice is doing it once."""
    assert attempt.user is not None
    user = PermanentUser(attempt.user.id, s.token(attempt))
    await _answer_of_vault(s.vault.put(attempt.owner, user))


async def _answer_of_vault(work: Awaitable[T]) -> T:
    """What the vault answers. It is the integrator's, so it may raise anything while it is down.

    Raises `TemporaryFailure`: what the user approved is not thrown away for that.
    """
    try:
        return await work
    except (StoreError, SealBroken):
        raise
    except Exception as error:
        log.error("vault.failed", error=type(error).__name__)
        raise TemporaryFailure(description=type(error).__name__) from None


@_call()
async def other_attempts(s: Services, attempt: Attempt) -> int:
    """How many other attempts of the owner have not ended."""
    return len([one for one in await s.store.live(attempt.owner) if one != attempt.id])


@_call()
async def refresh_key(s: Services, attempt: Attempt) -> None:
    """Fetch the domain's public key anew."""
    await s.keys.refresh()


# --- connectors ------------------------------------------------------------------------------


@_call()
def connector(s: Services, attempt: Attempt, *, ref: str) -> Awaitable[m.Connector]:
    return s.api.connector(ref, expand=("sources", "fields", "countries"))


# --- connections -----------------------------------------------------------------------------

SOURCES = ("sources",)
"""Asked for with each connection: a source's own state and expiry stand nowhere else."""


@_call()
def connections(s: Services, attempt: Attempt) -> Awaitable[tuple[m.Connection, ...]]:
    return s.api.connections(s.token(attempt))


@_call()
def connection(s: Services, attempt: Attempt, *, id_connection: int) -> Awaitable[m.Connection]:
    return s.api.connection(s.token(attempt), id_connection, expand=SOURCES)


@_call(writes=True)
def create_connection(
    s: Services, attempt: Attempt, *, source: str | None, values: Mapping[str, str]
) -> Awaitable[m.Connection]:
    assert attempt.connector is not None
    return s.api.create_connection(
        s.token(attempt),
        connector_uuid=attempt.connector.uuid,
        source=source,
        values=values,
        expand=SOURCES,
    )


@_call(writes=True)
def update_connection(
    s: Services, attempt: Attempt, *, source: str | None, values: Mapping[str, str]
) -> Awaitable[m.Connection]:
    return s.api.update_connection(
        s.token(attempt), _id(attempt), source=source, values=values, expand=SOURCES
    )


@_call(writes=True)
def force_sync(s: Services, attempt: Attempt, *, source: str | None) -> Awaitable[m.Connection]:
    return s.api.force_sync(s.token(attempt), _id(attempt), source=source, expand=SOURCES)


@_call(writes=True)
def refresh_auth(s: Services, attempt: Attempt) -> Awaitable[m.Connection]:
    return s.api.refresh_auth(s.token(attempt), _id(attempt), source=attempt.source or None)


@_call()
def resume_connection(
    s: Services, attempt: Attempt, *, source: str | None
) -> Awaitable[m.Connection]:
    return s.api.resume_connection(
        s.token(attempt), _id(attempt), source=source, background=True, expand=SOURCES
    )


@_call()
async def webauth_url(s: Services, attempt: Attempt, *, state: str, source: str | None) -> str:
    """The address of the bank's page, sealed."""
    target: dict[str, Any] = {"id_connection": attempt.id_connection}
    if attempt.id_connection is None:
        assert attempt.connector is not None
        target = {"id_connector": attempt.connector.id}
    url = await s.api.webauth_url(
        s.token(attempt),
        attempt.policy.redirect_uri or "",
        source=source,
        state=state,
        values=attempt.plain_values,
        **target,
    )
    return s.keyring.seal(url.reveal())


@_call()
def disable_source(s: Services, attempt: Attempt, *, id_source: int) -> Awaitable[None]:
    return s.api.disable_source(s.token(attempt), _id(attempt), id_source)


# --- accounts and subscriptions ----------------------------------------------------------------


@_call()
def accounts(s: Services, attempt: Attempt) -> Awaitable[tuple[m.Account, ...]]:
    return s.api.accounts(s.token(attempt), _id(attempt))


@_call()
def subscriptions(s: Services, attempt: Attempt) -> Awaitable[tuple[m.Subscription, ...]]:
    return s.api.subscriptions(s.token(attempt), _id(attempt))


@_call(writes=True)
def activate_accounts(s: Services, attempt: Attempt, *, ids: tuple[int, ...]) -> Awaitable[None]:
    return s.api.activate_accounts(s.token(attempt), _id(attempt), ids)


@_call(writes=True)
def activate_subscriptions(
    s: Services, attempt: Attempt, *, ids: tuple[int, ...]
) -> Awaitable[None]:
    return s.api.activate_subscriptions(s.token(attempt), _id(attempt), ids)


# --- clean-up ----------------------------------------------------------------------------------


@_call(writes=True)
def delete_user(s: Services, attempt: Attempt) -> Awaitable[None]:
    return s.api.delete_user(s.token(attempt))


@_call(writes=True)
def delete_connection(s: Services, attempt: Attempt) -> Awaitable[None]:
    return s.api.delete_connection(s.token(attempt), _id(attempt))


def user_key(attempt: Attempt) -> str:
    """The name of the claim on the owner's user."""
    return f"user:{attempt.owner}"


def _id(attempt: Attempt) -> int:
    assert attempt.id_connection is not None, "a state that needs the connection comes after it"
    return attempt.id_connection
