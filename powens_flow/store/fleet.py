"""What staff ask of a store: all attempts together, and a remedy posted to one of them.

A store knows attempts and no machine: what counts as trouble is handed in (see
`inspection.stuck`), and so is the time. Nothing here has a token, a credential, or anything of an
account's holder in it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow

MachineState = tuple[str, str]
"""A machine's name, and the whole name of one of its states."""

LATEST = 5_000
"""Of how many attempts, the latest ones, the times in each state are told."""


@frozen
class Trouble:
    """When an attempt that lives counts as stuck: one of these is enough.

    Its time (a deadline, a poll, a retry, or a lease's end) passed before `overdue`, and nobody
    took it up; it is in one of the `asking` states, where nothing but a person's decision helps;
    it has been in one of the `calling` states since before `calling_since`; or it is in none of
    the `known` states, which are those of the machines that are loaded.
    """

    overdue: datetime
    calling_since: datetime
    asking: frozenset[MachineState] = frozenset()
    calling: frozenset[MachineState] = frozenset()
    known: frozenset[MachineState] = frozenset()


@frozen
class Wanted:
    """Which attempts are wanted: those of which all that is given here is true.

    `connector` is a uuid. `states` are whole names. `created_before` and `created_since` bound the
    age, `in_state_since` how long it has not moved; `lives`: it has not ended.
    """

    states: frozenset[str] | None = None
    machine: str | None = None
    owner: str | None = None
    connector: str | None = None
    created_before: datetime | None = None
    created_since: datetime | None = None
    in_state_since: datetime | None = None
    lives: bool | None = None
    stuck: Trouble | None = None


@frozen
class Listed:
    """One attempt as a list shows it.

    `connector` is its name. `wakes_at` is when it is looked at again, or, while it is `driven`,
    when the lease ends; None when it has ended. `problem` is the message key of what went wrong
    last. `place` is for the next page.
    """

    place: int
    id: str
    owner: str
    machine: str
    state: str
    created_at: datetime
    entered_at: datetime
    connector: str | None = None
    wakes_at: datetime | None = None
    driven: bool = False
    problem: str | None = None


@frozen
class Page:
    """Attempts, the newest first. `before`: ask for the next page with it; None: there is none."""

    attempts: tuple[Listed, ...]
    before: int | None = None


@frozen
class ConnectorName:
    """A connector that some attempt has chosen."""

    uuid: str
    id: int
    name: str


@frozen
class Count:
    """How many attempts of one machine and connector (uuid) are in one state."""

    machine: str
    state: str
    connector: str | None
    lives: bool
    attempts: int


@frozen
class Loss:
    """How many attempts left their way for an end other than completion, at which state, by what.

    `trigger` is `cancel`, `expire`, or the outcome that could not be mended.
    """

    machine: str
    state: str
    connector: str | None
    trigger: str
    attempts: int


@frozen
class Spent:
    """How long attempts spent in one state, all their stays there together, in seconds.

    `median` and `p95` are times that one of the `attempts` really had (nearest rank).
    """

    machine: str
    state: str
    attempts: int
    median: float
    p95: float


class Fleet(Protocol):
    """All attempts, looked at. Reads only."""

    async def load(self, attempt_id: str) -> Attempt | None:
        """See `Store.load`."""
        ...

    async def history(self, attempt_id: str) -> tuple[JournalRow, ...]:
        """See `Store.history`."""
        ...

    async def posted(self, attempt_id: str) -> tuple[str, ...]:
        """The types of the events that wait in its inbox, in order."""
        ...

    async def attempts(self, wanted: Wanted, *, limit: int = 50, before: int | None = None) -> Page:
        """The attempts that are wanted, the newest first."""
        ...

    async def connectors(self) -> tuple[ConnectorName, ...]:
        """The connectors that attempts have chosen, by name."""
        ...

    async def counts(self, *, since: datetime | None = None) -> tuple[Count, ...]:
        """How many attempts are where, of those created since then; sorted."""
        ...

    async def losses(self, *, since: datetime | None = None) -> tuple[Loss, ...]:
        """Where attempts were lost, of those created since then; sorted."""
        ...

    async def spent(self, *, latest: int = LATEST) -> tuple[Spent, ...]:
        """How long the latest attempts spent in each state that they have left; sorted."""
        ...


class Mailbox(Protocol):
    """Where a remedy is left for whoever drives the attempt."""

    async def load(self, attempt_id: str) -> Attempt | None:
        """See `Store.load`."""
        ...

    async def post(
        self, attempt_id: str, event: Mapping[str, Any], *, version: int, now: datetime
    ) -> bool:
        """Leave an event in the inbox, durably, and make the attempt due at once.

        It takes the place of an event of the same `type` that waits there already: two are one, of
        which the last says who and why. While somebody drives the attempt, who may have read what
        waits, it takes the place of its equal alone. Without a backend that runs it waits.

        Answers:
            False: the attempt is gone, has ended, or its version is another by now; nothing was
                written.
        """
        ...
