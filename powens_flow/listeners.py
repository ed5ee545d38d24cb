"""Who hears of saved transitions: at least once, in each attempt's order, also after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.store.port import Store, Untold

log = structlog.get_logger("powens_flow")


@frozen
class Change:
    """A saved transition: its journal row, and the attempt as it was saved then or later."""

    attempt: Attempt
    row: JournalRow

    @property
    def ended(self) -> bool:
        """Whether the transition led to a final state."""
        attempt = self.attempt
        is_over = attempt.result is not None or attempt.cleanup is not None
        return is_over and attempt.state == self.row.dest


Listener = Callable[[Change], Awaitable[None]]


@frozen
class Subscription:
    """A listener and what it wants to hear: one state, one machine, or all."""

    listener: Listener
    state: str | None = None
    machine: str | None = None

    def wants(self, change: Change) -> bool:
        return self.state in (None, change.row.dest) and self.machine in (
            None,
            change.attempt.machine,
        )


class Listeners:
    """Tells the listeners, away from the path of an event, and remembers what was told.

    What they must hear was saved with the transition; `told` is written afterwards, so that a
    crash between the two tells again rather than never. A listener that fails hears of the same
    transition again with the next `retell`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscriptions: list[Subscription] = []
        self._queue: list[Untold] = []
        self._worker: asyncio.Task[None] | None = None
        self._under_way: set[tuple[str, int]] = set()

    def __bool__(self) -> bool:
        return bool(self._subscriptions)

    def add(self, subscription: Subscription) -> None:
        self._subscriptions.append(subscription)

    def tell(self, untold: Iterable[Untold]) -> None:
        """Tell these soon."""
        for one in untold:
            key = (one.row.attempt_id, one.row.seq)
            if key not in self._under_way:
                self._under_way.add(key)
                self._queue.append(one)
        if self._queue and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def retell(self, limit: int = 500) -> None:
        """Tell what an earlier process, or a failing listener, left untold."""
        if self._subscriptions:
            self.tell(await self._store.untold(limit))

    async def settled(self) -> None:
        """Wait until everything handed over so far was told."""
        while self._worker is not None:
            await asyncio.shield(self._worker)

    async def _work(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue, []
                told = await self._tell_all(batch)
                if told:
                    await self._store.told(told)
                self._under_way.difference_update(
                    (one.row.attempt_id, one.row.seq) for one in batch
                )
        finally:
            self._worker = None

    async def _tell_all(self, batch: list[Untold]) -> list[tuple[str, int]]:
        told: list[tuple[str, int]] = []
        stopped: set[str] = set()
        for one in batch:
            attempt_id = one.row.attempt_id
            if attempt_id in stopped:  # in order: what follows a failure waits for it
                continue
            if await self._tell_one(Change(one.attempt, one.row)):
                told.append((attempt_id, one.row.seq))
            else:
                stopped.add(attempt_id)
        return told

    async def _tell_one(self, change: Change) -> bool:
        for subscription in self._subscriptions:
            if not subscription.wants(change):
                continue
            try:
                await subscription.listener(change)
            except Exception as error:
                log.error(
                    "listener.failed",
                    attempt=change.row.attempt_id,
                    seq=change.row.seq,
                    error=type(error).__name__,
                )
                return False
        return True
