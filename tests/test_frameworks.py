"""`docs/frameworks.md`: its code runs."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from httpx import URL, ASGITransport, AsyncClient

from powens_flow.keyring import Keyring
from powens_flow.simulator import Settings, Simulator, at_the_bank, running

TEXT = (Path(__file__).parents[1] / "docs" / "frameworks.md").read_text("utf-8")
BASE = "http://backend.example"


def block(name: str) -> dict[str, Any]:
    """What the code block under the comment of that name defines."""
    found = re.search(rf"<!-- {name}: .*? -->\n```python\n(.*?)```", TEXT, re.S)
    assert found is not None, f"the page has no block {name!r}"
    defined: dict[str, Any] = {"__name__": name}
    exec(compile(found[1], f"docs/frameworks.md: {name}", "exec"), defined)  # noqa: S102 - our own page
    return defined


@asynccontextmanager
async def fastapi() -> AsyncIterator[AsyncClient]:
    app = block("fastapi")["app"]
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url=BASE) as client,
    ):
        yield client


@asynccontextmanager
async def by_hand() -> AsyncIterator[AsyncClient]:
    async with (
        TestServer(block("aiohttp")["application"]()) as server,
        AsyncClient(base_url=str(server.make_url("/"))) as client,
    ):
        yield client


@pytest.fixture(params=[fastapi, by_hand])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncClient]:
    """A client of the example, whose Powens is the simulator."""
    settings = Settings()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POWENS_CLIENT_ID", settings.client_id)
    monkeypatch.setenv("POWENS_CLIENT_SECRET", settings.client_secret)
    monkeypatch.setenv("POWENS_FLOW_KEYS", Keyring.generate().to_jwk_set().reveal())
    async with running(Simulator(settings)) as server:
        monkeypatch.setenv("POWENS_DOMAIN", server.url)
        async with request.param() as asking:
            asking.headers["X-User"] = "maya"
            yield asking
        assert not server.simulator.violations


async def posted(client: AsyncClient, path: str, body: Any = None) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.is_success, response.text
    view: dict[str, Any] = response.json()
    return view


async def test_a_connection_is_added(client: AsyncClient) -> None:
    view = await posted(client, "/attempts")
    path = f"/attempts/{view['attempt_id']}"
    chosen = (await client.get(f"{path}/connectors", params={"q": "puente"})).json()[0]["uuid"]
    event = {"type": "choose_connector", "connector": chosen}
    view = await posted(client, f"{path}/events", event)
    async with aiohttp.ClientSession() as browser:
        back = await at_the_bank(browser, view["prompt"]["url"], login="camille")
    for _ in range(2):  # a browser may be reloaded
        returned = await client.get(f"/callback?{back.partition('?')[2]}")
        assert (returned.status_code, returned.headers["Location"]) == (303, "/bank")
    view = (await client.get(path)).json()
    ids = [account["id"] for account in view["prompt"]["accounts"]]
    view = await posted(client, f"{path}/events", {"type": "choose_accounts", "accounts": ids})
    assert view["state"] == "completed"
    assert view["result"]["accounts"] == ids


async def test_errors_are_told(client: AsyncClient) -> None:
    view = await posted(client, "/attempts")
    path = f"/attempts/{view['attempt_id']}/events"
    for wrong, event, status in (
        ("/attempts/nobody/events", {"type": "cancel"}, 404),
        (path, {"type": "fly"}, 409),
        (path, {"type": "approved"}, 409),
    ):
        response = await client.post(wrong, json=event)
        assert response.status_code == status
        assert response.json()["error"]


async def test_powens_out_of_reach_is_told(client: AsyncClient) -> None:
    path = f"/attempts/{(await posted(client, '/attempts'))['attempt_id']}"
    fault = {"kind": "status", "status": 503, "path": "/connectors", "times": None}
    async with AsyncClient(base_url=URL(os.environ["POWENS_DOMAIN"]).join("/_sim/")) as simulator:
        (await simulator.post("faults", json=fault)).raise_for_status()
    response = await client.get(f"{path}/connectors")
    assert response.status_code == 503
    assert "status=503" in response.json()["error"]


async def test_a_browser_that_comes_back_without_our_cookie_is_told(client: AsyncClient) -> None:
    response = await client.get("/callback", params={"state": "x"})
    assert response.status_code == 404
    assert response.json()["error"]


@pytest.mark.parametrize("user", ["", None])
async def test_nobody_is_sent_to_sign_in(client: AsyncClient, user: str | None) -> None:
    del client.headers["X-User"]
    response = await client.post("/attempts", headers={} if user is None else {"X-User": user})
    assert response.status_code == 401


async def test_by_hand_values_are_sealed_by_the_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POWENS_CLIENT_ID", settings.client_id)
    monkeypatch.setenv("POWENS_CLIENT_SECRET", settings.client_secret)
    monkeypatch.setenv("POWENS_FLOW_KEYS", Keyring.generate().to_jwk_set().reveal())
    async with running(Simulator(settings)) as server:
        monkeypatch.setenv("POWENS_DOMAIN", server.url)
        async with by_hand() as asking:
            asking.headers["X-User"] = "maya"
            view = await posted(asking, "/attempts")
            path = f"/attempts/{view['attempt_id']}"
            event = {"type": "choose_connector", "connector": "40"}
            await posted(asking, f"{path}/events", event)
            early = await asking.post(f"{path}/values", json={"login": "camille"})
            assert (early.status_code, "prompt" in early.json()) == (409, True)
            values = {"login": "camille", "password": "98765"}
            view = await posted(asking, f"{path}/values", values)
            assert view["prompt"]["kind"] == "choose_accounts"
