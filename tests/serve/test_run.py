"""Serving a configured domain, starting again, and stopping."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from powens_flow.attempt import User
from powens_flow.config import ConfigError, Configuration
from powens_flow.keyring import Keyring
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.serve import CannotListen
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore, schema
from powens_flow.vault import PermanentUser, StoreVault
from tests.serve.conftest import Serve, serving
from tests.store import values as v

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


# --- the store and its keys ----------------------------------------------------------------------


def names_in(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def holding_a_token(store: Path, keys: Keyring) -> None:
    async with SQLiteStore(store) as opened:
        await StoreVault(opened, keys).put("ann", PermanentUser(1, Secret("tok")))


async def test_no_keys_are_made_for_a_store_that_holds_tokens(tmp_path: Path) -> None:
    store = tmp_path / "lost.sqlite"
    await holding_a_token(store, Keyring.generate())
    with pytest.raises(ConfigError, match="not there, and the store holds tokens") as raised:
        async with serving(Configuration(port=0, store=store)):
            pass
    assert str(raised.value).startswith(f"{store}.keys: ")
    assert "keys" not in "".join(names_in(tmp_path))


async def test_no_keys_are_made_while_an_attempt_has_a_token(tmp_path: Path) -> None:
    store = tmp_path / "lost.sqlite"
    sealed = Keyring.generate().seal("tok")
    async with SQLiteStore(store) as opened:
        for name, due_at in (("waits", v.at(900)), ("ended", None)):
            await v.at_rest(opened, v.an_attempt(name, user=User(1, sealed), due_at=due_at))
    with pytest.raises(ConfigError, match="not there, and the store holds tokens"):
        async with serving(Configuration(port=0, store=store)):
            pass
    assert "keys" not in "".join(names_in(tmp_path))


async def test_a_store_that_holds_tokens_is_served_with_configured_keys(tmp_path: Path) -> None:
    store, keys = tmp_path / "attempts.sqlite", Keyring.generate()
    await holding_a_token(store, keys)
    async with serving(Configuration(port=0, store=store, keys=keys.to_jwk_set())) as served:
        assert served.store == store
    assert "keys" not in "".join(names_in(tmp_path))


def a_garbage_file(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def a_foreign_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table thing (name text)")


def a_newer_file(path: Path) -> None:
    schema.opened(path, schema.migrations(), 1.0).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma user_version = 99")


@pytest.mark.parametrize("make", [a_garbage_file, a_foreign_file, a_newer_file])
async def test_no_keys_are_made_for_a_store_that_cannot_be_opened(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "attempts.sqlite")
    with pytest.raises(StoreError):
        async with serving(Configuration(port=0, store=tmp_path / "attempts.sqlite")):
            pass
    assert "keys" not in "".join(names_in(tmp_path))


async def test_no_store_is_made_for_keys_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "attempts.sqlite.keys").write_text("no keys")
    with pytest.raises(ConfigError):
        async with serving(Configuration(port=0, store=tmp_path / "attempts.sqlite")):
            pass
    assert names_in(tmp_path) == ["attempts.sqlite.keys"]


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = tmp_path / "file" / "attempts.sqlite"
    with pytest.raises(ConfigError, match="the store's folder cannot be made") as raised:
        async with serving(Configuration(port=0, store=store)):
            pass
    assert str(raised.value).startswith(f"{tmp_path / 'file'}: ")


@pytest.mark.parametrize("host", ["256.256.256.256", "a" * 70])
async def test_a_host_that_is_none_is_told(host: str) -> None:
    with pytest.raises(CannotListen, match="cannot listen on "):
        async with serving(Configuration(port=0, host=host)):
            pass
