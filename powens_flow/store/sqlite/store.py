"""The store on SQLite: the default, for one machine."""

import asyncio
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from powens_flow.attempt import Attempt, Claim, JournalRow
from powens_flow.evolving import evolve
from powens_flow.snapshot import load, next_version
from powens_flow.store.fleet import LATEST, ConnectorName, Count, Loss, Page, Spent, Wanted
from powens_flow.store.port import (
    Busy,
    Fits,
    Lease,
    Posted,
    Save,
    Saved,
    StoreError,
    Taken,
    Untold,
    anything_fits,
)
from powens_flow.store.sqlite import (
    copies,
    fleet,
    forgetting,
    leases,
    posting,
    reads,
    schema,
    vault,
)
from powens_flow.store.sqlite.saves import CreateWork, SaveWork
from powens_flow.store.sqlite.writer import Writer
from powens_flow.utf8 import is_utf8
from powens_flow.vault import VaultRecord

Access = Literal["own", "write", "read"]
OWN: Final = "own"
WRITE: Final = "write"
READ: Final = "read"

PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds after which the log is tried to be emptied again, while another connection reads it."""


class SQLiteStore:
    """Keeps attempts in one database file; an async context manager.

    Several processes of one machine may use the file at the same time, each waiting up to
    `busy_timeout` seconds for another's write. The file is made, with its schema, where there is
    none, readable for its owner alone; but with the `access` `read` or `write` it has to be there,
    of this very version, and with `read` nothing of it can be changed. All methods raise
    `StoreError` when the store is closed or the database fails. ValueError for a URL in place of a
    path (see `powens_flow.store.address.store_at`), or another `access`.
    """

    def __init__(
        self, path: str | PathLike[str], *, busy_timeout: float = 10.0, access: Access = OWN
    ) -> None:
        if "://" in str(path):
            raise ValueError("a store is a file's path here; store_at(...) takes a URL")
        if access not in (OWN, WRITE, READ):
            raise ValueError(f"access must be one of {OWN}, {WRITE}, {READ}, not {access!r}")
        self._path = Path(path)
        self._access = access
        self._busy_timeout = busy_timeout
        self._writer: Writer | None = None
        self._due = leases.Due()

    def __repr__(self) -> str:
        return f"SQLiteStore({str(self._path)!r})"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the file, and bring its schema to this version.

        Raises:
            StoreVersionError: the file is of a newer version, or another application's; without
                the access `own` also one of an older version.
            StoreError: it cannot be opened, or the store is open already.
        """
        if self._writer is not None:
            raise StoreError("the store is open already")
        writer = Writer(self._connect, self._path)
        self._writer = writer
        try:
            await writer.open()
        except StoreError as error:
            self._writer = None
            error.add_note(f"the store is {self._path}")
            raise

    def reader(self) -> "SQLiteStore":
        """A further store on the same file, not open yet, that only reads: with its thread of its
        own, so that long reads hold nothing up here."""
        return SQLiteStore(self._path, busy_timeout=self._busy_timeout, access=READ)

    def _connect(self) -> sqlite3.Connection:
        steps, patience = schema.migrations(), self._busy_timeout
        if self._access == OWN:
            return schema.opened(self._path, steps, patience)
        writes = self._access == WRITE
        return schema.opened_as_it_is(self._path, steps, patience, writes=writes)

    async def close(self) -> None:
        """Write what was asked for, and close the file; the store may be opened again."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    # --- one attempt -------------------------------------------------------------------------

    async def create(
        self,
        attempt: Attempt,
        rows: Sequence[JournalRow],
        *,
        holder: str,
        until: datetime,
        untold: bool,
    ) -> Taken:
        """See `Store.create`."""
        stored = evolve(attempt, version=1)
        lease = Lease(attempt.id, holder, 1, until)
        work = CreateWork.of(stored, rows, lease, untold=untold)
        await self._open_writer().write(work.run, durable=True)
        return Taken(stored, lease)

    async def load(self, attempt_id: str) -> Attempt | None:
        """See `Store.load`."""
        if not is_utf8(attempt_id):
            return None
        text = await self._open_writer().read(partial(reads.snapshot, attempt_id=attempt_id))
        return None if text is None else load(text)

    async def take(
        self,
        attempt_id: str,
        *,
        holder: str,
        now: datetime,
        until: datetime,
        owner: str | None = None,
        post: Mapping[str, Any] | None = None,
    ) -> Taken | Busy | None:
        """See `Store.take`. Who is cancelled meanwhile holds no lease."""
        if not is_utf8(attempt_id):
            return None
        work = leases.TakeWork(attempt_id, holder, now, until, owner, post)
        return await self._open_writer().write_for(work.run, self._give_back)

    async def save(self, save: Save) -> Saved:
        """See `Store.save`."""
        stored = next_version(save.attempt)
        work = SaveWork.of(save, stored)
        return Saved(stored, await self._open_writer().write(work.run, durable=save.durable))

    async def history(self, attempt_id: str) -> tuple[JournalRow, ...]:
        """See `Store.history`. Raises `SnapshotUnreadable`."""
        if not is_utf8(attempt_id):
            return ()
        return await self._open_writer().read(partial(reads.history, attempt_id=attempt_id))

    # --- leases ------------------------------------------------------------------------------

    async def renew(
        self, holder: str, attempt_ids: Collection[str], until: datetime
    ) -> frozenset[str]:
        """See `Store.renew`."""
        work = partial(leases.renew, holder=holder, ids=tuple(attempt_ids), until=until)
        return await self._open_writer().write(work)

    async def release(self, lease: Lease) -> tuple[Posted, ...]:
        """See `Store.release`."""
        return await self._open_writer().write(partial(leases.release, lease=lease))

    async def due(
        self,
        *,
        holder: str,
        now: datetime,
        until: datetime,
        limit: int,
        fits: Fits = anything_fits,
    ) -> tuple[Taken, ...]:
        """See `Store.due`. Who is cancelled meanwhile holds no lease. `fits` is asked on the
        store's thread."""
        work = partial(self._due.take, work=leases.DueWork(holder, now, until, limit, fits))
        return await self._open_writer().write_for(work, self._give_all_back)

    async def next_due(self) -> datetime | None:
        """See `Store.next_due`; snapshots that `due` could not read are passed over."""
        return await self._open_writer().read(self._due.next)

    async def live(self, owner: str) -> tuple[str, ...]:
        """See `Store.live`."""
        return await self._open_writer().read(partial(reads.live, owner=owner))

    async def concerned(self, id_user: int) -> tuple[str, ...]:
        """See `Store.concerned`."""
        return await self._open_writer().read(partial(reads.concerned, id_user=id_user))

    async def connections(self, owner: str, *, without: str) -> frozenset[int]:
        """See `Store.connections`."""
        work = partial(reads.connections, owner=owner, without=without)
        return await self._open_writer().read(work)

    async def live_states(self) -> Mapping[tuple[str, str], int]:
        """See `Store.live_states`."""
        return await self._open_writer().read(reads.live_states)

    # --- listeners ---------------------------------------------------------------------------

    async def untold(self, limit: int) -> tuple[Untold, ...]:
        """See `Store.untold`; what cannot be read is left out."""
        return await self._open_writer().read(partial(reads.untold, limit=limit))

    async def untold_attempts(self) -> Mapping[str, int]:
        """See `Store.untold_attempts`."""
        return await self._open_writer().read(reads.untold_attempts)

    async def untold_of(self, attempt_ids: Collection[str]) -> tuple[Untold, ...]:
        """See `Store.untold_of`; what cannot be read is left out."""
        work = partial(reads.untold_of, attempt_ids=tuple(attempt_ids))
        return await self._open_writer().read(work)

    async def told(self, rows: Collection[tuple[str, int]]) -> None:
        """See `Store.told`."""
        await self._open_writer().write(partial(reads.told, rows=tuple(rows)))

    # --- claims ------------------------------------------------------------------------------

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        """See `Store.claim`."""
        return await self._open_writer().write(partial(reads.claim, wanted=claim, now=now))

    async def claimed(self, key: str, now: datetime) -> Claim | None:
        """See `Store.claimed`."""
        return await self._open_writer().read(partial(reads.claimed, key=key, now=now))

    # --- forgetting --------------------------------------------------------------------------

    async def purge(self, before: datetime, *, limit: int = 1000) -> int:
        """See `Store.purge`."""
        work = partial(forgetting.purge, before=before, limit=limit)
        return await self._open_writer().write(work)

    async def erase(self, owner: str) -> int:
        """See `Store.erase`. Durable; what the file and its log held of it is overwritten.

        While another connection goes on reading, as one that makes a copy, that is waited for, a
        few seconds at most; its log then goes when the last process has closed the file.
        """
        erased = await self._open_writer().write(
            partial(forgetting.erase, owner=owner), durable=True
        )
        for pause in PAUSES:
            if await self._open_writer().read(forgetting.empty_log):
                break
            await asyncio.sleep(pause)
        return erased

    # --- copies ------------------------------------------------------------------------------

    async def copy_to(self, path: str | PathLike[str]) -> None:
        """Write all that is stored now into a new file, for its owner alone: a backup.

        The store may be in use, here and elsewhere, open or not; nothing waits for it. A plain copy
        of the file lacks what still stands in its log.

        Raises:
            StoreError: it cannot be written, or there is a file of that name; nothing is left.
        """
        async with self.reader() as reader:
            await reader._open_writer().read(partial(copies.copy, path=Path(path)))

    async def forget_live(self) -> int:
        """Forget the attempts that have not ended: once, when a copy was brought back.

        What became of them since the copy was made is not known here: an attempt that was completed
        meanwhile would end otherwise, and delete at Powens what its user has. Answers how many
        there were.
        """
        return await self._open_writer().write(copies.forget_live, durable=True)

    # --- for staff (see `Fleet` and `Mailbox`) -------------------------------------------------

    async def posted(self, attempt_id: str) -> tuple[str, ...]:
        """See `Fleet.posted`."""
        if not is_utf8(attempt_id):
            return ()
        return await self._open_writer().read(partial(fleet.posted, attempt_id=attempt_id))

    async def attempts(self, wanted: Wanted, *, limit: int = 50, before: int | None = None) -> Page:
        """See `Fleet.attempts`."""
        work = partial(fleet.attempts, wanted=wanted, limit=limit, before=before)
        return await self._open_writer().read(work)

    async def connectors(self) -> tuple[ConnectorName, ...]:
        """See `Fleet.connectors`."""
        return await self._open_writer().read(fleet.connectors)

    async def counts(self, *, since: datetime | None = None) -> tuple[Count, ...]:
        """See `Fleet.counts`."""
        return await self._open_writer().read(partial(fleet.counts, since=since))

    async def losses(self, *, since: datetime | None = None) -> tuple[Loss, ...]:
        """See `Fleet.losses`."""
        return await self._open_writer().read(partial(fleet.losses, since=since))

    async def spent(self, *, latest: int = LATEST) -> tuple[Spent, ...]:
        """See `Fleet.spent`."""
        return await self._open_writer().read(partial(fleet.spent, latest=latest))

    async def post(
        self, attempt_id: str, event: Mapping[str, Any], *, version: int, now: datetime
    ) -> bool:
        """See `Mailbox.post`."""
        if not is_utf8(attempt_id):
            return False
        work = partial(posting.post, attempt_id=attempt_id, event=event, version=version, now=now)
        return await self._open_writer().write(work, durable=True)

    # --- permanent users (see `StoreVault`) --------------------------------------------------

    async def vault_record(self, owner: str) -> VaultRecord | None:
        """See `VaultRecords.vault_record`."""
        return await self._open_writer().read(partial(vault.get, owner=owner))

    async def put_vault_record(self, record: VaultRecord, *, instead_of: str | None = None) -> bool:
        """See `VaultRecords.put_vault_record`."""
        work = partial(vault.put, record=record, instead_of=instead_of)
        return await self._open_writer().write(work, durable=True)

    async def delete_vault_record(self, owner: str) -> None:
        """See `VaultRecords.delete_vault_record`."""
        await self._open_writer().write(partial(vault.delete, owner=owner), durable=True)

    async def vault_records(self, *, after: str = "", limit: int = 1000) -> tuple[VaultRecord, ...]:
        """See `VaultRecords.vault_records`."""
        return await self._open_writer().read(partial(vault.some, after=after, limit=limit))

    # --- how it is done ----------------------------------------------------------------------

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise StoreError("the store is not open")
        return self._writer

    def _give_back(self, taken: Taken | Busy | None) -> None:
        # A lapsed one is left to lapse again: what its dead holder did has to be found out.
        if isinstance(taken, Taken) and not taken.lapsed and self._writer is not None:
            released = self._writer.write(partial(leases.release, lease=taken.lease))
            # Nobody waits for it: if it fails, the lease lapses.
            released.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _give_all_back(self, taken: tuple[Taken, ...]) -> None:
        for one in taken:
            self._give_back(one)
