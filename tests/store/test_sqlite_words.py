"""What is said of a database that cannot be used: words to mend it by, and SQLite's code."""

import sqlite3
from pathlib import Path

import pytest

from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.store import OWN, READ, WRITE, Access
from powens_flow.store.sqlite.writer import translated
from tests.store import values as v


async def refused(path: Path, access: Access = OWN) -> str:
    with pytest.raises(StoreError) as raised:
        await SQLiteStore(path, access=access, busy_timeout=0.01).open()
    return str(raised.value)


@pytest.mark.parametrize("access", [OWN, READ, WRITE])
async def test_a_folder_is_no_store(tmp_path: Path, access: Access) -> None:
    assert await refused(tmp_path, access) == "it is a folder, and the store is a file"


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = await refused(tmp_path / "none" / "attempts.db")
    assert told == "there is no such folder (FileNotFoundError)"


async def test_a_file_for_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = await refused(tmp_path / "file" / "attempts.db")
    assert told == "what should be its folder is a file (NotADirectoryError)"


async def test_what_else_the_system_says_is_told(tmp_path: Path) -> None:
    told = await refused(tmp_path / ("hush" * 99))
    assert told == "file name too long (OSError)"


async def test_a_locked_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "attempts.db"
    async with SQLiteStore(path, busy_timeout=0.01) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(StoreError) as raised:
            await v.created(store)
        other.close()
    assert str(raised.value) == "another process keeps it locked (SQLITE_BUSY)"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("SQLITE_CANTOPEN", "it cannot be opened: let this user read it, and write it and its"),
        ("SQLITE_READONLY_DIRECTORY", "it cannot be written: let this user write the file and"),
        ("SQLITE_IOERR_WRITE", "its disk failed (SQLITE_IOERR_WRITE)"),
        ("SQLITE_FULL", "there is no room on its disk (SQLITE_FULL)"),
        ("SQLITE_MISUSE", "SQLite: SQLITE_MISUSE"),
    ],
)
def test_a_code_is_told_with_words_where_there_are_some(code: str, told: str) -> None:
    error = sqlite3.OperationalError("hush")
    error.sqlite_errorname = code
    said = str(translated(error))
    assert said.startswith(told)
    assert code in said
    assert "hush" not in said
