"""Who hears of saved transitions: at least once, in each attempt's order, also after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.store.port import Store, StoreError, Untold

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


Key = tuple[str, int]
"""An attempt's id and a row's seq."""


def _key(one: Untold) -> Key:
    return one.row.attempt_id, one.row.seq


class Listeners:
    """Tells the listeners, away from the path of an event, and remembers what was told.

    What they must hear was saved with the transition; `told` is written afterwards, so that a
    crash between the two tells again rather than never. A listener that fails hears of the same
    transition again with the next `retell`, and of what follows it after that; the others go on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscriptions: list[Subscription] = []
        self._queue: dict[Key, Untold] = {}
        self._telling: dict[Key, Untold] = {}
        self._heard: dict[Key, set[int]] = {}
        self._behind: set[tuple[int, str]] = set()
        self._worker: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        return bool(self._subscriptions)

    def add(self, subscription: Subscription) -> None:
        self._subscriptions.append(subscription)

    def tell(self, untold: Iterable[Untold]) -> None:
        """Tell these soon."""
        for one in untold:
            if _key(one) not in self._telling:
                self._queue.setdefault(_key(one), one)
        if self._queue and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def retell(self, limit: int = 500) -> None:
        """Tell what an earlier process, or a failing listener, left untold."""
        if not self._subscriptions:
            return
        found = await self._store.untold(limit)
        later, self._queue = self._queue, {}
        being_told = {attempt_id for attempt_id, _ in self._telling}
        self._behind = {one for one in self._behind if one[1] in being_told}
        self.tell((*found, *later.values()))  # the store has them in order

    async def settled(self) -> None:
        """Wait until everything handed over so far was told."""
        while self._worker is not None:
            await asyncio.shield(self._worker)

    async def _work(self) -> None:
        try:
            while self._queue:
                self._telling, self._queue = self._queue, {}
                await self._tell_all()
        finally:
            self._worker = None

    async def _tell_all(self) -> None:
        try:
            told = [key for key, one in self._telling.items() if await self._tell_one(key, one)]
            if told:
                await self._store.told(told)
        except StoreError as error:  # told again with the next `retell`
            log.error("listeners.not_remembered", error=type(error).__name__)
        finally:
            self._telling = {}

    async def _tell_one(self, key: Key, one: Untold) -> bool:
        """Whether all who want to hear of it have, now or before."""
        change = Change(one.attempt, one.row)
        heard = self._heard.pop(key, set())
        wanting = [n for n, each in enumerate(self._subscriptions) if each.wants(change)]
        for number in wanting:
            if number not in heard and await self._hears(number, change):
                heard.add(number)
        if heard.issuperset(wanting):
            return True
        self._heard[key] = heard
        return False

    async def _hears(self, number: int, change: Change) -> bool:
        attempt_id = change.row.attempt_id
        if (number, attempt_id) in self._behind:  # in order: what follows a failure waits for it
            return False
        try:
            await self._subscriptions[number].listener(change)
        except Exception as error:
            self._behind.add((number, attempt_id))
            log.error(
                "listener.failed",
                attempt=attempt_id,
                seq=change.row.seq,
                error=type(error).__name__,
            )
            return False
        return True
