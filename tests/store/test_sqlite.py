"""The SQLite store does what every store must, and what a file and its thread ask for."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from powens_flow.store.port import (
    Busy,
    LeaseLost,
    Save,
    SnapshotUnreadable,
    Store,
    StoreError,
    Taken,
)
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.writer import Writer
from powens_flow.vault import VaultRecords
from tests.store import values as v
from tests.store.contract import StoreContract
from tests.store.contract_vault import VaultRecordContract


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts.db"


@pytest.fixture
async def sqlite_store(path: Path) -> AsyncIterator[SQLiteStore]:
    async with SQLiteStore(path) as store:
        yield store


class TestSQLiteStore(StoreContract, VaultRecordContract):
    @pytest.fixture
    def store(self, sqlite_store: SQLiteStore) -> Store:
        return sqlite_store

    @pytest.fixture
    def records(self, sqlite_store: SQLiteStore) -> VaultRecords:
        return sqlite_store


def commits(path: Path) -> int:
    """How many commits the log holds: the frames that name the size of the whole database."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    frames = range(32, len(log), 24 + page)
    return sum(log[at + 4 : at + 8] != bytes(4) for at in frames)


def writer_of(store: SQLiteStore) -> Writer:
    assert store._writer is not None
    return store._writer


class TestSharing:
    async def test_saves_at_once_share_their_commits(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        made = [v.created(sqlite_store, v.an_attempt(f"n{n}")) for n in range(50)]
        taken = await asyncio.gather(*made)
        before = commits(path)
        saves = [v.saved(sqlite_store, one, durable=n % 2 == 0) for n, one in enumerate(taken)]
        saved = await asyncio.gather(*saves)
        assert {one.attempt.version for one in saved} == {2}
        assert 1 <= commits(path) - before <= 5

    async def test_reads_commit_nothing(self, sqlite_store: SQLiteStore, path: Path) -> None:
        await v.created(sqlite_store)
        before = commits(path)
        await sqlite_store.load("one")
        await sqlite_store.next_due()
        await sqlite_store.untold(5)
        assert commits(path) == before

    async def test_one_that_fails_takes_nobody_with_it(self, sqlite_store: SQLiteStore) -> None:
        made = [v.created(sqlite_store, v.an_attempt(f"n{n}")) for n in range(10)]
        taken = await asyncio.gather(*made)
        doubled = (v.a_row(1), v.a_row(1))
        saves = [
            v.saved(sqlite_store, one, rows=doubled if n == 4 else (v.a_row(1),))
            for n, one in enumerate(taken)
        ]
        answers = await asyncio.gather(*saves, return_exceptions=True)
        assert [n for n, one in enumerate(answers) if isinstance(one, StoreError)] == [4]
        versions = [await sqlite_store.load(f"n{n}") for n in range(10)]
        assert [one.version for one in versions if one] == [2, 2, 2, 2, 1, 2, 2, 2, 2, 2]
        assert [len(await sqlite_store.history(f"n{n}")) for n in (3, 4, 5)] == [1, 0, 1]

    async def test_one_that_was_lost_takes_nobody_with_it(self, sqlite_store: SQLiteStore) -> None:
        made = [v.created(sqlite_store, v.an_attempt(f"n{n}")) for n in range(3)]
        first, second, third = await asyncio.gather(*made)
        stale = evolve(second, attempt=evolve(second.attempt, version=7))
        saves = [v.saved(sqlite_store, one) for one in (first, stale, third)]
        answers = await asyncio.gather(*saves, return_exceptions=True)
        assert [type(one) is LeaseLost for one in answers] == [False, True, False]

    async def test_a_commit_that_fails_is_everybodys_error(self, sqlite_store: SQLiteStore) -> None:
        def refused_at_the_end(db: sqlite3.Connection) -> None:
            db.execute("pragma defer_foreign_keys = on")
            db.execute("insert into inbox (attempt, seq, event) values (999, 1, '{}')")

        async def refused() -> None:
            await writer_of(sqlite_store).write(refused_at_the_end)

        one = await v.created(sqlite_store)
        two = await v.created(sqlite_store, v.an_attempt("two"))
        answers = await asyncio.gather(
            v.saved(sqlite_store, one),
            refused(),
            v.saved(sqlite_store, two),
            return_exceptions=True,
        )
        assert [str(one) for one in answers] == ["SQLite: SQLITE_CONSTRAINT_FOREIGNKEY"] * 3
        assert (await v.saved(sqlite_store, one)).attempt.version == 2
        assert (await v.saved(sqlite_store, two)).attempt.version == 2

    async def test_a_durable_save_is_synced_and_another_is_not(
        self, sqlite_store: SQLiteStore
    ) -> None:
        def synchronous(db: sqlite3.Connection) -> int:
            return int(db.execute("pragma synchronous").fetchone()[0])

        taken = await v.created(sqlite_store)
        saved = await v.saved(sqlite_store, taken)
        assert await writer_of(sqlite_store).read(synchronous) == 1
        await v.saved(sqlite_store, evolve(taken, attempt=saved.attempt), durable=True)
        assert await writer_of(sqlite_store).read(synchronous) == 2


async def due(store: SQLiteStore) -> tuple[Taken, ...]:
    """What is due, taken."""
    return await store.due(holder="ann", now=v.at(1), until=v.at(31), limit=1)


class TestLeaving:
    async def test_a_save_whose_caller_leaves_is_done(self, sqlite_store: SQLiteStore) -> None:
        taken = await v.created(sqlite_store)
        moved = evolve(taken.attempt, state="choosing_accounts")
        save = asyncio.create_task(v.saved(sqlite_store, taken, attempt=moved, rows=(v.a_row(),)))
        await asyncio.sleep(0)
        save.cancel()
        with pytest.raises(asyncio.CancelledError):
            await save
        await v.created(sqlite_store, v.an_attempt("later"))
        assert await sqlite_store.load("one") == evolve(moved, version=2)
        assert len(await sqlite_store.history("one")) == 1

    async def test_who_leaves_while_taking_holds_no_lease(self, sqlite_store: SQLiteStore) -> None:
        await v.at_rest(sqlite_store)
        asked = asyncio.create_task(v.take(sqlite_store, holder="ann"))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await sqlite_store.load("one")
        assert not (await v.took(sqlite_store)).lapsed

    @pytest.mark.parametrize("asks", [v.take, due], ids=["take", "due"])
    async def test_who_leaves_while_the_answer_is_on_its_way_holds_no_lease(
        self, sqlite_store: SQLiteStore, asks: Callable[[SQLiteStore], Coroutine[Any, Any, Any]]
    ) -> None:
        await v.at_rest(sqlite_store, v.an_attempt(due_at=v.at(0)))

        async def leads() -> None:
            """What another asked for comes in the same batch, and a moment before."""
            await sqlite_store.told(())
            asked.cancel()

        leading = asyncio.create_task(leads())
        asked = asyncio.create_task(asks(sqlite_store))
        with pytest.raises(asyncio.CancelledError):
            await asked
        await leading
        await sqlite_store.load("one")
        assert not (await v.took(sqlite_store)).lapsed

    async def test_a_dead_holders_lease_stays_lapsed_if_its_taker_leaves(
        self, sqlite_store: SQLiteStore
    ) -> None:
        await v.created(sqlite_store)
        asked = asyncio.create_task(v.take(sqlite_store, now=40))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await sqlite_store.load("one")
        assert (await v.took(sqlite_store, now=80)).lapsed

    async def test_closing_writes_what_was_asked_for(self, path: Path) -> None:
        async with SQLiteStore(path) as store:
            made = [v.created(store, v.an_attempt(f"n{n}")) for n in range(20)]
            taken = await asyncio.gather(*made)
            saves = [asyncio.create_task(v.saved(store, one)) for one in taken]
            await asyncio.sleep(0)
        assert [(await one).attempt.version for one in saves] == [2] * 20
        async with SQLiteStore(path) as again:
            loaded = [await again.load(f"n{n}") for n in range(20)]
        assert [one.version for one in loaded if one] == [2] * 20

    async def test_a_store_that_is_not_open_says_so(self, path: Path) -> None:
        store = SQLiteStore(path)
        with pytest.raises(StoreError, match="not open"):
            await store.load("one")
        async with store:
            await v.created(store)
            with pytest.raises(StoreError, match="open already"):
                await store.open()
        with pytest.raises(StoreError, match="not open"):
            await store.load("one")
        await store.close()
        async with store:
            assert await store.load("one") is not None


class TestManyOnOneFile:
    async def test_of_two_stores_one_has_the_lease(self, path: Path) -> None:
        async with SQLiteStore(path) as ann, SQLiteStore(path) as bob:
            for n in range(30):
                await v.at_rest(ann, v.an_attempt(f"n{n}"))
            asked = [
                v.take(store, f"n{n}", holder=holder)
                for n in range(30)
                for store, holder in ((ann, "ann"), (bob, "bob"))
            ]
            answers = await asyncio.gather(*asked)
        kinds = [
            {type(one), type(two)} for one, two in zip(answers[::2], answers[1::2], strict=True)
        ]
        assert kinds == [{Taken, Busy}] * 30

    async def test_of_two_stores_one_takes_what_is_due(self, path: Path) -> None:
        async with SQLiteStore(path) as ann, SQLiteStore(path) as bob:
            for n in range(20):
                await v.at_rest(ann, v.an_attempt(f"n{n}", due_at=v.at(n)))
            due = [
                store.due(holder=holder, now=v.at(60), until=v.at(90), limit=4)
                for _ in range(5)
                for store, holder in ((ann, "ann"), (bob, "bob"))
            ]
            answers = await asyncio.gather(*due)
        ids = [taken.attempt.id for some in answers for taken in some]
        assert sorted(ids) == sorted(f"n{n}" for n in range(20))

    async def test_what_one_store_wrote_another_reads(self, path: Path) -> None:
        async with SQLiteStore(path) as ann, SQLiteStore(path) as bob:
            taken = await v.created(ann)
            seq = await v.posted(bob, {"type": "cancel"})
            saved = await v.saved(ann, taken)
            assert [one.seq for one in saved.inbox] == [seq]
            assert await bob.load("one") == saved.attempt

    async def test_a_file_that_another_keeps_busy_is_an_error(self, path: Path) -> None:
        async with SQLiteStore(path, busy_timeout=0.05) as store:
            taken = await v.created(store)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("begin immediate")
            with pytest.raises(StoreError, match="SQLITE_BUSY"):
                await v.saved(store, taken)
            other.execute("rollback")
            other.close()
            assert (await v.saved(store, taken)).attempt.version == 2


class TestUnreadable:
    @pytest.fixture(autouse=True)
    async def damaged(self, sqlite_store: SQLiteStore, path: Path) -> None:
        for attempt_id in ("bad", "good"):
            await v.at_rest(sqlite_store, v.an_attempt(attempt_id, due_at=v.at(5)))
        self.change(path, "update attempt set snapshot = '{\"id\": 1}' where id = 'bad'")

    @staticmethod
    def change(path: Path, sql: str) -> None:
        with sqlite3.connect(path) as db:
            db.execute(sql)
        db.close()

    @staticmethod
    def row(path: Path) -> tuple[object, ...]:
        db = sqlite3.connect(path)
        found: tuple[object, ...] = db.execute("select * from attempt where id = 'bad'").fetchone()
        db.close()
        return found

    async def test_it_is_an_error_and_stays_as_it_is(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        before = self.row(path)
        with pytest.raises(SnapshotUnreadable, match=r"\$\.owner"):
            await sqlite_store.load("bad")
        with pytest.raises(SnapshotUnreadable):
            await v.take(sqlite_store, "bad")
        assert self.row(path) == before

    async def test_it_does_not_hinder_those_that_are_due(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        before = self.row(path)
        due = await sqlite_store.due(holder="cy", now=v.at(9), until=v.at(39), limit=1)
        assert [one.attempt.id for one in due] == ["good"]
        assert await sqlite_store.next_due() == v.at(39)
        assert self.row(path) == before

    async def test_it_is_due_again_when_another_version_wrote_it(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        await sqlite_store.due(holder="cy", now=v.at(9), until=v.at(39), limit=5)
        self.change(
            path,
            "update attempt set version = 9, snapshot ="
            " (select replace(snapshot, '\"good\"', '\"bad\"') from attempt where id = 'good')"
            " where id = 'bad'",
        )
        due = await sqlite_store.due(holder="cy", now=v.at(9), until=v.at(39), limit=5)
        assert [one.attempt.id for one in due] == ["bad"]

    async def test_its_untold_rows_do_not_hinder_the_others(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        for attempt_id in ("worse", "fine"):
            taken = await v.created(sqlite_store, v.an_attempt(attempt_id))
            await v.saved(sqlite_store, taken, rows=(v.a_row(1, attempt_id),), untold=True)
        self.change(path, "update attempt set snapshot = '' where id = 'worse'")
        assert [one.row.attempt_id for one in await sqlite_store.untold(1)] == ["fine"]

    async def test_an_untold_row_that_cannot_be_read_does_not_hinder_the_others(
        self, sqlite_store: SQLiteStore, path: Path
    ) -> None:
        for attempt_id in ("worse", "fine"):
            taken = await v.created(sqlite_store, v.an_attempt(attempt_id))
            rows = tuple(v.a_row(seq, attempt_id) for seq in (1, 2, 3))
            await v.saved(sqlite_store, taken, rows=rows, untold=True)
        self.change(
            path,
            "update journal set details = '{' where seq = 2"
            " and attempt = (select no from attempt where id = 'worse')",
        )
        readable = [("worse", 1), ("fine", 1), ("fine", 2), ("fine", 3)]
        for untold in (
            await sqlite_store.untold(9),
            await sqlite_store.untold_of(("worse", "fine")),
        ):
            assert [(one.row.attempt_id, one.row.seq) for one in untold] == readable


class TestWords:
    async def test_an_error_shows_no_value(self, sqlite_store: SQLiteStore) -> None:
        taken = await v.created(sqlite_store, v.an_attempt("hush-id", owner="hush-owner"))
        bad = v.a_row(1, "hush-id", facts={"hush": "hush"}, duration=None)
        with pytest.raises(StoreError) as caught:
            await sqlite_store.save(Save(taken.attempt, taken.lease, rows=(bad,)))
        assert "hush" not in repr(caught.value)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
