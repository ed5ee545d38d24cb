"""One listener's lane: what it is yet to hear, attempt by attempt, and when it is left alone."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Container, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import structlog

from powens_flow.clock import Clock, Pause
from powens_flow.patience import is_to_end
from powens_flow.store.port import Untold

log = structlog.get_logger("powens_flow")

QUEUED: Final = 1000
"""Transitions that wait in a lane before what comes is left in the store until there is room."""

REMEMBERED: Final = 20_000
"""Attempts that all have heard of, of which a lane still knows how far; of others the store is
asked. What another lane has yet to hear is remembered beside them, however much it is: what this
one has heard of it stands in the store as if it had not, and would be told again and again."""

Key = tuple[str, int]
"""An attempt's id and a row's seq."""


def key_of(one: Untold) -> Key:
    """What a transition is remembered by."""
    return one.row.attempt_id, one.row.seq


class TellLater(Exception):
    """Raised by a listener that could not hear: it wants to be told again `after` seconds.

    With `everything`, it can hear nothing before that (a receiver that is down), and is left alone.
    """

    def __init__(self, reason: str, after: float, *, everything: bool = False) -> None:
        super().__init__(reason)
        self.after = timedelta(seconds=after)
        self.everything = everything


class Lane:
    """Tells one listener, each attempt in its order, `at_once` attempts at the same time.

    `heard` is called with each transition that was heard. A listener that failed for an attempt
    hears no more of it until `reopen`; what is dropped here stays in the store. After a pause,
    and at first, it hears of one attempt at a time until it was heard.
    """

    def __init__(
        self,
        listener: Callable[[Untold], Awaitable[None]],
        at_once: int,
        clock: Clock,
        heard: Callable[[Untold], None],
    ) -> None:
        self._listener = listener
        self._at_once = at_once
        self._clock = clock
        self._heard = heard
        self._queues: dict[str, deque[Untold]] = {}
        self._ready: deque[str] = deque()
        self._next: OrderedDict[str, int] = OrderedDict()
        self._ahead: dict[str, int] = {}
        self._behind: dict[str, Pause] = {}
        self._missed: dict[str, None] = {}
        self._closed: Pause | None = None
        self._closed_by: OrderedDict[str, None] = OrderedDict()
        self._is_probing = True
        self._was_closed = False
        self._waiting = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return self._waiting

    @property
    def is_open(self) -> bool:
        """Whether it would hear of any attempt now."""
        return self._closed is None

    @property
    def is_full(self) -> bool:
        """Whether it has no room: one whose listener hangs would take all memory."""
        return self._waiting > QUEUED

    @property
    def has_room_again(self) -> bool:
        """Whether it missed something that there is room for by now."""
        return bool(self._missed) and self._waiting <= QUEUED // 2

    def miss(self, attempt_ids: Iterable[str]) -> None:
        """Remember that there was no room for what the store has of these attempts."""
        self._missed |= dict.fromkeys(one for one in attempt_ids if self.is_open_to(one))

    def missed(self, limit: int) -> tuple[str, ...]:
        """The first attempts that were missed, which are forgotten here."""
        first = tuple(islice(self._missed, limit))
        for attempt_id in first:
            del self._missed[attempt_id]
        return first

    def is_open_to(self, attempt_id: str) -> bool:
        """Whether it would hear of this attempt now."""
        return self.is_open and attempt_id not in self._behind

    def has_heard(self, attempt_id: str, seq: int) -> bool:
        """Whether this transition was heard, as far as is remembered."""
        return seq < self._next_of(attempt_id)

    def lacks(self, attempt_id: str, seq: int) -> bool:
        """Whether it would hear of this attempt now, and has the transition neither heard nor
        waiting here."""
        queue = self._queues.get(attempt_id)
        waits = queue[-1].row.seq if queue else 0
        is_here = seq <= waits or self.has_heard(attempt_id, seq)
        return not is_here and self.is_open_to(attempt_id)

    def all_have_heard(self, attempt_id: str, seq: int) -> None:
        """No other lane lacks this transition any more."""
        if self._ahead.get(attempt_id) == seq + 1:
            del self._ahead[attempt_id]
            self._remember(attempt_id, seq + 1)

    def forget_all_but(self, untold: Container[str]) -> None:
        """Of other attempts nothing is untold any more, in whatever way: they may be forgotten."""
        for attempt_id in [one for one in self._ahead if one not in untold]:
            self._remember(attempt_id, self._ahead.pop(attempt_id))

    def offer(self, one: Untold, *, first: bool = False) -> bool:
        """Queue a transition, unless it waits or was heard.

        False when an earlier one of the attempt has to be heard first, and is not here; `first`
        says that there is none.
        """
        attempt_id, seq = key_of(one)
        if not self.is_open_to(attempt_id):
            return True
        if self.is_full and not first:
            self.miss([attempt_id])
            return True
        queue = self._queues.get(attempt_id)
        expected = queue[-1].row.seq + 1 if queue else self._next_of(attempt_id)
        if seq > expected and not first:
            return False
        if seq >= expected:
            self._enqueue(one, queue)
        return True

    def reopen(self, now: datetime) -> bool:
        """Let what has waited long enough be told again; whether the listener hears anything."""
        if self._closed is not None and not self._closed.lasts(now):
            self._closed, self._is_probing, self._was_closed = None, True, True
        self._behind = {one: pause for one, pause in self._behind.items() if pause.lasts(now)}
        self._staff()  # a task may have been cancelled with work before it
        return self.is_open

    def _enqueue(self, one: Untold, queue: deque[Untold] | None) -> None:
        attempt_id = one.row.attempt_id
        if queue is None:
            queue = self._queues[attempt_id] = deque()
            self._ready.append(attempt_id)
        queue.append(one)
        self._waiting += 1
        self._staff()

    def _staff(self) -> None:
        """As many tasks as there is work for, and as the listener can hear at once."""
        most = 1 if self._is_probing else self._at_once
        while len(self.tasks) < min(most, len(self._queues)):
            task = asyncio.get_running_loop().create_task(self._work())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _work(self) -> None:
        try:
            while self._ready:
                await self._tell_all_of(self._first_ready())
        finally:  # at once, so that what comes in before the task is done finds it gone
            self.tasks.difference_update({asyncio.current_task()})

    def _first_ready(self) -> str:
        """The attempt that is told next: after a pause one with which it was not begun, or begun
        longest ago. One at which the listener always breaks down would keep all others for ever."""
        if not self._was_closed:
            return self._ready.popleft()
        self._was_closed = False
        begun = {attempt_id: at for at, attempt_id in enumerate(self._closed_by, 1)}
        first = min(self._ready, key=lambda one: begun.get(one, 0))
        self._ready.remove(first)
        return first

    async def _tell_all_of(self, attempt_id: str) -> None:
        queue = self._queues[attempt_id]
        try:
            while queue and self.is_open_to(attempt_id) and await self._hears(queue[0]):
                queue.popleft()
                self._waiting -= 1
        finally:  # also when this task is cancelled: what is left of it would never be told
            self._drop(attempt_id)

    def _drop(self, attempt_id: str) -> None:
        self._waiting -= len(self._queues.pop(attempt_id))

    async def _hears(self, one: Untold) -> bool:
        try:
            await self._listener(one)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_to_end():
                raise
            self._failed(one, error)
            return False
        attempt_id, seq = key_of(one)
        self._ahead[attempt_id] = seq + 1
        self._closed_by.pop(attempt_id, None)
        if self._is_probing:
            self._is_probing = False
            self._staff()
        self._heard(one)
        return True

    def _next_of(self, attempt_id: str) -> int:
        """The `seq` of the first transition that was not heard, as far as is remembered."""
        return self._ahead.get(attempt_id) or self._next.get(attempt_id, 1)

    def _remember(self, attempt_id: str, seq: int) -> None:
        self._next[attempt_id] = seq
        self._next.move_to_end(attempt_id)
        if len(self._next) > REMEMBERED:
            self._next.popitem(last=False)

    def _failed(self, one: Untold, error: BaseException) -> None:
        attempt_id, seq = key_of(one)
        now = self._clock.now()
        if not isinstance(error, TellLater):
            self._behind[attempt_id] = Pause(now, now)  # until the next `reopen`
            name = type(error).__name__
            log.error("listener.failed", attempt=attempt_id, seq=seq, error=name)
            return
        self._behind[attempt_id] = pause = Pause(now, now + error.after)
        if error.everything:
            self._close(pause, attempt_id)

    def _close(self, pause: Pause, attempt_id: str) -> None:
        """Hear nothing before its end: what is queued and not being told is left in the store."""
        self._closed = pause
        self._closed_by[attempt_id] = None
        self._closed_by.move_to_end(attempt_id)
        if len(self._closed_by) > REMEMBERED:
            self._closed_by.popitem(last=False)
        for one in self._ready:
            self._drop(one)
        self._ready.clear()
        self._missed.clear()
