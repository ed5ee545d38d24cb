"""Webhooks received: checked, read, doubled ones dropped, the attempts concerned woken.

Framework-free: an integrator's route hands over method, path, headers and body, and answers what
it gets. A webhook is a hint, never a fact: all it does is make attempts look for themselves.
"""

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

import structlog
from attrs import field, frozen

from powens_flow.attempt import Claim
from powens_flow.engine import Engine
from powens_flow.functions import is_async, name_of
from powens_flow.keyring import Keyring
from powens_flow.secret import Secret
from powens_flow.store.port import Store
from powens_flow.vault import Vault

log = structlog.get_logger("powens_flow")

LARGEST = 10 * 1024 * 1024
"""Bytes of an inflated body: a first sync was seen to send several MB."""

MOST = 500_000
"""Values in a body: one of Powens' of the largest size has fewer, and each costs time to read."""

REMEMBERED = timedelta(days=7)
"""How long a delivery's `id_webhook_data` is remembered; Powens gives up long before."""


@frozen
class Answer:
    """What to answer Powens: 2xx is taken, anything else is sent again."""

    status: int
    reason: str


class Unreadable(Exception):
    """Raised where a body is read that cannot be; `answer` is what Powens is told."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.answer = Answer(status, reason)


class Unconcerned(Exception):
    """Raised where it is found out who sent a webhook: nothing here waits for what it is about."""


@frozen(slots=False)
class Request:
    """A webhook as it came. `headers` by lower-case name; `body` as sent, perhaps gzip.

    `plain` and `data` are read when they are first asked for, so that an `Authentication` can
    refuse a stranger before any work is spent on what the stranger sent.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    largest: int = field(default=LARGEST, repr=False)

    @cached_property
    def plain(self) -> bytes:
        """The body, inflated. Raises Unreadable."""
        gzipped = self.headers.get("content-encoding", "").casefold() == "gzip"
        if not gzipped or _is_object(self.body):  # some frameworks inflate before they hand over
            return self.body
        plain = _inflated(self.body, self.largest)
        if plain is None:
            raise Unreadable(400, "not gzip")
        if len(plain) > self.largest:
            raise Unreadable(413, "too large")
        return plain

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the body says. Raises Unreadable."""
        if sum(map(self.plain.count, (b"[", b"{", b","))) > MOST:
            raise Unreadable(413, "too many values")
        data = _json(self.plain)
        if data is None:
            raise Unreadable(400, "not a JSON object")
        return data


class Authentication(Protocol):
    """Says whether a webhook comes from Powens; may let pass what `Request` raises, and
    `Unconcerned`."""

    async def __call__(self, request: Request, now: datetime) -> bool: ...


@frozen
class Signature:
    """`BI-Signature`: base64 of HMAC-SHA256 of `METHOD.path.date.body` with the secret.

    A date more than `tolerance` away is refused. Sources do not say whether a zipped body is
    signed as sent or inflated: either is taken. Nothing is inflated without a signature of now.
    Raises TypeError for what is no `Secret`, ValueError for an empty one: anybody can sign with it.
    """

    secret: Secret = field(validator=lambda _, __, secret: _check_secret(secret))
    tolerance: timedelta = timedelta(minutes=5)

    async def __call__(self, request: Request, now: datetime) -> bool:
        given = request.headers.get("bi-signature", "")
        date = request.headers.get("bi-signature-date", "")
        at = _date(date)
        if not given or not given.isascii() or at is None or abs(now - at) > self.tolerance:
            return False

        def signs(body: bytes) -> bool:
            return hmac.compare_digest(given, self.sign(request.method, request.path, date, body))

        return signs(request.body) or (request.plain is not request.body and signs(request.plain))

    def sign(self, method: str, path: str, date: str, body: bytes) -> str:
        """The signature of a webhook."""
        text = _bytes(f"{method.upper()}.{path}.{date}.") + body
        digest = hmac.new(self.secret.reveal().encode(), text, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def _check_secret(secret: Any) -> None:
    if not isinstance(secret, Secret):
        raise TypeError(f"the secret of a Signature must be a Secret, not {type(secret).__name__}")
    if not secret:
        raise ValueError("the secret of a Signature must not be empty: anybody can sign with that")


@frozen
class UserToken:
    """`Authorization: Bearer {that user's token}`; `token_of` gives the token of an `id_user`.

    Whose token it has to be stands in the body, which is read only if there is a token at all.
    """

    token_of: Callable[[int], Awaitable[Secret | None]]

    async def __call__(self, request: Request, now: datetime) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not given.strip():
            return False
        id_user = user_of(request.data)
        token = await self.token_of(id_user) if id_user is not None else None
        if token is None:
            return False
        return hmac.compare_digest(_bytes(given.strip()), token.reveal().encode())


def tokens_of(
    store: Store, vault: Vault, keyring: Keyring
) -> Callable[[int], Awaitable[Secret | None]]:
    """For `UserToken`: the tokens of users that have attempts under way.

    The vault's; before it has one, as in the first attempt of a user who was made permanent at
    once, the attempt's own. For another user it raises `Unconcerned`: of Powens' webhooks most are
    about users who connected their bank long ago, and who refuses ten in a row gets none any more.
    """

    async def token_of(id_user: int) -> Secret:
        own: Secret | None = None
        for attempt_id in await store.concerned(id_user):
            attempt = await store.load(attempt_id)
            if attempt is None or attempt.user is None:
                continue
            kept = await vault.get(attempt.owner)
            if kept is not None and kept.id_user == id_user:
                return kept.token
            own = keyring.open(attempt.user.token)
        if own is None:
            raise Unconcerned
        return own

    return token_of


class Receiver:
    """Takes webhooks for an engine. TypeError for an authentication that is not async."""

    def __init__(
        self, engine: Engine, authentication: Authentication, *, largest: int = LARGEST
    ) -> None:
        if not is_async(authentication):
            what = "Signature(...), UserToken(...), or an async function of (request, now)"
            raise TypeError(
                f"authentication must be {what}, which {name_of(authentication)} is not"
            )
        self._engine = engine
        self._authentication = authentication
        self._largest = largest

    async def receive(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Take one webhook; `path` is the path that was called, without a query.

        A forged, old, oversized or malformed one changes nothing; a double is taken once. One that
        concerns nobody here changes nothing either, and is answered as taken.
        """
        if len(body) > self._largest:
            return self._refused(Answer(413, "too large"))
        lowered = {name.lower(): value for name, value in headers.items()}
        request = Request(method, path, lowered, body, self._largest)
        now = self._engine.clock.now()
        try:
            if not await self._authentication(request, now):
                return self._refused(Answer(401, "not authenticated"))
            data = request.data
        except Unreadable as error:
            return self._refused(error.answer)
        except Unconcerned:
            log.info("webhook.taken", woken=0)
            return Answer(200, "nothing waits for it")
        return await self._taken(data, now)

    def _refused(self, answer: Answer) -> Answer:
        log.warning("webhook.refused", status=answer.status, reason=answer.reason)
        return answer

    async def _taken(self, data: Mapping[str, Any], now: datetime) -> Answer:
        key = _delivery(data)
        if key is not None and await self._engine.store.claimed(key, now) is not None:
            return Answer(200, "taken before")
        woken = await self._wake(data)
        if key is not None:  # only now: a crash before this line has it sent again
            await self._engine.store.claim(Claim(key, "", now + REMEMBERED), now)
        log.info("webhook.taken", woken=woken)
        return Answer(200, "taken")

    async def _wake(self, data: Mapping[str, Any]) -> int:
        id_user = user_of(data)
        if id_user is None:
            return 0
        woken = 0
        for attempt_id in await self._engine.store.concerned(id_user):
            woken += await self._engine.wake(attempt_id, id_connection=connection_of(data))
        return woken


