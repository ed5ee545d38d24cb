"""The API client: every call that adding or repairing a connection needs."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import aiohttp

from powens_flow.api.account_calls import AccountCalls
from powens_flow.api.address import base_url
from powens_flow.api.connection_calls import ConnectionCalls
from powens_flow.api.connector_calls import ConnectorCalls
from powens_flow.api.pacing import pace_of
from powens_flow.api.transport import Timeouts, Transport
from powens_flow.api.user_calls import UserCalls
from powens_flow.api.webauth_calls import WebauthCalls
from powens_flow.clock import Clock, SystemClock
from powens_flow.secret import Secret

MAX_RESPONSE_BYTES: Final = 32 * 1024 * 1024
"""Some times the size of a whole expanded `/connectors`."""


class PowensClient(UserCalls, ConnectorCalls, ConnectionCalls, WebauthCalls, AccountCalls):
    """The Powens API of one domain, on one session; an async context manager.

    `domain_or_url` is the domain's name, or a full URL for a simulator; plain HTTP is for
    loopback only. `client_id` is digits. Without the client secret no user can be made permanent.
    A `session` that is handed in is used and left open. Raises ValueError for a wrong argument.

    `calls_a_minute` limits the calls of this client: one that finds none left waits for its turn,
    polls after calls that a user waits for, and a 429 with `Retry-After` keeps all of them waiting.
    None is no limit, but the sandbox's fair use of 30 for a domain whose name ends in `-sandbox`.

    Every call raises PowensError, one class for each thing to do about it. Each sends one request
    (a GET may be sent again on a fresh connection when a kept one turns out to be closed).
    """

    def __init__(
        self,
        domain_or_url: str,
        client_id: str,
        client_secret: Secret | str | None = None,
        *,
        timeouts: Timeouts | None = None,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
        calls_a_minute: int | None = None,
    ) -> None:
        self.client_id = _checked_id(client_id)
        self.timeouts = timeouts or Timeouts()
        self._client_secret = _checked_secret(client_secret)
        base, clock = base_url(domain_or_url), clock or SystemClock()
        self._transport = Transport(
            base,
            timeouts=self.timeouts,
            max_response_bytes=max_response_bytes,
            session=session,
            clock=clock,
            stopwatch=stopwatch,
            pace=pace_of(base.host, calls_a_minute, clock, self.timeouts.total),
        )

    @property
    def base_url(self) -> str:
        """The API's base, ending in a slash."""
        return str(self._transport.base)

    @property
    def has_secret(self) -> bool:
        """Can users be made permanent, and tokens exchanged and renewed."""
        return bool(self._client_secret)

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.close()

    def __repr__(self) -> str:
        return f"PowensClient({self.base_url!r}, {self.client_id!r})"


def _checked_id(client_id: str) -> str:
    if not isinstance(client_id, str):
        raise ValueError(f"a client id is a text of digits, not {type(client_id).__name__}")
    if not (client_id.isascii() and client_id.isdigit()):
        raise ValueError("a client id is digits only")
    return client_id


def _checked_secret(given: Secret | str | None) -> Secret | None:
    if not isinstance(given, Secret | str | None):
        raise ValueError(f"a client secret is a Secret or a text, not {type(given).__name__}")
    secret = Secret(given) if isinstance(given, str) else given
    if secret is not None and not secret:
        raise ValueError("the client secret is empty; to go without one, give None")
    return secret
