"""One call over HTTP: sent once, read within limits, answered or turned into an error."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import aiohttp
from aiohttp import hdrs
from attrs import field, frozen
from multidict import CIMultiDict
from yarl import URL

from powens_flow.api.answers import Answer, Outcome, ReadBefore, refusal_of, value_of
from powens_flow.api.body import Unusable, body_at_hand, body_of
from powens_flow.api.errors import Flaw, PowensError
from powens_flow.api.failures import MET, sent_once, translated
from powens_flow.api.pacing import LONGEST_WAIT, Pace
from powens_flow.api.reading import Reader
from powens_flow.api.recording import current_recording
from powens_flow.api.unreachable import Unreachable
from powens_flow.attempt import CallRecord
from powens_flow.clock import Clock
from powens_flow.json_text import to_json_bytes
from powens_flow.misuse import NotOpen
from powens_flow.patience import TimeLimit
from powens_flow.secret import Secret
from powens_flow.telemetry import hooks

T = TypeVar("T")


@frozen
class Timeouts:
    """How long a call may take, in seconds; it waits no longer for its turn, and a minute at most.

    `checking` is for the calls in which Powens checks credentials at the bank; `connect`, a part
    of either, for reaching the server.
    """

    total: float = 30.0
    checking: float = 300.0
    connect: float = 10.0


@frozen
class Request:
    """One call. `path` is seen from the base, with its query, percent-encoded; or a whole URL.

    Secrets in `body` are revealed on the wire only. `sent` are further texts that no error may
    repeat. `checking`: credentials may be checked, so it may take minutes. `shared`: the answer is
    nobody's own, so it is read once for as long as its bytes stay the same.
    """

    name: str
    method: str
    path: str | URL = field(repr=False)
    token: Secret | None = None
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    checking: bool = False
    sent: Iterable[str] = field(default=(), repr=False)
    webauth: bool = False
    shared: bool = False


_ONCE: Final = (sent_once,)
_HEADERS: Final = CIMultiDict(
    {
        hdrs.ACCEPT: "application/json",
        hdrs.ACCEPT_ENCODING: "gzip",
        hdrs.USER_AGENT: "powens_flow",
    }
)
_BODY_HEADERS: Final = CIMultiDict(_HEADERS, **{hdrs.CONTENT_TYPE: "application/json"})


class Transport:
    """The one way out: every call goes through `call`."""

    def __init__(
        self,
        base: URL,
        *,
        timeouts: Timeouts,
        max_response_bytes: int,
        session: aiohttp.ClientSession | None,
        clock: Clock,
        stopwatch: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        self.base = base
        self._prefix = str(base)
        self._limit = max_response_bytes
        self._session = session
        self._owned: aiohttp.ClientSession | None = None
        self._clock = clock
        self._stopwatch = stopwatch
        self._pace = pace
        self._unreachable = Unreachable(clock)
        self._read_before = ReadBefore()
        self._timeouts = timeouts
        self._connect = aiohttp.ClientTimeout(total=None, connect=timeouts.connect)
        self._brief = TimeLimit(timeouts.total)
        self._checking = TimeLimit(timeouts.checking)

    async def open(self) -> None:
        """Opens a session, unless one was handed in."""
        self._brief = TimeLimit(self._timeouts.total)  # of this event loop
        self._checking = TimeLimit(self._timeouts.checking)
        if self._session is None:
            self._session = self._owned = aiohttp.ClientSession(
                # Calls that check credentials hold a connection for minutes: a bounded pool
                # would keep the others waiting.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def close(self) -> None:
        """Closes the session that `open` made; calls that wait for their turn fail."""
        if self._pace is not None:
            self._pace.close()
        if self._owned is not None:
            await self._owned.close()
            self._session = self._owned = None

    async def call(self, request: Request, read: Reader[T]) -> T:
        """What `read` makes of the answer; raises PowensError, which has no context."""
        if self._pace is not None:
            # Outside of the recording: a call that has no turn is not made.
            await self._pace.turn(self._patience(request))
        recording = current_recording()
        began = self._stopwatch()
        outcome: Outcome[T] = Outcome()
        work, watched = self._outcome(request, read), hooks.active()
        if watched is not None:
            work = watched.called(request.name, request.method, self.base, work)
        try:
            outcome = await work
        finally:
            if recording is not None:
                recording.append(_record(request.name, outcome, self._stopwatch() - began))
        if outcome.error is not None:
            self._heed(outcome.error)
            raise outcome.error
        return outcome.value  # type: ignore[return-value] # without an error it is what was read

    def _patience(self, request: Request) -> float:
        own = self._timeouts.checking if request.checking else self._timeouts.total
        return min(own, LONGEST_WAIT)

    def _heed(self, error: PowensError) -> None:
        self._unreachable.tell(error)
        # `tooManySync` says the same of one connection only.
        if self._pace is not None and error.status == 429 and error.retry_after:
            self._pace.pause(error.retry_after)

    async def _outcome(self, request: Request, read: Reader[T]) -> Outcome[T]:
        status = None
        limit = self._checking if request.checking else self._brief
        try:
            with limit.begun():
                response = await self._sent(request)
                status = response.status
                answer = await self._answer(response)
        except MET as error:
            return Outcome(error=translated(error, status), status=status)
        if status >= 400:
            sent = (*request.sent, *_secrets(request))
            return refusal_of(answer, sent=sent, now=self._clock.now(), webauth=request.webauth)
        read_of = self._read_before.value_of if request.shared else value_of
        return read_of(answer, read)

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        body: bytes | Flaw
        try:
            body = body_at_hand(response, self._limit) or await body_of(response, self._limit)
        except Unusable as unusable:
            body = unusable.flaw
        finally:
            if not response.closed:  # not read to its end
                response.close()
        return Answer(response.status, response.headers, body)

    def _sent(self, request: Request) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            raise NotOpen("the client is not open: use it as `async with PowensClient(...)`")
        path, body = request.path, request.body
        return self._session.request(
            request.method,
            URL(self._prefix + path, encoded=True) if isinstance(path, str) else path,
            headers=_headers(request.token, body),
            data=None if body is None else to_json_bytes(body, Secret.reveal),
            timeout=self._connect,
            allow_redirects=False,
            raise_for_status=False,
            auto_decompress=False,
            middlewares=None if request.method in ("GET", "POST") else _ONCE,
        )


def _headers(token: Secret | None, body: Mapping[str, Any] | None) -> CIMultiDict[str]:
    headers = _HEADERS if body is None else _BODY_HEADERS
    if token is None:
        return headers
    bearer = f"Bearer {token.reveal()}"
    if not bearer.isprintable():
        raise ValueError("the token holds characters that a header cannot carry")
    headers = headers.copy()
    headers[hdrs.AUTHORIZATION] = bearer
    return headers


def _secrets(request: Request) -> list[str]:
    """What the request revealed, for nobody to repeat."""
    values = [request.token, *(request.body or {}).values()]
    return [value.reveal() for value in values if isinstance(value, Secret)]


def _record(name: str, outcome: Outcome[Any], duration: float) -> CallRecord:
    """A call without an answer has the name of what it met for its code."""
    error = outcome.error
    code = None if error is None else error.code or error.met
    return CallRecord(name, outcome.status, code, outcome.request_id, duration)
