"""Bodies that come slowly, or never to their end: nobody is waited for without end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import frozen
from structlog.testing import capture_logs

from powens_flow.testing import world
from powens_flow.web import Limits, connect_app
from tests.waited_on import WaitedOn
from tests.web.documented import Document
from tests.web.site import Site, authenticate, machines, site
from tests.web.test_webhooks import receiver

ARRIVAL = 7.0
"""Seconds that the sites here give a body."""

BODY = b'{"machine": "add_connection"}'
PATHS = ("/attempts", "/attempts/nobody/events", "/webhooks/CONNECTION_SYNCED")


@frozen(eq=False)
class Sender:
    """Somebody who writes a request by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def begins(self, path: str, length: int | None, body: bytes) -> None:
        """The head of a POST, and the first of its body; without a length it comes in chunks."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        head = (f"POST /connect{path} HTTP/1.1", "Host: x", "X-User: maya", framing)
        self.writer.write("\r\n".join((*head, "Content-Type: application/json", "", "")).encode())
        self.writer.write(body)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in small letters, and body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        headers = {name.casefold(): value for name, value in headers.items()}
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body


@asynccontextmanager
async def sender(port: int | None) -> AsyncIterator[Sender]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Sender(reader, writer)
    writer.close()
    await writer.wait_closed()


@pytest.fixture
def clock() -> WaitedOn:
    return WaitedOn()


@pytest.fixture
async def here(clock: WaitedOn) -> AsyncIterator[Site]:
    options = {"webhooks": receiver, "limits": Limits(arrival=ARRIVAL)}
    async with site(clock=clock, options=options) as made:
        yield made


def port_of(here: Site) -> int | None:
    assert isinstance(here.client.server, TestServer)
    return here.client.server.port


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_takes_too_long_is_told_so_and_its_connection_ends(
    here: Site, clock: WaitedOn, path: str
) -> None:
    async with sender(port_of(here)) as slow:
        slow.begins(path, len(BODY), BODY[:1])
        await clock.of(ARRIVAL)
        clock.advance(ARRIVAL - 1)
        slow.writer.write(BODY[1:2])  # a byte now and then is no way to be waited for
        clock.advance(1)
        status, headers, told = await slow.answer()
        assert (status, json.loads(told)["code"]) == (408, "too_slow")
        assert headers["content-type"].startswith("application/problem+json")
        assert headers["connection"] == "close"
        await validated(here.document, path, told)
        slow.writer.write(BODY[2:])
        assert await slow.reader.read() == b""
    assert await here.world.store.live("maya") == ()


async def validated(document: Document, path: str, told: bytes) -> None:
    """Hold a problem that came by hand against the document."""
    where = path.replace("nobody", "{id}").replace("CONNECTION_SYNCED", "{event}")
    answer = document.told["paths"][where]["post"]["responses"]["408"]
    schema: dict[str, Any] = answer["content"]["application/problem+json"]["schema"]
    document.validate(json.loads(told), schema)


async def test_a_body_whose_chunks_are_none_is_not_waited_for(here: Site, clock: WaitedOn) -> None:
    async with sender(port_of(here)) as broken:
        broken.begins("/attempts", None, b"2\r\n{}\r\n")
        await clock.of(ARRIVAL)
        broken.writer.write(b"zz\r\n")
        clock.advance(ARRIVAL)
        assert (await broken.answer())[0] == 408


async def test_a_body_that_comes_in_time_is_taken_however_it_is_cut(
    here: Site, clock: WaitedOn
) -> None:
    async with sender(port_of(here)) as slow:
        slow.begins("/attempts", len(BODY), BODY[:9])
        await clock.of(ARRIVAL)
        clock.advance(ARRIVAL - 0.1)
        slow.writer.write(BODY[9:])
        status, headers, told = await slow.answer()
        assert status == 201
        assert "connection" not in headers
        assert json.loads(told)["prompt"]["kind"] == "choose_connector"


@pytest.mark.parametrize("path", PATHS)
async def test_who_leaves_within_a_body_is_no_failure_of_ours(clock: WaitedOn, path: str) -> None:
    async with world(machines=machines(), clock=clock) as w:
        app = web.Application()
        limits = Limits(arrival=ARRIVAL)
        connect = connect_app(w.engine, authenticate=authenticate, webhooks=receiver, limits=limits)
        app.add_subapp("/connect", connect)
        runner = web.AppRunner(app)  # a test server would cancel the request, as no other does
        await runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        with capture_logs() as logs:
            async with sender(listening.getsockname()[1]) as leaving:
                leaving.begins(path, len(BODY), BODY[:1])
                await clock.of(ARRIVAL)
            await runner.cleanup()
    (told,) = logs
    assert (told["event"], told["status"], told["log_level"]) == ("web.request", 400, "info")
