"""A file that leaves its place while it is open: what is written to it would be lost."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.place import LEFT
from tests.store import values as v
from tests.unwritable import an_unwritable_log


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    """What brings back a copy under a backend that runs."""
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    copy.rename(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts.db"


@pytest.mark.parametrize("leave", [moved, deleted, replaced])
async def test_nothing_is_kept_in_a_file_that_has_left_its_place(
    path: Path, leave: Callable[[Path], None]
) -> None:
    async with SQLiteStore(path) as store:
        taken = await v.created(store)
        leave(path)
        with capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(StoreError, match="another put in its place"):
                    await v.saved(store, taken)
                with pytest.raises(StoreError, match="started again"):
                    await store.load("one")
    told = {"event": "store.failed", "reason": LEFT, "log_level": "error"}
    assert logs == [told]  # once, however often it is asked


async def test_a_process_may_go_to_another_folder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    async with SQLiteStore(Path(path.name)) as store:
        os.chdir("/")
        await v.created(store)
        assert await store.load("one") is not None


async def test_what_fails_is_logged_with_its_reason_until_something_is_written_again(
    path: Path,
) -> None:
    def refuses(db: object) -> None:
        raise OSError

    async with SQLiteStore(path) as store:
        writer = store._open_writer()
        with capture_logs() as logs:
            for _ in range(2):
                for _ in range(2):
                    with pytest.raises(StoreError):
                        await writer.write(refuses)
                await v.created(store, v.an_attempt(f"n{len(logs)}"))
    told = {"event": "store.failed", "reason": "the store failed: OSError", "log_level": "error"}
    assert logs == [told, told]


async def test_a_store_that_failed_when_nothing_could_be_logged_serves_again(path: Path) -> None:
    async with SQLiteStore(path) as store:
        taken = await v.created(store)
        moved(path)
        with an_unwritable_log(), pytest.raises(StoreError, match="another put in its place"):
            await asyncio.wait_for(v.saved(store, taken), 30)
        with capture_logs() as logs, pytest.raises(StoreError):
            await store.load("one")
        assert [one["event"] for one in logs] == ["store.failed"]  # it was not told before
        path.with_name("elsewhere.db").rename(path)
        assert await store.load("one") is not None
