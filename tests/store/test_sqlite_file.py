"""The SQLite store's file: who may read it, which versions it takes, what is left in it."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from powens_flow.keyring import Keyring
from powens_flow.secret import Secret
from powens_flow.store.port import StoreError, StoreVersionError
from powens_flow.store.sqlite import SQLiteStore, schema, statements
from powens_flow.store.sqlite.schema import Migration
from powens_flow.vault import PermanentUser, StoreVault
from tests.store import values as v


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts.db"


def held_in(path: Path) -> bytes:
    return path.read_bytes()


def held_beside(path: Path) -> bytes:
    """What the database, its log and its index hold."""
    return b"".join(one.read_bytes() for one in path.parent.iterdir())


def fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


class TestFile:
    async def test_a_new_file_is_for_its_owner_alone(self, path: Path) -> None:
        old = os.umask(0)
        try:
            async with SQLiteStore(path) as store:
                await v.created(store)
                files = list(path.parent.iterdir())
        finally:
            os.umask(old)
        assert len(files) == 3  # the log and its index too
        assert {stat.S_IMODE(one.stat().st_mode) for one in files if one.exists()} == {0o600}

    async def test_what_was_stored_is_there_again(self, path: Path) -> None:
        async with SQLiteStore(path) as store:
            attempt = await v.at_rest(store, v.a_full_attempt(), rows=(v.a_row(),), untold=True)
            await store.claim(v.a_claim(), v.at(0))
        async with SQLiteStore(path) as store:
            assert await store.load("one") == attempt
            assert await store.history("one") == (v.a_row(),)
            assert len(await store.untold(5)) == 1
            assert await store.claimed("user:ada", v.at(1)) == v.a_claim()
            assert await store.next_due() == attempt.due_at

    async def test_a_folder_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError):
            await SQLiteStore(tmp_path / "none" / "attempts.db").open()

    async def test_no_token_stands_in_the_file_or_its_log(self, path: Path) -> None:
        keyring = Keyring.generate()
        async with SQLiteStore(path) as store:
            vault = StoreVault(store, keyring)
            for round_ in range(3):
                token = Secret(f"hush-hush-token-{round_}")
                await vault.put("ada", PermanentUser(5, token))
                assert await vault.get("ada") == PermanentUser(5, token)
            held = held_beside(path)
        assert b"ada" in held
        assert b"hush-hush" not in held
        assert b"hush-hush" not in held_in(path)

    async def test_what_was_erased_is_nowhere_in_the_file_or_its_log(self, path: Path) -> None:
        async with SQLiteStore(path) as store:
            for n in range(20):
                await v.at_rest(store, v.an_attempt(f"n{n}", problem=None, ending="hush" * 900))
            await v.at_rest(store, v.an_attempt("other", owner="bea"))
            await store.erase("ada")
            held = held_beside(path)
        assert b"bea" in held
        assert b"hush" not in held

    async def test_it_is_not_left_in_the_log_for_somebody_who_reads_just_then(
        self, path: Path
    ) -> None:
        async with SQLiteStore(path) as store:
            for n in range(20):
                await v.at_rest(store, v.an_attempt(f"n{n}", ending="hush" * 900))
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("begin")
            other.execute("select id from attempt").fetchone()
            asyncio.get_running_loop().call_later(0.1, other.close)
            await store.erase("ada")
            held = held_beside(path)
        assert b"hush" not in held

    async def test_who_reads_for_ever_holds_up_no_erasure(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("powens_flow.store.sqlite.store.PAUSES", (0.0, 0.0))
        async with SQLiteStore(path) as store:
            await v.at_rest(store)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("begin")
            other.execute("select id from attempt").fetchone()
            assert await store.erase("ada") == 1
            other.close()


class TestVersions:
    def test_the_migrations_are_numbered_one_by_one(self) -> None:
        numbers = [one.number for one in schema.migrations()]
        assert numbers == list(range(1, len(numbers) + 1))

    async def test_a_newer_store_is_refused_and_left_as_it_is(self, path: Path) -> None:
        async with SQLiteStore(path) as store:
            await v.created(store)
        self.run(path, "pragma user_version = 99")
        before = held_in(path)
        with pytest.raises(StoreVersionError, match="99"):
            await SQLiteStore(path).open()
        assert held_in(path) == before
        assert list(path.parent.iterdir()) == [path]

    async def test_another_applications_database_is_refused(self, path: Path) -> None:
        self.run(path, "create table song (title text)")
        before = held_in(path)
        with pytest.raises(StoreVersionError, match="another application"):
            await SQLiteStore(path).open()
        assert held_in(path) == before

    async def test_a_file_that_is_no_database_is_refused(self, path: Path) -> None:
        fill(path, b"no database, but something that somebody wrote" * 99)
        before = held_in(path)
        with pytest.raises(StoreError, match="SQLITE_NOTADB"):
            await SQLiteStore(path).open()
        assert held_in(path) == before

    def test_missing_steps_are_done_in_order_and_once(self, path: Path) -> None:
        first = Migration(1, "create table a (x);\n-- ; a comment\ncreate table b (\n x\n);\n")
        second = Migration(2, "alter table a add column y;\ninsert into a values (1, 2);\n")
        schema.opened(path, (first,), 1).close()
        for _ in range(2):
            schema.opened(path, (first, second), 1).close()
        db = sqlite3.connect(path)
        assert db.execute("select * from a").fetchall() == [(1, 2)]
        assert db.execute("pragma user_version").fetchone() == (2,)
        db.close()

    def test_steps_are_done_all_or_none(self, path: Path) -> None:
        first = Migration(1, "create table a (x);")
        second = Migration(2, "create table b (x);")
        broken = Migration(3, "create table c (x);\ninsert into nowhere values (1);")
        schema.opened(path, (first,), 1).close()
        with pytest.raises(sqlite3.OperationalError):
            schema.opened(path, (first, second, broken), 1)
        db = sqlite3.connect(path)
        assert db.execute("select name from sqlite_schema").fetchall() == [("a",)]
        assert db.execute("pragma user_version").fetchone() == (1,)
        db.close()

    @staticmethod
    def run(path: Path, sql: str) -> None:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute(sql)
        db.close()


STATEMENTS = {name: sql for name, sql in vars(statements).items() if name.isupper()}


class TestStatements:
    @pytest.mark.parametrize("name", STATEMENTS)
    def test_no_statement_reads_a_whole_table_or_sorts(self, path: Path, name: str) -> None:
        db = schema.opened(path, schema.migrations(), 1)
        sql = STATEMENTS[name]
        plan = db.execute(f"explain query plan {sql}", [None] * sql.count("?")).fetchall()
        db.close()
        steps = [detail for *_, detail in plan]
        assert not [one for one in steps if one.startswith("SCAN") and "INDEX" not in one]
        assert not [one for one in steps if "TEMP B-TREE FOR ORDER BY" in one]


SAVES_FOR_EVER = """
import asyncio, sys
from attrs import evolve
from powens_flow.store.port import Save
from powens_flow.store.sqlite import SQLiteStore
from tests.store import values as v

