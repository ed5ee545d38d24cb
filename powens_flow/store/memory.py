"""A store in memory: for tests, and for trying things out. It forgets when its process ends."""

import heapq
import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field

from powens_flow.attempt import Attempt, Claim, JournalRow
from powens_flow.evolving import evolve
from powens_flow.snapshot import next_version
from powens_flow.store import looking
from powens_flow.store.fleet import LATEST, ConnectorName, Count, Loss, Page, Spent, Wanted
from powens_flow.store.port import (
    PASSED_OVER,
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


@define(eq=False)
class _Kept:
    """One attempt as it is kept. `wakes_at`: its lease's end, or, without one, when it is due."""

    number: int
    attempt: Attempt
    wakes_at: datetime | None
    holder: str | None
    fence: int = 1
    posted: int = 0
    inbox: dict[int, Posted] = field(factory=dict)
    rows: dict[int, JournalRow] = field(factory=dict)
    untold: dict[int, JournalRow] = field(factory=dict)

    def is_held(self, now: datetime) -> bool:
        return self.holder is not None and self.wakes_at is not None and self.wakes_at > now

    def holds(self, lease: Lease) -> bool:
        return self.holder == lease.holder and self.fence == lease.fence


class MemoryStore:
    """Keeps attempts themselves, frozen as they are; of one event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._of_owner: dict[str, list[_Kept]] = {}
        self._untold: dict[int, _Kept] = {}
        self._claims: dict[str, Claim] = {}
        self._numbered: dict[int, _Kept] = {}
        self._numbers = itertools.count()
        self._wakes: list[tuple[datetime, int]] = []
        self._passed_over: dict[tuple[int, int], datetime] = {}

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
        kept = _Kept(next(self._numbers), stored, None, holder)
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
        kept.posted += 1
        kept.inbox[kept.posted] = Posted(kept.posted, dict(post))
        return Busy(kept.attempt, kept.posted)

    async def save(self, save: Save) -> Saved:
        """See `Store.save`."""
        kept = self._kept.get(save.attempt.id)
        if (
            kept is None
            or not kept.holds(save.lease)
            or kept.attempt.version != save.attempt.version
        ):
            raise LeaseLost(f"the attempt {save.attempt.id!r} was taken or moved on meanwhile")
        if not kept.inbox.keys() >= set(save.took):
            raise StoreError(f"{save.attempt.id!r}: took an event that is not in its inbox")
        self._add_rows(kept, save.rows, untold=save.untold)
        for seq in set(save.took):
            del kept.inbox[seq]
        self._change_claims(save)
        kept.attempt = next_version(save.attempt)
        if save.release and not kept.inbox:
            self._free(kept)
        return Saved(kept.attempt, tuple(kept.inbox.values()))

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
        if kept is None or not kept.holds(lease):
            return ()
        if not kept.inbox:
            self._free(kept)
        return tuple(kept.inbox.values())

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
        self._passed_over = {key: t for key, t in self._passed_over.items() if t > now}
        taken: list[Taken] = []
        left: list[tuple[datetime, int]] = []
        while len(taken) < limit and (first := self._first_wake()) and first[0] <= now:
            kept = self._numbered[first[1]]
            if self._is_for(kept, now, fits):
                taken.append(self._lease(kept, holder, until))
            else:
                left.append(heapq.heappop(self._wakes))
        for one in left:
            heapq.heappush(self._wakes, one)
        return tuple(taken)

    def _is_for(self, kept: _Kept, now: datetime, fits: Fits) -> bool:
        key = (kept.number, kept.attempt.version)
        if key in self._passed_over:
            return False
        if fits(kept.attempt, tuple(kept.inbox.values())):
            return True
        self._passed_over[key] = now + PASSED_OVER
        return False

    async def next_due(self) -> datetime | None:
        """See `Store.next_due`."""
        left: list[tuple[datetime, int]] = []
        while first := self._first_wake():
            kept = self._numbered[first[1]]
            if (kept.number, kept.attempt.version) not in self._passed_over:
                break
            left.append(heapq.heappop(self._wakes))
        for one in left:
            heapq.heappush(self._wakes, one)
        return first[0] if first is not None else None

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

    async def untold_attempts(self) -> tuple[str, ...]:
        """See `Store.untold_attempts`."""
        return tuple(self._untold[number].attempt.id for number in sorted(self._untold))

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
        replaced = (
            seq
            for seq, one in kept.inbox.items()
            if one.event == event
            or (kept.holder is None and one.event.get("type") == event.get("type"))
        )
        seq = next(replaced, None)
        if seq is None:
            seq = kept.posted = kept.posted + 1
        kept.inbox[seq] = Posted(seq, dict(event))
        if kept.holder is None and kept.wakes_at > now:
            self._wake(kept, now)
        return True

    def _seen(self) -> list[looking.Seen]:
        return [
            looking.Seen(
                kept.number,
                kept.attempt,
                kept.wakes_at,
                kept.holder is not None,
                tuple(kept.rows.values()),
            )
            for kept in self._kept.values()
        ]

    # --- claims ------------------------------------------------------------------------------

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        """See `Store.claim`."""
        held = await self.claimed(claim.key, now)
        if held is not None:
            return held
        self._claims[claim.key] = claim
        return claim

    async def claimed(self, key: str, now: datetime) -> Claim | None:
        """See `Store.claimed`."""
        held = self._claims.get(key)
        return held if held is not None and held.until > now else None

    def _change_claims(self, save: Save) -> None:
        for key in save.dropped_claims:
            held = self._claims.get(key)
            if held is not None and held.attempt_id == save.attempt.id:
                del self._claims[key]
        for claim in save.claims:
            self._claims[claim.key] = claim

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

    def _forget(self, forgotten: Sequence[_Kept]) -> int:
        for kept in forgotten:
            del self._kept[kept.attempt.id]
            self._untold.pop(kept.number, None)
            self._wake(kept, None)
            self._numbered.pop(kept.number)
            of_owner = self._of_owner[kept.attempt.owner]
            of_owner.remove(kept)
            if not of_owner:
                del self._of_owner[kept.attempt.owner]
        ids = {kept.attempt.id for kept in forgotten}
        gone = [key for key, claim in self._claims.items() if claim.attempt_id in ids]
        for key in gone:
            del self._claims[key]
        return len(forgotten)

    # --- how it is kept ----------------------------------------------------------------------

    def _lease(self, kept: _Kept, holder: str, until: datetime) -> Taken:
        lapsed = kept.holder is not None
        kept.holder, kept.fence = holder, kept.fence + 1
        self._wake(kept, until)
        lease = Lease(kept.attempt.id, holder, kept.fence, until)
        return Taken(kept.attempt, lease, lapsed, tuple(kept.inbox.values()))

    def _free(self, kept: _Kept) -> None:
        kept.holder = None
        self._wake(kept, kept.attempt.due_at)

    def _add_rows(self, kept: _Kept, rows: Sequence[JournalRow], *, untold: bool) -> None:
        new = {row.seq: row for row in rows}
        if len(new) < len(rows) or not kept.rows.keys().isdisjoint(new):
            raise StoreError(f"{kept.attempt.id!r}: a journal row of that seq was written before")
        kept.rows.update(new)
        if untold and new:
            kept.untold.update(new)
            self._untold[kept.number] = kept

    def _wake(self, kept: _Kept, at: datetime | None) -> None:
        """Note when the attempt wakes; what was noted before is passed over when it comes up."""
        kept.wakes_at = at
        if at is None:
            return
        heapq.heappush(self._wakes, (at, kept.number))
        if len(self._wakes) > 4 * len(self._kept) + 1000:
            self._wakes = [
                (one.wakes_at, one.number)
                for one in self._kept.values()
                if one.wakes_at is not None
            ]
            heapq.heapify(self._wakes)

    def _first_wake(self) -> tuple[datetime, int] | None:
        while self._wakes:
            first = self._wakes[0]
            kept = self._numbered.get(first[1])
            if kept is not None and kept.wakes_at == first[0]:
                return first
            heapq.heappop(self._wakes)
        return None