def user_of(data: Mapping[str, Any]) -> int | None:
    """The Powens user that a webhook is about: `user.id`, or `id_user`."""
    user = data.get("user")
    found = user.get("id") if isinstance(user, Mapping) else None
    return _id(found) or _id(data.get("id_user"))


def connection_of(data: Mapping[str, Any]) -> int | None:
    """The connection that a webhook is about, where it names one."""
    connection = data.get("connection")
    found = connection.get("id") if isinstance(connection, Mapping) else None
    return _id(found) or _id(data.get("id_connection"))


def _id(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None


def _delivery(data: Mapping[str, Any]) -> str | None:
    """The name of this delivery; None where it has none that could tell a double."""
    number = data.get("id_webhook_data")
    if type(number) is not int and not isinstance(number, str):
        return None
    name = json.dumps(number)
    short = name if len(name) <= 100 else hashlib.sha256(name.encode()).hexdigest()
    return f"webhook:{short}"


def _bytes(text: str) -> bytes:
    """What is no text in UTF-8 is part of a request all the same: it only matches nothing."""
    return text.encode("utf-8", "surrogatepass")


def _date(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _inflated(body: bytes, largest: int) -> bytes | None:
    """At most one byte more than `largest`; None for what is no gzip, or was cut."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, largest + 1)
    except zlib.error:
        return None
    return plain if inflater.eof or len(plain) > largest else None


def _is_object(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _json(plain: bytes) -> Mapping[str, Any] | None:
    try:
        data = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
