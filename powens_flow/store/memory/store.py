"""A store in memory: for tests, and for trying things out. It forgets when its process ends."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from powens_flow.attempt import Attempt, Claim, JournalRow
from powens_flow.evolving import evolve
from powens_flow.snapshot import next_version
from powens_flow.store import looking
from powens_flow.store.fleet import LATEST, ConnectorName, Count, Loss, Page, Spent, Wanted
from powens_flow.store.memory.alarms import Alarms
from powens_flow.store.memory.claims import Claims
from powens_flow.store.memory.kept import Kept
from powens_flow.store.passed_over import PassedOver
from powens_flow.store.port import (
    Busy,
    DuplicateAttempt,
    Fits,
    Lease,
    LeaseLost,
    Posted,
    Save,
    Saved,
    StoreError,
    Taken,
    Untold,
    anything_fits,
)


class MemoryStore:
    """Keeps attempts themselves, frozen as they are; of one event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._of_owner: dict[str, list[Kept]] = {}
        self._untold: dict[int, Kept] = {}
        self._claims = Claims()
        self._numbered: dict[int, Kept] = {}
        self._numbers = itertools.count()
        self._alarms = Alarms()
        self._passed_over = PassedOver()

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._kept)} attempts)"

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
        if attempt.id in self._kept:
            raise DuplicateAttempt(f"there is an attempt {attempt.id!r} already")
        stored = evolve(attempt, version=1)
        kept = Kept(next(self._numbers), stored, None, holder)
        self._add_rows(kept, rows, untold=untold)
        self._kept[attempt.id] = self._numbered[kept.number] = kept
        self._of_owner.setdefault(attempt.owner, []).append(kept)
        self._wake(kept, until)
        return Taken(stored, Lease(attempt.id, holder, kept.fence, until))

    async def load(self, attempt_id: str) -> Attempt | None:
        """See `Store.load`."""
        kept = self._kept.get(attempt_id)
        return kept.attempt if kept is not None else None

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
        """See `Store.take`."""
        kept = self._kept.get(attempt_id)
        if kept is None or owner not in (None, kept.attempt.owner):
            return None
        if not kept.is_held(now):
            return self._lease(kept, holder, until)
        if post is None:
            return Busy(kept.attempt)
        return Busy(kept.attempt, kept.post(post))

    async def save(self, save: Save) -> Saved:
        """See `Store.save`."""
        kept = self._kept.get(save.attempt.id)
        if (
            kept is None
            or not kept.is_leased_as(save.lease)
            or kept.attempt.version != save.attempt.version
        ):
            raise LeaseLost(f"the attempt {save.attempt.id!r} was taken or moved on meanwhile")
        if not kept.inbox.keys() >= set(save.took):
            raise StoreError(f"{save.attempt.id!r}: took an event that is not in its inbox")
        self._add_rows(kept, save.rows, untold=save.untold)
        for seq in set(save.took):
            del kept.inbox[seq]
        self._claims.change(save)
        kept.attempt = next_version(save.attempt)
        if save.release and not kept.inbox:
            self._free(kept)
        return Saved(kept.attempt, kept.waiting())

    async def history(self, attempt_id: str) -> tuple[JournalRow, ...]:
        """See `Store.history`."""
        kept = self._kept.get(attempt_id)
        return tuple(kept.rows.values()) if kept is not None else ()

    # --- leases ------------------------------------------------------------------------------

    async def renew(
        self, holder: str, attempt_ids: Collection[str], until: datetime
    ) -> frozenset[str]:
        """See `Store.renew`."""
        found = (self._kept.get(attempt_id) for attempt_id in attempt_ids)
        held = [kept for kept in found if kept is not None and kept.holder == holder]
        for kept in held:
            if kept.wakes_at is None or kept.wakes_at < until:
                self._wake(kept, until)
        return frozenset(kept.attempt.id for kept in held)

    async def release(self, lease: Lease) -> tuple[Posted, ...]:
        """See `Store.release`."""
        kept = self._kept.get(lease.attempt_id)
        if kept is None or not kept.is_leased_as(lease):
            return ()
        if not kept.inbox:
            self._free(kept)
        return kept.waiting()

    async def due(
        self,
        *,
        holder: str,
        now: datetime,
        until: datetime,
        limit: int,
        fits: Fits = anything_fits,
    ) -> tuple[Taken, ...]:
        """See `Store.due`."""
        self._passed_over.look_again(now)

        def is_for_us(number: int) -> bool:
            return self._is_for(self._numbered[number], now, fits)

        found = self._alarms.soonest(limit, is_for_us, until=now)
        return tuple(self._lease(self._numbered[number], holder, until) for _, number in found)

    def _is_for(self, kept: Kept, now: datetime, fits: Fits) -> bool:
        key = (kept.number, kept.attempt.version)
        if key in self._passed_over:
            return False
        if fits(kept.attempt, kept.waiting()):
            return True
        self._passed_over.add(key, now)
        return False

    async def next_due(self) -> datetime | None:
        """See `Store.next_due`."""
        found = self._alarms.soonest(1, self._is_not_passed_over)
        return found[0][0] if found else None

    def _is_not_passed_over(self, number: int) -> bool:
        return (number, self._numbered[number].attempt.version) not in self._passed_over

    async def concerned(self, id_user: int) -> tuple[str, ...]:
        """See `Store.concerned`."""
        return tuple(
            kept.attempt.id
            for kept in self._kept.values()
            if kept.wakes_at is not None
            and kept.attempt.user is not None
            and kept.attempt.user.id == id_user
        )

    async def connections(self, owner: str, *, without: str) -> frozenset[int]:
        """See `Store.connections`."""
        return frozenset(
            kept.attempt.id_connection
            for kept in self._of_owner.get(owner, ())
            if kept.attempt.id != without and kept.attempt.id_connection is not None
        )

    async def live(self, owner: str) -> tuple[str, ...]:
        """See `Store.live`."""
        kept = self._of_owner.get(owner, ())
        return tuple(one.attempt.id for one in kept if one.wakes_at is not None)

    async def live_states(self) -> Mapping[tuple[str, str], int]:
        """See `Store.live_states`."""
        live = (kept.attempt for kept in self._kept.values() if kept.wakes_at is not None)
        return Counter((attempt.machine, attempt.state) for attempt in live)

    # --- listeners ---------------------------------------------------------------------------

    async def untold(self, limit: int) -> tuple[Untold, ...]:
        """See `Store.untold`."""
        return tuple(itertools.islice(self._all_untold(), limit))

    async def untold_attempts(self) -> Mapping[str, int]:
        """See `Store.untold_attempts`."""
        return {kept.attempt.id: max(kept.untold) for kept in self._untold.values()}

    async def untold_of(self, attempt_ids: Collection[str]) -> tuple[Untold, ...]:
        """See `Store.untold_of`."""
        found = (self._kept.get(attempt_id) for attempt_id in attempt_ids)
        return tuple(
            Untold(row, kept.attempt)
            for kept in found
            if kept is not None
            for row in kept.untold.values()
        )

    async def told(self, rows: Collection[tuple[str, int]]) -> None:
        """See `Store.told`."""
        for attempt_id, seq in rows:
            kept = self._kept.get(attempt_id)
            if kept is not None and seq in kept.untold:
                del kept.untold[seq]
                if not kept.untold:
                    del self._untold[kept.number]

    def _all_untold(self) -> Iterator[Untold]:
        for number in sorted(self._untold):
            kept = self._untold[number]
            for row in kept.untold.values():
                yield Untold(row, kept.attempt)

    # --- for staff (see `Fleet` and `Mailbox`) -------------------------------------------------

    async def posted(self, attempt_id: str) -> tuple[str, ...]:
        """See `Fleet.posted`."""
        kept = self._kept.get(attempt_id)
        inbox = kept.inbox.values() if kept is not None else ()
        return tuple(str(one.event.get("type")) for one in inbox)

    async def attempts(self, wanted: Wanted, *, limit: int = 50, before: int | None = None) -> Page:
        """See `Fleet.attempts`."""
        return looking.attempts(self._seen(), wanted, limit, before)

    async def connectors(self) -> tuple[ConnectorName, ...]:
        """See `Fleet.connectors`."""
        return looking.connectors(self._seen())

    async def counts(self, *, since: datetime | None = None) -> tuple[Count, ...]:
        """See `Fleet.counts`."""
        return looking.counts(self._seen(), since)

    async def losses(self, *, since: datetime | None = None) -> tuple[Loss, ...]:
        """See `Fleet.losses`."""
        return looking.losses(self._seen(), since)

    async def spent(self, *, latest: int = LATEST) -> tuple[Spent, ...]:
        """See `Fleet.spent`."""
        return looking.spent(self._seen(), latest)

    async def post(
        self, attempt_id: str, event: Mapping[str, Any], *, version: int, now: datetime
    ) -> bool:
        """See `Mailbox.post`."""
        kept = self._kept.get(attempt_id)
        if kept is None or kept.wakes_at is None or kept.attempt.version != version:
            return False
        kept.post_once(event)
        if kept.holder is None and kept.wakes_at > now:
            self._wake(kept, now)
        return True

    def _seen(self) -> list[looking.Seen]:
        return [kept.seen() for kept in self._kept.values()]

    # --- claims ------------------------------------------------------------------------------

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        """See `Store.claim`."""
        return self._claims.claim(claim, now)

    async def claimed(self, key: str, now: datetime) -> Claim | None:
        """See `Store.claimed`."""
        return self._claims.held(key, now)

    # --- forgetting --------------------------------------------------------------------------

    async def purge(self, before: datetime, *, limit: int = 1000) -> int:
        """See `Store.purge`."""
        ended = (
            kept
            for kept in self._kept.values()
            if kept.wakes_at is None and not kept.untold and kept.attempt.entered_at < before
        )
        return self._forget(list(itertools.islice(ended, limit)))

    async def erase(self, owner: str) -> int:
        """See `Store.erase`."""
        return self._forget(list(self._of_owner.get(owner, ())))

    def _forget(self, forgotten: Sequence[Kept]) -> int:
        for kept in forgotten:
            del self._kept[kept.attempt.id]
            self._untold.pop(kept.number, None)
            self._wake(kept, None)
            self._numbered.pop(kept.number)
            of_owner = self._of_owner[kept.attempt.owner]
            of_owner.remove(kept)
            if not of_owner:
                del self._of_owner[kept.attempt.owner]
        self._claims.forget({kept.attempt.id for kept in forgotten})
        return len(forgotten)

    # --- how it is kept ----------------------------------------------------------------------

    def _lease(self, kept: Kept, holder: str, until: datetime) -> Taken:
        lapsed = kept.holder is not None
        kept.holder, kept.fence = holder, kept.fence + 1
        self._wake(kept, until)
        lease = Lease(kept.attempt.id, holder, kept.fence, until)
        return Taken(kept.attempt, lease, lapsed, kept.waiting())

    def _free(self, kept: Kept) -> None:
        kept.holder = None
        self._wake(kept, kept.attempt.due_at)

    def _add_rows(self, kept: Kept, rows: Sequence[JournalRow], *, untold: bool) -> None:
        kept.add_rows(rows, untold=untold)
        if kept.untold:
            self._untold[kept.number] = kept

    def _wake(self, kept: Kept, at: datetime | None) -> None:
        kept.wakes_at = at
        self._alarms.set(kept.number, at)
