"""Requests that are no HTTP, forms that are none or never end: what is answered and logged."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powens_flow.cli.logs import configure_logs
from powens_flow.keyring import Keyring
from powens_flow.policy import Policy
from powens_flow.serve.sessions import Sessions
from powens_flow.serve.shell import Shell
from powens_flow.serve.site import PATIENCE, Site
from powens_flow.testing import ManualClock
from tests.cli.conftest import logs_as_before
from tests.serve.conftest import Serve
from tests.serve.raw import answered

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


class Awaited(ManualClock):
    """Says when somebody waits on it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_on = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.is_waited_on.set()
        await super().sleep(seconds)


async def test_a_form_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    clock, app = Awaited(), web.Application()
    site = Site(Sessions(Keyring.generate()), Shell(), Policy(), clock=clock)
    app.router.add_post("/person", site.begin_anew)
    head = f"POST /person HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 9\r\n\r\n"
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head.encode() + b"sources")
        await clock.is_waited_on.wait()
        clock.advance(PATIENCE)
        assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
        writer.close()
        await writer.wait_closed()
