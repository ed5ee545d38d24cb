"""Requests that are no HTTP, forms that are none or never end: what is answered and logged."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from powens_flow.cli.logs import configure_logs
from powens_flow.keyring import Keyring
from powens_flow.policy import Policy
from powens_flow.serve.sessions import Sessions
from powens_flow.serve.shell import Shell
from powens_flow.serve.site import PATIENCE, Site
from tests.cli.conftest import logs_as_before
from tests.serve.conftest import Serve
from tests.serve.raw import answered
from tests.waited_on import WaitedOn

__all__ = ["logs_as_before"]

HOST = b"Host: 127.0.0.1\r\n"
MALFORMED = {
    "a blank in the query": b"GET /connect/callback?code=S3cr3t&state=z z HTTP/1.1\r\n" + HOST,
    "a NUL in a cookie": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: powens_flow=S3cr3t\x00\r\n",
    "a header without colon": b"GET / HTTP/1.1\r\n" + HOST + b"bad header S3cr3t\r\n",
    "two types": b"POST /person HTTP/1.1\r\n" + HOST + b"Content-Type: S3cr3t\r\n" * 2,
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_logged_without_its_words(
    served: Serve, sent: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(verbose=False)
    here = await served()
    assert (await answered(here.address, sent + b"\r\n")).startswith(b"HTTP/1.0 400 ")
    told = capsys.readouterr().err
    assert "S3cr3t" not in told
    assert "Traceback" not in told
    assert told.count("\n") == 1
    assert "aiohttp.server" in told


FORM = "application/x-www-form-urlencoded"
FORMS = {
    "no boundary": ("multipart/form-data", b"sources=chain"),
    "no end of a part": ("multipart/form-data; boundary=x", b"--x\r\nsources"),
    "a part that is none": ("multipart/form-data; boundary=x", b"--x\r\n\r\nchain\r\n--x--\r\n"),
    "an unknown charset": (f"{FORM}; charset=zzz", b"sources=chain"),
    "another charset": (f"{FORM}; charset=utf-16", b"sources=chain"),
    "no UTF-8": (FORM, b"sources=\xff"),
}


@pytest.mark.parametrize(("type_", "body"), FORMS.values(), ids=FORMS)
async def test_a_form_that_is_none_is_a_bad_request(served: Serve, type_: str, body: bytes) -> None:
    here = await served()
    async with (
        aiohttp.ClientSession(here.address, headers={"Content-Type": type_}) as browser,
        browser.post("/person", data=body) as response,
    ):
        assert response.status == 400
        assert "Set-Cookie" not in response.headers


@asynccontextmanager
async def begun_form(clock: WaitedOn) -> AsyncIterator[asyncio.StreamReader]:
    """Somebody who sends the first of a form, and leaves when the block ends."""
    app = web.Application()
    site = Site(Sessions(Keyring.generate()), Shell(), Policy(), clock=clock)
    app.router.add_post("/person", site.begin_anew)
    runner = web.AppRunner(app)  # a test server would cancel the request, as no other does
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    head = f"POST /person HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 9\r\n\r\n"
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(head.encode() + b"sources")
    await clock.of(PATIENCE)
    yield reader
    writer.close()
    await writer.wait_closed()
    await runner.cleanup()


async def test_a_form_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    clock = WaitedOn()
    async with begun_form(clock) as reader:
        clock.advance(PATIENCE)
        assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"


async def test_who_leaves_within_a_form_is_no_failure_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with begun_form(WaitedOn()):
        pass
    assert [record for record in caplog.records if record.name == "aiohttp.server"] == []
