"""A client of the API, and servers that answer it what a test says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from attrs import define, field

from powens_flow.api.client import PowensClient
from powens_flow.secret import Secret

TOKEN = Secret("user-token-3e9a/+=")
CLIENT_SECRET = "client-secret-77fe"


@define
class Asked:
    """A request as it came in: the target is the path with its query, as it was on the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


@define
class Host:
    """An HTTP server that gives the answers it was told, the last of them again and again."""

    url: str = ""
    asked: list[Asked] = field(factory=list, repr=False)
    _answers: list[web.Response] = field(factory=list)

    def answers(
        self,
        body: Any = None,
        *,
        status: int = 200,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Adds an answer: JSON of `body`, or the `raw` bytes."""
        content = json.dumps(body).encode() if raw is None else raw
        self._answers.append(web.Response(status=status, body=content, headers=headers))

    async def handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        body = json.loads(text) if text else None
        target = request.raw_path
        self.asked.append(Asked(request.method, target, dict(request.headers), body))
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return web.Response(status=told.status, body=told.body, headers=told.headers)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    served = Host()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/2.0/"
    yield served
    await runner.cleanup()


@pytest.fixture
async def client(host: Host) -> AsyncIterator[PowensClient]:
    async with PowensClient(host.url, "4242", CLIENT_SECRET) as opened:
        yield opened


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[str]:
    """A server that writes these bytes and closes, whatever it is asked; of None: never answers."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await done.wait()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/2.0/"
    finally:
        done.set()
        server.close()
        await server.wait_closed()
