"""What the engine asks of a store. A store knows attempts, not SQL, and no secret in clear.

An attempt is driven by one holder at a time, who has leased it; events that arrive meanwhile are
posted to its inbox. A lease that lapsed means that its holder died. Times are aware, in UTC, and
always handed in by the caller: a store has no clock of its own. Callers on several machines keep
their clocks together, well within a lease.

Whoever asks at the same time, of this process or another, each call is done as if it were the only
one: they come one after the other, all or nothing, and what came before is seen. A read is answered
from what is committed. Nothing else is promised of the order in which calls come.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from powens_flow.attempt import Attempt, Claim, JournalRow


class StoreError(Exception):
    """The store could not do what was asked; a driver's own errors are translated to this.

    Unless the error says that nothing was written, it may have been done all the same: a connection
    can break between a commit and its answer. Nobody takes it for done, nor for undone: a lease
    that may have been taken lapses, and what may have been saved is read again.
    """


class LeaseLost(StoreError):
    """Somebody else drives the attempt now, or has moved it on: nothing was written."""


class DuplicateAttempt(StoreError):
    """An attempt of that id exists already."""


class StoreVersionError(StoreError):
    """The store was written by another version, and cannot be used or migrated by this one."""


class SnapshotUnreadable(StoreError):
    """The stored snapshot cannot be read by this version; it was left as it is."""


@frozen
class Lease:
    """The right to drive one attempt until `until`; each new lease has a higher `fence`."""

    attempt_id: str
    holder: str
    fence: int
    until: datetime


@frozen
class Posted:
    """An event that waits in an attempt's inbox, as JSON."""

    seq: int
    event: Mapping[str, Any] = field(repr=False)


@frozen
class Taken:
    """A leased attempt. `lapsed`: the earlier holder died while driving it."""

    attempt: Attempt
    lease: Lease
    lapsed: bool = False
    inbox: tuple[Posted, ...] = ()


@frozen
class Busy:
    """Somebody else drives the attempt. `seq`: where the posted event stands in its inbox."""

    attempt: Attempt
    seq: int | None = None


@frozen
class Save:
    """One write, all or nothing.

    `attempt.version` is the version that it replaces; it is stored one higher. `rows` are added to
    the journal, `untold` if listeners must hear of them. `took` leaves the inbox. `release` gives
    the lease back, unless events wait in the inbox. `durable` survives a power cut.
    """

    attempt: Attempt
    lease: Lease
    rows: tuple[JournalRow, ...] = ()
    untold: bool = False
    took: tuple[int, ...] = ()
    claims: tuple[Claim, ...] = ()
    dropped_claims: tuple[str, ...] = ()
    release: bool = False
    durable: bool = False


@frozen
class Saved:
    """What a save came to: the attempt as stored, and the events that wait (then not released)."""

    attempt: Attempt
    inbox: tuple[Posted, ...] = ()


@frozen
class Untold:
    """A transition that listeners have yet to hear of, with the attempt as it is now."""

    row: JournalRow
    attempt: Attempt


Fits = Callable[[Attempt, Sequence[Posted]], bool]
"""Whether an attempt, with the events that wait for it, is one for this process to drive.

Plain and quick. It may be asked on a thread of the store's, and of one attempt more than once.
"""


def anything_fits(_: Attempt, __: Sequence[Posted]) -> bool:
    """What `due` asks where nothing is asked for."""
    return True


class Store(Protocol):
    """Keeps snapshots, journals, inboxes and claims."""

    async def create(
        self,
        attempt: Attempt,
        rows: Sequence[JournalRow],
        *,
        holder: str,
        until: datetime,
        untold: bool,
    ) -> Taken:
        """Store a new attempt (version 1), leased to `holder`, durably.

        Raises:
            DuplicateAttempt: the id is taken; nothing was written.
        """
        ...

    async def load(self, attempt_id: str) -> Attempt | None:
        """The snapshot, or None. Raises `SnapshotUnreadable`."""
        ...

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
        """Lease the attempt, or, while another has it, post the event `post` to its inbox.

        None: no such attempt, or, where `owner` is given, another owner's. A lease whose end is
        not after `now` has lapsed.
        """
        ...

    async def save(self, save: Save) -> Saved:
        """Write one step.

        Raises:
            LeaseLost: the lease's fence, or the version, is no longer the stored one; nothing was
                written.
        """
        ...

    async def renew(
        self, holder: str, attempt_ids: Collection[str], until: datetime
    ) -> frozenset[str]:
        """Prolong the leases that `holder` has of these attempts; answers those it still has."""
        ...

    async def release(self, lease: Lease) -> tuple[Posted, ...]:
        """Give a lease back without saving anything; nothing happens if it was lost.

        While events wait in the inbox it is kept, and they are answered, as with `save`.
        """
        ...

    async def due(
        self,
        *,
        holder: str,
        now: datetime,
        until: datetime,
        limit: int,
        fits: Fits = anything_fits,
    ) -> tuple[Taken, ...]:
        """Lease attempts whose time has come (`due_at`), or whose lease has lapsed.

        A snapshot that cannot be read is left out, and does not hinder the others; so is, for
        `passed_over.PASSED_OVER`, an attempt that does not fit: it stays as it is, for another
        process.
        """
        ...

    async def next_due(self) -> datetime | None:
        """The earliest `due_at` of an attempt that nobody drives, or end of a lease; those that
        `due` has left out are left out here too."""
        ...

    async def history(self, attempt_id: str) -> tuple[JournalRow, ...]:
        """The journal, oldest first."""
        ...

    async def untold(self, limit: int) -> tuple[Untold, ...]:
        """Transitions that listeners have yet to hear of, in order for each attempt."""
        ...

    async def untold_attempts(self) -> Mapping[str, int]:
        """The attempts that have such transitions, each with the `seq` of the last of them."""
        ...

    async def untold_of(self, attempt_ids: Collection[str]) -> tuple[Untold, ...]:
        """The transitions of these attempts that listeners have yet to hear of, as `untold`."""
        ...

    async def told(self, rows: Collection[tuple[str, int]]) -> None:
        """Listeners heard of these (attempt id, seq)."""
        ...

    async def claim(self, claim: Claim, now: datetime) -> Claim:
        """Take the name, if it is free or its claim has ended; answers who has it now.

        With each new claim some that have ended by then are forgotten: webhooks and requests with
        an idempotency key leave one each, and nobody drops them.
        """
        ...

    async def claimed(self, key: str, now: datetime) -> Claim | None:
        """The claim of that name that has not ended."""
        ...

    async def concerned(self, id_user: int) -> tuple[str, ...]:
        """The ids of attempts that have not ended and whose Powens user this is."""
        ...

    async def connections(self, owner: str, *, without: str) -> frozenset[int]:
        """The ids of the connections that the owner's attempts have, ended ones too.

        Those of the attempt `without` are left out.
        """
        ...

    async def live(self, owner: str) -> tuple[str, ...]:
        """The ids of the owner's attempts that have not ended (`result` and `ending` apart:
        those with a `due_at` or a lease), in the order in which they were created."""
        ...

    async def live_states(self) -> Mapping[tuple[str, str], int]:
        """How many attempts that have not ended are in which machine's which state."""
        ...

    async def purge(self, before: datetime, *, limit: int = 1000) -> int:
        """Forget attempts that ended before then, with their journals, at most `limit` of them.

        Answers how many; what listeners have yet to hear of is kept.
        """
        ...

    async def erase(self, owner: str) -> int:
        """Forget all attempts of the owner, also live ones, with journals, inboxes and claims.

        A drive under way then loses its lease. Answers how many attempts there were.
        """
        ...
