"""Copies of the file: whole while it is in use, and brought back without harm."""

import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.secret import Secret
from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore, copies
from powens_flow.testing import Script, World, counted_ids, world
from powens_flow.vault import PermanentUser, StoreVault
from tests.store import values as v

KEYRING = Keyring.generate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_there(path: Path) -> bool:
    return path.exists()


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_a_copy_holds_all_that_was_stored_while_the_store_is_in_use(
    path: Path, copy: Path
) -> None:
    old = os.umask(0)
    try:
        async with SQLiteStore(path) as store:
            taken = await v.created(store, v.a_full_attempt())
            await StoreVault(store, KEYRING).put("ada", PermanentUser(5, Secret("hush")))
            await store.copy_to(copy)
            saved = await v.saved(store, taken)
    finally:
        os.umask(old)
    assert mode_of(copy) == 0o600
    async with SQLiteStore(copy) as again:
        assert await again.load("one") == taken.attempt
        assert await StoreVault(again, KEYRING).get("ada") == PermanentUser(5, Secret("hush"))
    async with SQLiteStore(path) as store:
        assert await store.load("one") == saved.attempt


async def test_a_store_that_is_not_open_can_be_copied(path: Path, copy: Path) -> None:
    async with SQLiteStore(path) as store:
        await v.created(store)
    await SQLiteStore(path).copy_to(copy)
    async with SQLiteStore(copy) as again:
        assert await again.load("one") is not None


async def test_no_file_is_written_over(path: Path, copy: Path) -> None:
    async with SQLiteStore(path) as store:
        await store.copy_to(copy)
        before = content(copy)
        with pytest.raises(StoreError, match="already"):
            await store.copy_to(copy)
        with pytest.raises(StoreError, match="no such folder"):
            await store.copy_to(copy.with_name("none") / "copy.db")
    assert content(copy) == before


async def test_of_a_copy_that_fails_nothing_is_left(path: Path, copy: Path) -> None:
    async with SQLiteStore(path) as store:
        for n in range(20):
            await v.created(store, v.an_attempt(f"n{n}"))
        with no_file_larger_than(16_384), pytest.raises(StoreError):
            await store.copy_to(copy)
    assert [one.name for one in path.parent.iterdir() if one.name.startswith("copy")] == []


async def test_a_copy_has_its_name_when_it_is_whole(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    async with SQLiteStore(path) as store:
        await v.created(store)
    with monkeypatch.context() as dying:
        dying.setattr(Path, "rename", killed)
        dying.setattr(Path, "unlink", killed)
        db = sqlite3.connect(path)
        with pytest.raises(SystemExit):
            copies.copy(db, copy)
        db.close()
    assert not is_there(copy)
    await SQLiteStore(path).copy_to(copy)
    async with SQLiteStore(copy) as again:
        assert await again.load("one") is not None


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_what_had_not_ended_is_forgotten(path: Path) -> None:
    async with SQLiteStore(path) as store:
        ended = await v.at_rest(store, v.an_attempt("ended"), rows=(v.a_row(1, "ended"),))
        await v.at_rest(store, v.an_attempt("waits", due_at=v.at(9)))
        await v.created(store, v.an_attempt("driven"))
        await store.claim(v.a_claim("user:ada", "driven"), v.at(0))
        assert await store.forget_live() == 2
        assert await store.live("ada") == ()
        assert await store.load("ended") == ended
        assert await store.claimed("user:ada", v.at(1)) is None
        assert await store.forget_live() == 0


@pytest.mark.parametrize(("forgets", "connections"), [(True, 2), (False, 1)])
async def test_what_was_completed_since_the_copy_stays_at_powens(
    path: Path, copy: Path, forgets: bool, connections: int
) -> None:
    """The copy knows an attempt that waits for its accounts: brought back, it would expire."""
    async with SQLiteStore(path) as store, world(store=store, vault=_vault(store)) as w:
        await w.driver(Script(connector="40")).run()
        driver = w.driver(Script(connector="59"))
        view = await driver.until("choose_accounts")
        await store.copy_to(copy)
        assert (await driver.run(view)).state == "completed"
        assert len(w.simulator.connections) == 2
        async with SQLiteStore(copy) as brought_back:
            if forgets:
                assert await brought_back.forget_live() == 1
            await _runs_for_hours(w, brought_back)
        assert len(w.simulator.connections) == connections


async def test_the_page_says_how(path: Path, copy: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "operations.md"
    (_, code) = content(page).decode().split("<!-- copies: run by")
    defined: dict[str, Any] = {}
    exec(code.split("```")[1].removeprefix("python"), defined)  # noqa: S102 - our own page
    async with SQLiteStore(path) as store:
        await v.created(store)
        await defined["back_up"](str(path), str(copy))
    await defined["brought_back"](str(copy))
    async with SQLiteStore(copy) as again:
        assert await again.load("one") is None


def _vault(store: SQLiteStore) -> StoreVault:
    return StoreVault(store, KEYRING)


async def _runs_for_hours(w: World, store: SQLiteStore) -> None:
    async with Engine(
        w.api, store, _vault(store), w.keyring, clock=w.clock, new_id=counted_ids("new"), grace=0.0
    ) as engine:
        for _ in range(12):
            w.clock.advance(600)
            await engine.tick()
            await engine.settled(within=1.0)
