"""What may come instead of an answer: hostile, cut, slow, oversized, or nothing."""

import gzip
import json
import socket
import traceback
import zlib
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import BadAnswer, Flaw, OutcomeUnknown, PowensError, TemporaryFailure
from powens_flow.api.transport import Timeouts
from powens_flow.secret import Secret
from tests.api.conftest import TOKEN, Host, raw_server

CUT = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": 1'
BRIEF = Timeouts(total=0.5, checking=0.5)
"""Long enough for a busy machine to connect and send."""


async def failing(client: PowensClient) -> PowensError:
    with pytest.raises(PowensError) as caught:
        await client.create_connection(TOKEN, id_connector=1)
    return caught.value


async def failed(url: str, timeouts: Timeouts | None = None) -> PowensError:
    async with PowensClient(url, "1", timeouts=timeouts) as client:
        return await failing(client)


async def test_a_server_that_never_answers_leaves_the_outcome_unknown() -> None:
    async with raw_server(None) as url:
        error = await failed(url, BRIEF)
    assert type(error) is OutcomeUnknown
    assert error.may_have_acted
    assert error.retryable
    assert error.status is None


TIMED_OUT = (OutcomeUnknown, TemporaryFailure)
"""A busy machine may take all of the time for connecting, and then nothing was sent."""


async def test_the_calls_that_check_credentials_have_a_time_of_their_own() -> None:
    patient = Timeouts(total=0.02, checking=60)
    async with raw_server(None) as url, PowensClient(url, "1", timeouts=patient) as client:
        for brief in (
            client.connection(TOKEN, 1),
            client.resume_connection(TOKEN, 1),
            client.update_connection(TOKEN, 1, background=True),
        ):
            with pytest.raises(TIMED_OUT):
                await brief
    swift = Timeouts(total=60, checking=0.02)
    async with raw_server(None) as url, PowensClient(url, "1", timeouts=swift) as client:
        for checking in (
            client.create_connection(TOKEN, id_connector=1),
            client.update_connection(TOKEN, 1, values={"code": "x"}),
            client.force_sync(TOKEN, 1),
            client.resume_connection(TOKEN, 1, background=False),
        ):
            with pytest.raises(TIMED_OUT):
                await checking


@pytest.mark.parametrize("answer", [b"", CUT, b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_dropped_connection_leaves_the_outcome_unknown(answer: bytes) -> None:
    async with raw_server(answer) as url:
        error = await failed(url)
    assert type(error) is OutcomeUnknown
    assert error.may_have_acted


async def test_a_cut_refusal_is_unknown_too() -> None:
    async with raw_server(CUT.replace(b"200 OK", b"400 Bad Request")) as url:
        error = await failed(url)
    assert type(error) is OutcomeUnknown
    assert error.status == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_drop_is_unknown_for_every_method(method: str) -> None:
    async with raw_server(b"") as url, PowensClient(url, "1") as client:
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "GET": lambda: client.connection(TOKEN, 1),
            "PUT": lambda: client.activate_accounts(TOKEN, 1, [2]),
            "DELETE": lambda: client.delete_user(TOKEN),
            "POST": lambda: client.disable_source(TOKEN, 1, 2),
        }
        with pytest.raises(OutcomeUnknown):
            await calls[method]()


async def test_a_server_that_is_not_there_was_certainly_not_reached() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await failed(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert type(error) is TemporaryFailure
    assert not error.may_have_acted
    assert error.retryable


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (b"<html>", Flaw.NOT_JSON),
        (b'{"id": 1', Flaw.NOT_JSON),
        (b"\xff\xfe{}", Flaw.NOT_JSON),
        (b"[" * 100_000, Flaw.NOT_JSON),
        (b'{"id": ' + b"9" * 5000 + b"}", Flaw.NOT_JSON),
        (b'{"id": 1, "state": "\\ud800"}', Flaw.NOT_JSON),
        (b"", Flaw.WRONG_SHAPE),
        (b"null", Flaw.WRONG_SHAPE),
        (b"{}", Flaw.WRONG_SHAPE),
        (b'{"id": NaN}', Flaw.NOT_JSON),
    ],
)
async def test_an_answer_that_cannot_be_used_may_still_have_acted(
    host: Host, client: PowensClient, body: bytes, flaw: Flaw
) -> None:
    host.answers(raw=body)
    error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.flaw is flaw
    assert error.may_have_acted
    assert error.retryable is (flaw is Flaw.NOT_JSON)


