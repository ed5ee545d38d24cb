"""Opening a store only to look at it, or to write to it as it is: nothing is made or migrated."""

import os
import sqlite3
from pathlib import Path

import pytest

from powens_flow.snapshot import dump
from powens_flow.store.address import store_at
from powens_flow.store.fleet import ConnectorName, Wanted
from powens_flow.store.port import StoreError, StoreVersionError
from powens_flow.store.sqlite import SQLiteStore, schema
from powens_flow.store.sqlite.store import READ, WRITE, Access
from tests.store import values as v

EVENT = {"type": "staff.wake"}


def content(path: Path) -> bytes:
    return path.read_bytes()


def is_there(path: Path) -> bool:
    return path.exists()


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A store with one attempt, closed."""
    path = tmp_path / "attempts.db"
    async with SQLiteStore(path) as store:
        await v.at_rest(store, v.an_attempt(due_at=v.at(9)))
    return path


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A store as the first schema had it."""
    path = tmp_path / "old.db"
    db = schema.opened(path, schema.migrations()[:1], 1.0)
    for attempt in (v.a_full_attempt(), v.an_attempt("two")):
        db.execute(
            "insert into attempt (id, owner, machine, state, version, created_at, entered_at,"
            " fence, snapshot, wake_at) values (?, 'ada', 'm', 's', 1, 0, 0, 1, ?, 5)",
            (attempt.id, dump(attempt)),
        )
    db.close()
    return path


async def test_a_reader_reads_while_a_backend_writes(file: Path) -> None:
    async with SQLiteStore(file) as backend, SQLiteStore(file, access=READ) as reader:
        await v.at_rest(backend, v.an_attempt("two"))
        found = await reader.attempts(Wanted())
        assert [one.id for one in found.attempts] == ["two", "one"]


async def test_a_reader_cannot_write(file: Path) -> None:
    before = content(file)
    async with SQLiteStore(file, access=READ) as reader:
        with pytest.raises(StoreError):
            await reader.post("one", EVENT, version=2, now=v.NOON)
        with pytest.raises(StoreError):
            await v.created(reader, v.an_attempt("two"))
    assert content(file) == before


async def test_a_writer_posts_to_a_store_as_it_is(file: Path) -> None:
    async with SQLiteStore(file, access=WRITE) as writer:
        assert await writer.post("one", EVENT, version=2, now=v.NOON)
    async with SQLiteStore(file) as backend:
        assert (await v.took(backend)).inbox


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_store_is_read_where_nothing_may_be_written(file: Path) -> None:
    file.parent.chmod(0o555)
    try:
        async with SQLiteStore(file, access=READ) as reader:
            assert (await reader.attempts(Wanted())).attempts
    finally:
        file.parent.chmod(0o755)


@pytest.mark.parametrize("access", [READ, WRITE])
async def test_a_store_of_an_older_schema_is_left_as_it_is(old_file: Path, access: Access) -> None:
    before = content(old_file)
    told = f"has schema 1, this version knows {schema.migrations()[-1].number}"
    with pytest.raises(StoreVersionError, match=told):
        await SQLiteStore(old_file, access=access).open()
    assert content(old_file) == before


async def test_an_older_schema_is_migrated_by_a_backend(old_file: Path) -> None:
    async with SQLiteStore(old_file) as store:
        assert await store.connectors() == (ConnectorName("07d7", 10, "Crédit Né"),)
        (listed,) = (await store.attempts(Wanted(connector="07d7"))).attempts
        assert (listed.id, listed.connector) == ("one", "Crédit Né")


@pytest.mark.parametrize("access", [READ, WRITE])
async def test_a_newer_schema_is_left_as_it_is(file: Path, access: Access) -> None:
    db = sqlite3.connect(file)
    db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(StoreVersionError, match="has schema 99"):
        await SQLiteStore(file, access=access).open()


@pytest.mark.parametrize("access", [READ, WRITE])
@pytest.mark.parametrize("held", [b"", b"not a database, whatever it is called" * 100])
async def test_what_is_no_store_is_left_as_it_is(
    tmp_path: Path, access: Access, held: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(held)
    with pytest.raises(StoreVersionError, match="no store of attempts"):
        await SQLiteStore(path, access=access).open()
    assert content(path) == held


@pytest.mark.parametrize("access", [READ, WRITE])
async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, access: Access) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(StoreError, match="no such file"):
        await SQLiteStore(path, access=access).open()
    assert not is_there(path)


async def test_another_applications_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    db = sqlite3.connect(path)
    db.execute("create table thing (name text)")
    db.close()
    with pytest.raises(StoreVersionError, match="another application"):
        await SQLiteStore(path, access=READ).open()


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
async def test_an_address_is_a_file_or_a_url(file: Path, form: str) -> None:
    async with store_at(form.format(file), access=READ) as store:
        assert (await store.attempts(Wanted())).attempts


async def test_a_url_may_name_a_file_from_here(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    async with store_at("sqlite:///attempts.db", access=READ) as store:
        assert (await store.attempts(Wanted())).attempts


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:hush@db/x",
        "sqlite://",
        "sqlite:///",
        "sqlite://host/x",
        "sqlite:///x?mode=rw",
        "a://[hush",
        "",
        ".",
        "/",
        "sqlite:///a%00b",
    ],
)
def test_another_address_is_told_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match="there are: a file") as caught:
        store_at(address)
    assert "hush" not in str(caught.value)
