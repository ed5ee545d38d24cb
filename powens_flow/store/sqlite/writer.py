"""The one thread that talks to the database, and the batches in which it does.

What concurrent attempts ask for waits in a queue; the thread takes all that waits, does the writes
in one transaction, commits once, and wakes all who asked in one call into their event loop. A hop
to a thread, and a commit, cost more than the statements: so they are shared.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

import structlog

from powens_flow.store.port import DuplicateAttempt, LeaseLost, StoreError
from powens_flow.store.sqlite.place import Place

log = structlog.get_logger("powens_flow")

R = TypeVar("R")

Work = Callable[[sqlite3.Connection], R]
"""Done on the thread. A write may be done again from the start, after all of it was undone."""


class _Task(Generic[R]):
    """One piece of work, and where its caller waits."""

    __slots__ = ("durable", "error", "future", "left", "result", "work", "writes")

    def __init__(
        self,
        work: Work[R],
        future: asyncio.Future[R],
        *,
        writes: bool,
        durable: bool = False,
        left: Callable[[R], None] | None = None,
    ) -> None:
        self.work = work
        self.future = future
        self.writes = writes
        self.durable = durable
        self.left = left
        self.error: Exception | None = None
        self.result: Any = None

    def run(self, db: sqlite3.Connection) -> None:
        self.result = self.work(db)

    def settle(self) -> None:
        """On the event loop: wake the caller; its work is done even if it has left."""
        if self.future.done():
            if self.left is not None and self.error is None:
                self.left(self.result)
        elif self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """A thread with a connection of its own to the file `path`; made and used on one event loop."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path) -> None:
        self._connect = connect
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Task[Any]] | None] = SimpleQueue()
        self._gathered: list[_Task[Any]] = []
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._is_closed = False
        self._pid = os.getpid()
        # A daemon: a process that ends without closing its store must not hang.
        self._thread = threading.Thread(target=self._main, name="powens_flow.sqlite", daemon=True)

    async def open(self) -> None:
        """Start the thread and open the connection. Raises `StoreError`."""
        self._thread.start()
        await self._opened

    async def close(self) -> None:
        """Do what was asked for, then close the connection and end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.shield(self._ended)

    def read(self, work: Work[R]) -> asyncio.Future[R]:
        """The answer of a work that writes nothing. Raises `StoreError`."""
        return self._ask(_Task(work, self._loop.create_future(), writes=False))

    def write(self, work: Work[R], *, durable: bool = False) -> asyncio.Future[R]:
        """The answer of a work that writes, once it is committed; `durable`: also synced.

        All of the work is written or nothing, also when the caller is cancelled. Work that raises
        `LeaseLost` or `DuplicateAttempt` must have written nothing.

        Raises:
            StoreError: nothing was written.
        """
        return self._ask(_Task(work, self._loop.create_future(), writes=True, durable=durable))

    async def write_for(self, work: Work[R], left: Callable[[R], None]) -> R:
        """As `write`; a caller that is cancelled before it has the answer leaves it to `left`."""
        future: asyncio.Future[R] = self._loop.create_future()
        asked = self._ask(_Task(work, future, writes=True, left=left))
        try:
            return await asked
        except asyncio.CancelledError:
            if not asked.cancelled() and asked.exception() is None:  # it was on its way
                left(asked.result())
            raise

    # --- on the event loop -------------------------------------------------------------------

    def _ask(self, task: _Task[R]) -> asyncio.Future[R]:
        if self._is_closed:
            raise StoreError("the store is closed")
        if os.getpid() != self._pid:
            raise StoreError("the store was opened before the process was forked")
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(task)
        return task.future

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    @staticmethod
    def _settle(tasks: Sequence[_Task[Any]]) -> None:
        for task in tasks:
            task.settle()

    # --- on the thread -----------------------------------------------------------------------

    def _main(self) -> None:
        try:
            db = self._connect()
            place = Place(self._path)
        except Exception as error:
            self._tell(self._opened, translated(error))
            self._tell(self._ended, None)
            return
        self._tell(self._opened, None)
        batches = _Batches(db, place)
        while (tasks := self._waiting()) is not None:
            batches.run(tasks)
            self._call(self._settle, tasks)
        with suppress(sqlite3.Error):
            db.close()
        self._tell(self._ended, None)

    def _waiting(self) -> list[_Task[Any]] | None:
        """All that waits, None when there will be no more."""
        tasks = self._queue.get()
        while tasks is not None and not self._queue.empty():
            more = self._queue.get()
            if more is None:
                self._queue.put(None)
                break
            tasks += more
        return tasks

    def _tell(self, future: asyncio.Future[None], error: Exception | None) -> None:
        def settle() -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(None)

        self._call(settle)

    def _call(self, callback: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
            self._loop.call_soon_threadsafe(callback, *arguments)


class _Batches:
    """Does tasks together: reads, then the writes in one transaction with one commit.

    What failed is logged once for each reason, until something was written again.
    """

    def __init__(self, db: sqlite3.Connection, place: Place) -> None:
        self._db = db
        self._place = place
        self._is_synced: bool | None = None
        self._logged: set[str] = set()

    def run(self, tasks: Sequence[_Task[Any]]) -> None:
        """Do them all; each then has its result or its error."""
        try:
            self._place.expect_same()
        except StoreError as error:
            self._log(error)
            for task in tasks:
                task.error = StoreError(str(error))
            return
        writes = []
        for task in tasks:
            if task.writes:
                writes.append(task)
            else:
                self._read(task)
        if writes:
            self._write(writes)

    def _read(self, task: _Task[Any]) -> None:
        try:
            task.run(self._db)
        except Exception as error:
            task.error = self._told(error)

    def _write(self, tasks: Sequence[_Task[Any]]) -> None:
        try:
            is_whole = self._transaction(tasks)
        except Exception as error:  # neither begun nor committed: for none of them
            self._undo()
            self._log(translated(error))
            for task in tasks:
                task.error = translated(error)
            return
        if not is_whole:
            self._undo()
            if len(tasks) > 1:
                self._write_each(tasks)

    def _transaction(self, tasks: Sequence[_Task[Any]]) -> bool:
        """False, and nothing is committed, where a task failed halfway."""
        self._sync(any(task.durable for task in tasks))
        self._db.execute("begin immediate")
        for task in tasks:
            try:
                task.run(self._db)
            except (LeaseLost, DuplicateAttempt) as error:
                task.error = error
            except Exception as error:
                task.error = self._told(error)
                return False
        self._db.execute("commit")
        self._logged.clear()
        return True

    def _write_each(self, tasks: Sequence[_Task[Any]]) -> None:
        for task in tasks:
            task.error = None
            self._write([task])

    def _told(self, error: Exception) -> StoreError:
        said = translated(error)
        if said is not error:
            self._log(said)
        return said

    def _log(self, said: StoreError) -> None:
        reason = str(said)
        if reason in self._logged:
            return
        with suppress(Exception):  # a log on a full disk, too: this thread outlives it
            log.error("store.failed", reason=reason)
            self._logged.add(reason)

    def _sync(self, is_synced: bool) -> None:
        # Takes effect outside of a transaction only.
        if is_synced is not self._is_synced:
            self._db.execute(f"pragma synchronous = {'full' if is_synced else 'normal'}")
            self._is_synced = is_synced

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # the next `begin` says what is wrong
            if self._db.in_transaction:
                self._db.execute("rollback")


WORDS: Final[Mapping[str, str]] = {
    "SQLITE_BUSY": "another process keeps it locked",
    "SQLITE_CANTOPEN": "it cannot be opened: let this user read it, and write it and its folder",
    "SQLITE_CORRUPT": "the file is damaged: bring back a copy",
    "SQLITE_FULL": "there is no room on its disk",
    "SQLITE_IOERR": "its disk failed",
    "SQLITE_NOTADB": "the file is no database",
    "SQLITE_READONLY": "it cannot be written: let this user write the file and its folder",
}
"""What SQLite's primary codes say to whoever has to mend it."""

OF_THE_SYSTEM: Final[Mapping[type[OSError], str]] = {
    FileNotFoundError: "there is no such folder",
    NotADirectoryError: "what should be its folder is a file",
    PermissionError: "this user may not open it, or make it there",
}


def translated(error: Exception) -> StoreError:
    """The error as the port names it; a driver's own text could hold values."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, sqlite3.Error):
        return StoreError(_of_sqlite(error))
    name = type(error).__name__
    words = next((said for kind, said in OF_THE_SYSTEM.items() if isinstance(error, kind)), "")
    if not words and isinstance(error, OSError):
        words = (error.strerror or "").lower()  # without the file's name
    return StoreError(f"{words} ({name})" if words else f"the store failed: {name}")


def _of_sqlite(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    words = WORDS.get("_".join(name.split("_")[:2]))
    return f"{words} ({name})" if words else f"SQLite: {name}"