async def main():
    async with SQLiteStore(sys.argv[1]) as store:
        taken = await v.created(store)
        attempt = taken.attempt
        while True:
            row = v.a_row(attempt.version)
            save = Save(attempt, taken.lease, rows=(row,), untold=True, durable=True)
            attempt = (await store.save(save)).attempt
            print(attempt.version, flush=True)

asyncio.run(main())
"""

ASKS_AFTER_A_FORK = """
import asyncio, os, sys, warnings
from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore
warnings.simplefilter("ignore")

async def main():
    async with SQLiteStore(sys.argv[1]) as store:
        child = os.fork()
        if child == 0:
            try:
                await store.load("one")
            except StoreError as error:
                print(error, flush=True)
            os._exit(0)
        os.waitpid(child, 0)

asyncio.run(main())
"""


def killed_while_saving(path: Path) -> list[int]:
    """The versions that a process told of, which died by force while it went on saving."""
    command = [sys.executable, "-c", SAVES_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(25)]
        process.send_signal(signal.SIGKILL)
        return told + [int(line) for line in process.stdout]


class TestProcesses:
    async def test_what_was_acknowledged_outlives_a_kill(self, path: Path) -> None:
        told = killed_while_saving(path)
        async with SQLiteStore(path) as store:
            attempt = await store.load("one")
            assert attempt is not None
            assert attempt.version in (told[-1], told[-1] + 1)  # it may have died before it told
            rows = [row.seq for row in await store.history("one")]
            assert rows == list(range(1, attempt.version))
            assert len(await store.untold(10_000)) == len(rows)
            assert (await v.took(store, now=30)).lapsed

    def test_a_forked_process_is_told_that_it_has_no_store(self, path: Path) -> None:
        command = [sys.executable, "-c", ASKS_AFTER_A_FORK, str(path)]
        done = subprocess.run(  # noqa: S603 - ours
            command, capture_output=True, text=True, timeout=30, check=True
        )
        assert "forked" in done.stdout
