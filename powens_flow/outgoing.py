"""Transitions told to the integrator's backend over HTTP, signed as Standard Webhooks says.

    async with OutgoingWebhook("https://backend.example/powens-flow", ["whsec_..."]) as webhook:
        engine.on()(webhook)

At least once, in each attempt's order; what was not taken is sent again, also by the next process.
A receiver drops doubles by `webhook-id`, which a transition keeps over all its deliveries.
(https://github.com/standard-webhooks/standard-webhooks, "Standard Webhooks Specification")
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import structlog
from yarl import URL

from powens_flow.api.address import expect_name, is_loopback
from powens_flow.attempt import Result
from powens_flow.clock import Clock, SystemClock
from powens_flow.lanes import REMEMBERED, TellLater
from powens_flow.listeners import Change
from powens_flow.options import is_number
from powens_flow.secret import Secret

log = structlog.get_logger("powens_flow")

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 900.0
"""Seconds until a delivery is tried again; doubled with each failure, from the first up to this."""

DOWN_AFTER: Final = 3
"""Attempts in a row for which it has failed, whatever it answered, after which the receiver counts
as down. Of one alone it is not known whether that is the receiver, or the attempt."""

_PREFIX: Final = "whsec_"


class OutgoingWebhook:
    """A listener that POSTs each transition to `url`; an async context manager.

    `secrets` are `whsec_` and 24 to 64 bytes as base64: each signs, so that a receiver can go over
    from one to another. `timeout` is in seconds, for a whole delivery. `at_once` is how many
    attempts are told at the same time. 2xx is taken; any other answer, a redirect too, is not.

    A receiver that cannot be reached, or has failed for three attempts in a row, is left alone for
    30 seconds, then twice as long each time up to 15 minutes, or as long as its `Retry-After` says.

    Raises:
        ValueError: the URL is not https (plain http is for loopback), a secret is none,
            `timeout` or `at_once` is nothing.
    """

    def __init__(
        self,
        url: str,
        secrets: Sequence[str | Secret],
        *,
        timeout: float = 10.0,
        at_once: int = 8,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._url = _checked(url)
        self._keys = _keys(secrets)
        if not is_number(timeout) or not 0 < timeout < math.inf:  # to aiohttp, 0 is no limit
            raise ValueError(f"timeout must be seconds, more than 0, not {timeout!r}")
        if type(at_once) is not int or at_once < 1:
            raise ValueError(f"at_once must be a whole number from 1, not {at_once!r}")
        self.at_once = at_once
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session = session
        self._owned: aiohttp.ClientSession | None = None
        self._clock = clock or SystemClock()
        self._chance = chance
        self._failed_for: set[str] = set()
        self._downs = _Downs()
        self._failures_of: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"OutgoingWebhook({str(self._url.origin())!r})"  # its path may hold a secret

    async def __aenter__(self) -> Self:
        if self._session is None:
            self._session = self._owned = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._owned is not None:
            await self._owned.close()
            self._session = self._owned = None

    async def __call__(self, change: Change) -> None:
        """Deliver one transition.

        Raises:
            TellLater: it was not taken.
        """
        body = json.dumps(message(change), separators=(",", ":")).encode()
        downs_before = self._downs.ever
        status, asked = await self._post(body, self._headers(change, body))
        attempt_id = change.row.attempt_id
        if status is not None and 200 <= status < 300:
            self._failed_for.clear()
            self._downs.in_a_row = 0
            self._failures_of.pop(attempt_id, None)
            return
        raise self._not_taken(change, status, asked, downs_before)

    def _headers(self, change: Change, body: bytes) -> dict[str, str]:
        webhook_id = webhook_id_of(change)
        timestamp = str(int(self._clock.now().timestamp()))
        signatures = (signature(key, webhook_id, timestamp, body) for key in self._keys)
        return {
            "content-type": "application/json",
            "user-agent": "powens_flow",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signatures),
        }

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int | None, float]:
        """The status, None for no answer, and how many seconds the receiver asks for."""
        if self._session is None:
            raise RuntimeError("the webhook is not open: use it as `async with OutgoingWebhook`")
        try:
            async with self._session.post(
                self._url,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return response.status, _retry_after(response.headers.get("retry-after"))
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None, 0.0

    def _not_taken(
        self, change: Change, status: int | None, asked: float, downs_before: int
    ) -> TellLater:
        attempt_id, seq = change.row.attempt_id, change.row.seq
        self._failed_for.add(attempt_id)
        of_this = self._count_of(attempt_id)
        is_down = status is None or asked > 0 or len(self._failed_for) >= DOWN_AFTER
        after = self._pause(self._downs.again(downs_before) if is_down else of_this, asked)
        log.warning(
            "callback.not_taken", attempt=attempt_id, seq=seq, status=status, after=round(after, 1)
        )
        return TellLater("the receiver has not taken it", after, everything=is_down)

    def _count_of(self, attempt_id: str) -> int:
        count = self._failures_of.pop(attempt_id, 0) + 1
        self._failures_of[attempt_id] = count
        if len(self._failures_of) > REMEMBERED:
            del self._failures_of[next(iter(self._failures_of))]
        return count

    def _pause(self, failures: int, asked: float) -> float:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
        return max(asked, pause * (0.8 + 0.2 * self._chance()))


class _Downs:
    """How often the receiver was found down: `ever`, and `in_a_row` since it last took one."""

    def __init__(self) -> None:
        self.ever = self.in_a_row = 0

    def again(self, before: int) -> int:
        """How often in a row by now. `before` is how often ever when the delivery that failed was
        begun: those that were under way together find it down once."""
        if before == self.ever:
            self.ever += 1
            self.in_a_row += 1
        return max(1, self.in_a_row)


def webhook_id_of(change: Change) -> str:
    """The same for each delivery of one transition, and no other's."""
    name = f"{change.row.attempt_id}/{change.row.seq}".encode()
    return f"msg_{hashlib.sha256(name).hexdigest()[:32]}"


def signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """One signature: `v1,` and the base64 of HMAC-SHA256 of `id.timestamp.body`."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def message(change: Change) -> dict[str, Any]:
    """What is sent: what moved, and at the end what it came to. No secret, no holder's data."""
    attempt, row = change.attempt, change.row
    data: dict[str, Any] = {
        "attempt": attempt.id,
        "owner": attempt.owner,
        "machine": attempt.machine,
        "seq": row.seq,
        "from": row.source,
        "to": row.dest,
        "trigger": row.trigger,
    }
    if change.ended:
        data["result"] = None if attempt.result is None else _result(attempt.result)
        data["problem"] = None if attempt.problem is None else attempt.problem.key
    kind = "attempt.ended" if change.ended else "attempt.moved"
    return {"type": kind, "timestamp": row.at.isoformat(), "data": data}


def _result(result: Result) -> dict[str, Any]:
    return {
        "id_user": result.id_user,
        "id_connection": result.id_connection,
        "sources": list(result.sources),
        "accounts": list(result.accounts),
        "subscriptions": list(result.subscriptions),
        "pending": result.pending,
    }


def _checked(text: str) -> URL:
    url = URL(text if isinstance(text, str) else "")
    if url.scheme not in ("http", "https") or not url.host or url.user is not None:
        raise ValueError("an outgoing webhook's URL is an https URL with a host and no user")
    expect_name(url)
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("plain http is allowed on loopback only")
    return url


def _keys(secrets: Sequence[str | Secret]) -> list[bytes]:
    if isinstance(secrets, str | Secret) or not secrets:
        raise ValueError("an outgoing webhook needs a list of at least one secret")
    return [_key(one.reveal() if isinstance(one, Secret) else one) for one in secrets]


def _key(secret: str) -> bytes:
    key = b""
    if isinstance(secret, str) and secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            key = b""
    if not 24 <= len(key) <= 64:  # the specification's bounds
        raise ValueError("a webhook secret is `whsec_` and 24 to 64 bytes as base64")
    return key


def _retry_after(value: str | None) -> float:
    """Seconds, at most the longest pause; a date is not read, our own pauses do."""
    if value is None or not (value.isascii() and value.strip().isdigit()):
        return 0.0
    return min(LONGEST_PAUSE, float(value))
