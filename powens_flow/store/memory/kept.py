"""One attempt as the store in memory keeps it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.store.looking import Seen
from powens_flow.store.port import Lease, Posted, StoreError


@define(eq=False)
class Kept:
    """One attempt with its lease, its inbox and its journal.

    `number` tells which attempt is older. `wakes_at`: its lease's end, or, without one, when it is
    due.
    """

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
        """Whether somebody drives it."""
        return self.holder is not None and self.wakes_at is not None and self.wakes_at > now

    def is_leased_as(self, lease: Lease) -> bool:
        """Whether the lease is the present one."""
        return self.holder == lease.holder and self.fence == lease.fence

    def post(self, event: Mapping[str, Any]) -> int:
        """Leave an event in the inbox; where it stands there."""
        self.posted += 1
        self.inbox[self.posted] = Posted(self.posted, dict(event))
        return self.posted

    def post_once(self, event: Mapping[str, Any]) -> None:
        """Leave an event in the inbox, in place of one that `Mailbox.post` says."""
        for seq, one in self.inbox.items():
            is_like = self.holder is None and one.event.get("type") == event.get("type")
            if one.event == event or is_like:
                self.inbox[seq] = Posted(seq, dict(event))
                return
        self.post(event)

    def waiting(self) -> tuple[Posted, ...]:
        """The events in the inbox, in the order they came."""
        return tuple(self.inbox.values())

    def add_rows(self, rows: Sequence[JournalRow], *, untold: bool) -> None:
        """Write the journal on. Raises `StoreError`, having written nothing."""
        new = {row.seq: row for row in rows}
        if len(new) < len(rows) or not self.rows.keys().isdisjoint(new):
            raise StoreError(f"{self.attempt.id!r}: a journal row of that seq was written before")
        self.rows.update(new)
        if untold:
            self.untold.update(new)

    def seen(self) -> Seen:
        """The attempt as staff see it."""
        return Seen(
            self.number,
            self.attempt,
            self.wakes_at,
            self.holder is not None,
            tuple(self.rows.values()),
        )
