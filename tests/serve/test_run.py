"""Serving a configured domain, starting again, and stopping."""

from pathlib import Path

import aiohttp
import pytest

from powens_flow.config import ConfigError, Configuration
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.store.port import StoreError
from tests.serve.conftest import Serve, serving

ADDRESS = "http://127.0.0.1/callback"


def configured(server: Server, folder: Path) -> Configuration:
    settings = server.simulator.settings
    return Configuration(
        domain=server.url,
        client_id=settings.client_id,
        client_secret=Secret(settings.client_secret),
        store=folder / "new" / "attempts.sqlite",
        port=0,
        policy=Policy(redirect_uri=ADDRESS),
    )


async def test_a_person_goes_on_where_they_were_after_a_restart(tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        running(Simulator(Settings())) as server,
        aiohttp.ClientSession(cookie_jar=jar) as me,
    ):
        configuration = configured(server, tmp_path)
        async with serving(configuration) as served:
            assert served.simulator is None
            async with me.get(f"{served.address}/") as response:
                assert "Simulated" not in await response.text()
            attempts = f"{served.address}/connect/attempts"
            async with me.post(attempts, json={"machine": "add_connection"}) as response:
                view = await response.json()
        keys = tmp_path / "new" / "attempts.sqlite.keys"
        assert keys.stat().st_mode & 0o777 == 0o600
        async with serving(configuration) as served:
            where = f"{served.address}/connect/attempts/{view['attempt_id']}"
            async with me.get(where) as response:
                assert (await response.json())["prompt"] == view["prompt"]


async def test_a_simulator_that_has_ended_leaves_nobody(tmp_path: Path) -> None:
    configuration = Configuration(port=0, store=tmp_path / "attempts.sqlite")
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as me:
        async with serving(configuration) as served:
            await me.get(f"{served.address}/")
            async with me.post(f"{served.address}/connect/attempts", json={}) as response:
                view = await response.json()
        async with serving(configuration) as served:
            where = f"{served.address}/connect/attempts/{view['attempt_id']}"
            async with me.get(where) as response:
                assert response.status == 404


async def test_what_was_temporary_is_gone_when_it_has_stopped() -> None:
    async with serving(Configuration(port=0)) as served:
        assert served.store.exists()
    assert not served.store.parent.exists()


async def test_stopping_ends_the_streams(served: Serve) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as me:
        async with serving(Configuration(port=0)) as here:
            await me.get(f"{here.address}/")
            async with me.post(f"{here.address}/connect/attempts", json={}) as response:
                view = await response.json()
            url = f"{here.address}/connect/attempts/{view['attempt_id']}/stream"
            stream = await me.get(url)
            assert (await stream.content.readline()).startswith(b"retry:")
        assert b"data: " in await stream.read()


async def test_a_damaged_store_or_file_of_keys_is_told(tmp_path: Path) -> None:
    store = tmp_path / "attempts.sqlite"
    store.with_name("attempts.sqlite.keys").write_text("S3cr3t")
    with pytest.raises(ConfigError) as raised:
        async with serving(Configuration(port=0, store=store)):
            pass
    assert "S3cr3t" not in str(raised.value)
    store.with_name("attempts.sqlite.keys").unlink()
    store.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        async with serving(Configuration(port=0, store=store)):
            pass


async def test_webhooks_of_the_simulator_are_taken(served: Serve) -> None:
    here = await served()
    async with aiohttp.ClientSession() as session:
        url = f"{here.address}/connect/webhooks/CONNECTION_SYNCED"
        async with session.post(url, json={"user": {"id": 1}}) as response:
            assert response.status == 401  # not signed