async def test_a_pair_of_surrogates_is_text(host: Host, client: PowensClient) -> None:
    host.answers(raw=b'{"id": 1, "state": "\\ud83d\\ude00"}')
    assert (await client.create_connection(TOKEN, id_connector=1)).state == "\U0001f600"


async def test_the_shape_that_is_wrong_is_named(host: Host, client: PowensClient) -> None:
    host.answers({"id": 1, "sources": [{"id": 2}, {"id": "private"}]})
    error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.path == "sources[1].id"
    assert "private" not in str(error)


async def test_an_answer_over_the_limit_is_not_read(host: Host) -> None:
    host.answers({"id": 1, "state": "x" * 5000})
    async with PowensClient(host.url, "1", max_response_bytes=4000) as client:
        error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.flaw is Flaw.TOO_LARGE


async def test_an_answer_at_the_limit_is_read(host: Host) -> None:
    body = json.dumps({"id": 1, "state": "x" * 300_000}).encode()
    host.answers(raw=body)
    host.answers(raw=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    async with PowensClient(host.url, "1", max_response_bytes=len(body)) as client:
        plain = await client.connection(TOKEN, 1)
        assert plain == await client.connection(TOKEN, 1)
        assert len(plain.state or "") == 300_000


async def test_a_compressed_answer_is_bounded_by_what_it_holds(
    host: Host, client: PowensClient
) -> None:
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join(bomb.compress(b" " * 1_000_000) for _ in range(64)) + bomb.flush()
    host.answers(raw=packed, headers={"Content-Encoding": "gzip"})
    error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.flaw is Flaw.TOO_LARGE


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "spoilt", [b"not compressed", gzip.compress(b'{"id": 1}')[:-9]], ids=["plain", "cut"]
)
async def test_a_spoilt_compression_is_a_bad_answer(
    host: Host, client: PowensClient, encoding: str, spoilt: bytes
) -> None:
    host.answers(raw=spoilt, headers={"Content-Encoding": encoding})
    error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.flaw is Flaw.NOT_JSON


async def test_an_encoding_that_was_not_asked_for_is_a_bad_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"
    async with raw_server(head) as url:
        error = await failed(url)
    assert isinstance(error, BadAnswer)


async def test_no_redirect_is_followed(host: Host, client: PowensClient) -> None:
    host.answers({}, status=307, headers={"Location": "/2.0/elsewhere"})
    error = await failing(client)
    assert isinstance(error, BadAnswer)
    assert error.flaw is Flaw.REDIRECT
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000]
)
async def test_what_is_no_http_is_a_bad_answer(answer: bytes) -> None:
    async with raw_server(answer) as url:
        error = await failed(url)
    assert isinstance(error, BadAnswer)
    assert error.flaw is Flaw.NOT_HTTP
    assert error.may_have_acted


async def test_nothing_of_aiohttps_errors_is_kept() -> None:
    async with raw_server(CUT) as url, PowensClient(url, "1") as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.connection(TOKEN, 1)
    assert caught.value.__context__ is None
    chain = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(chain.format(chain=True))
    assert "OutcomeUnknown" in shown
    assert "aiohttp/client" not in shown
    assert TOKEN.reveal() not in shown


async def test_a_token_that_no_header_can_carry_is_refused_unsent(
    host: Host, client: PowensClient
) -> None:
    with pytest.raises(ValueError, match="header") as refused:
        await client.connection(Secret("a\r\nX: b"), 1)
    assert "X: b" not in str(refused.value)
    assert host.asked == []


async def test_a_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await PowensClient("demo", "1").public_key()


async def test_a_session_that_was_handed_in_is_used_as_carefully_and_left_open(host: Host) -> None:
    host.answers(raw=gzip.compress(b'{"id": 1}'), headers={"Content-Encoding": "gzip"})
    host.answers({}, status=302, headers={"Location": "/"})
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async with PowensClient(host.url, "1", session=session) as client:
            assert (await client.connection(TOKEN, 1)).id == 1
            assert isinstance(await failing(client), BadAnswer)
        assert not session.closed


async def test_no_cookie_is_kept(host: Host, client: PowensClient) -> None:
    host.answers({"id": 1}, headers={"Set-Cookie": "session=1"})
    await client.connection(TOKEN, 1)
    await client.connection(TOKEN, 1)
    assert all("Cookie" not in asked.headers for asked in host.asked)
