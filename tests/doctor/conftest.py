"""A domain, a backend that takes the redirect, and a configuration in which all is well."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powens_flow.config import Configuration
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.simulator import Server, Settings, Simulator, running


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Simulator(Settings())) as made:
        yield made


@pytest.fixture
async def callback() -> AsyncIterator[str]:
    """A backend that takes the bank's redirect."""

    async def back(_: web.Request) -> web.Response:
        return web.Response(status=303, headers={"Location": "/"})

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=502)

    app = web.Application()
    app.add_routes(
        [web.get("/callback", back), web.get("/broken", broken), web.post("/posted", back)]
    )
    async with TestServer(app) as made:
        yield str(made.make_url("/callback"))


@pytest.fixture
def configured(server: Server, callback: str, tmp_path: Path) -> Configuration:
    settings = server.simulator.settings
    return Configuration(
        domain=server.url,
        client_id=settings.client_id,
        client_secret=Secret(settings.client_secret),
        store=tmp_path / "attempts.sqlite",
        policy=Policy(redirect_uri=callback),
    )
