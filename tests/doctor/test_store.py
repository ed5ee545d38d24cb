"""The store's file, where it will be made, and its disk."""

import sqlite3
from pathlib import Path

import pytest
from attrs import evolve

from powens_flow.config import Configuration
from powens_flow.config.keys import keyring
from powens_flow.doctor import Status
from powens_flow.secret import Secret
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import PermanentUser, StoreVault
from tests.doctor.findings import OK, WARNING, WRONG, found, with_store


async def test_a_store_that_is_in_use(configured: Configuration) -> None:
    configured, path = with_store(configured)
    ring = keyring(configured, path)
    async with SQLiteStore(path) as store:
        await StoreVault(store, ring).put("ann", PermanentUser(7, Secret("token")))
        findings = await found(configured)
    assert findings["store"].status is OK
    assert "has schema" in findings["store"].says
    assert findings["keys"].status is OK


async def test_another_applications_database(configured: Configuration) -> None:
    configured, path = with_store(configured)
    with sqlite3.connect(path) as db:
        db.execute("create table cats (name text)")
    db.close()
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "another application's" in finding.says


async def test_a_store_of_a_newer_version(configured: Configuration) -> None:
    configured, path = with_store(configured)
    async with SQLiteStore(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    db.close()
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "schema 99" in finding.says


async def test_a_file_that_is_no_database(configured: Configuration) -> None:
    configured, path = with_store(configured)
    path.write_bytes(b"not a database, however long it may be" * 100)
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "cannot be opened" in finding.says


async def test_a_store_that_cannot_be_made(configured: Configuration, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    there = evolve(configured, store=tmp_path / "file" / "attempts.sqlite")
    finding = (await found(there))["store"]
    assert finding.status is WRONG
    assert "cannot be made" in finding.says


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a Linux of its own")
@pytest.mark.parametrize("name", ["attempts.sqlite", "folder/attempts.sqlite"])
async def test_a_folder_in_which_nobody_can_make_a_file(
    configured: Configuration, name: str
) -> None:
    finding = (await found(evolve(configured, store=Path("/proc") / name)))["store"]
    assert finding.status is WRONG
    assert "cannot be made in /proc" in finding.says


async def test_a_name_that_is_too_long(configured: Configuration, tmp_path: Path) -> None:
    finding = (await found(evolve(configured, store=tmp_path / ("long" * 99))))["store"]
    assert finding.status is WRONG
    assert "name too long" in finding.says


@pytest.mark.parametrize("place", ["/dev/null", ""])
async def test_what_is_no_file(configured: Configuration, tmp_path: Path, place: str) -> None:
    finding = (await found(evolve(configured, store=Path(place or tmp_path))))["store"]
    assert finding.status is WRONG
    assert finding.says.endswith("is no file")


@pytest.mark.parametrize(("free", "status"), [(10**6, WRONG), (10**8, WARNING), (10**12, OK)])
async def test_a_full_disk(
    configured: Configuration, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    class Usage:
        pass

    Usage.free = free  # type: ignore[attr-defined] # all that is looked at
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert (await found(configured))["disk"].status is status
