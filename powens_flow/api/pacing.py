"""A limit on calls a minute, shared by all calls of a client: user-facing ones go before polls.

Written here because aiolimiter, the well-kept library for it, knows neither priorities nor a clock
that is handed in. The limit itself is the protocol page's "fair use".
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from attrs import field, frozen

from powens_flow.api.errors import TemporaryFailure
from powens_flow.api.refusals import MAX_RETRY_AFTER
from powens_flow.clock import Clock

SANDBOX_CALLS_A_MINUTE: Final = 30
"""What a sandbox allows (protocol page, "fair use")."""
WINDOW: Final = timedelta(seconds=60.5)
"""A minute, and a little for calls that take unequal times to reach the server."""
LONGEST_IN_BACKGROUND: Final = 30.0
"""Seconds after which a call in the background counts as user-facing."""
LONGEST_WAIT: Final = WINDOW.total_seconds()
"""Seconds that a call waits for its turn at most, whatever its own time-out is."""
LONGEST_PAUSE: Final = timedelta(seconds=MAX_RETRY_AFTER)
RESERVE: Final = 5
"""One call of so many is kept for users: polls that took them all would keep a user waiting for a
minute, whatever their place in the line."""

_OPEN: Final = datetime.min.replace(tzinfo=UTC)
_background: ContextVar[bool] = ContextVar("powens_flow_background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """What is called inside gives way to calls that a user waits for; so do tasks started inside.

    It matters only to a client that has a limit of calls a minute.
    """
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


@frozen(eq=False)
class _Waiter:
    number: int
    background: bool
    ages: datetime
    expires: datetime
    turn: asyncio.Future[datetime] = field(repr=False)


class Pace:
    """At most `calls` turns in any minute, given in order: user-facing first, then who came first.

    A call in the background counts as user-facing after `ages_after` seconds, so it is not starved.
    Not for several threads.
    """

    def __init__(
        self, calls: int, clock: Clock, *, ages_after: float = LONGEST_IN_BACKGROUND
    ) -> None:
        if type(calls) is not int or calls < 1:
            raise ValueError(f"calls_a_minute must be a whole number, at least 1, not {calls!r}")
        self._calls = calls
        self._polls = calls - calls // RESERVE
        self._clock = clock
        self._ages_after = timedelta(seconds=ages_after)
        self._given: deque[datetime] = deque()
        self._paused_until = _OPEN
        self._numbers = count()
        self._urgent: OrderedDict[int, _Waiter] = OrderedDict()
        self._patient: OrderedDict[int, _Waiter] = OrderedDict()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = _OPEN

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._urgent) + len(self._patient)

    async def turn(self, patience: float) -> None:
        """Wait for this call's turn, at most `patience` seconds of the clock's time.

        Raises TemporaryFailure, with `retry_after`, as soon as it is certain that there will be
        none in that time; nothing was sent then.
        """
        waiter = self._joined(timedelta(seconds=patience))
        self._serve(waiter)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._left(waiter)
            raise

    def pause(self, seconds: float) -> None:
        """Let no call through for so long: the API asked for it (`Retry-After`)."""
        until = self._clock.now() + min(timedelta(seconds=seconds), LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, until)
        self._dismiss(self._everyone())
        self._serve()

    def close(self) -> None:
        """Send away who still waits."""
        for waiter in self._everyone():
            self._forget(waiter)
            waiter.turn.set_exception(_no_turn(None))
        self._set_alarm(None)

    # --- the line ----------------------------------------------------------------------------

    def _joined(self, patience: timedelta) -> _Waiter:
        now = self._clock.now()
        waiter = _Waiter(
            number=next(self._numbers),
            background=_background.get(),
            ages=now + self._ages_after,
            expires=now + patience,
            turn=asyncio.get_running_loop().create_future(),
        )
        self._line(waiter)[waiter.number] = waiter
        return waiter

    def _left(self, waiter: _Waiter) -> None:
        """Gone before its turn, or with a turn it did not use."""
        self._forget(waiter)
        if not waiter.turn.cancelled() and waiter.turn.exception() is None:
            with suppress(ValueError):  # so long ago that it counts no more
                self._given.remove(waiter.turn.result())
        self._serve()

    def _line(self, waiter: _Waiter) -> OrderedDict[int, _Waiter]:
        return self._patient if waiter.background else self._urgent

    def _forget(self, waiter: _Waiter) -> None:
        self._line(waiter).pop(waiter.number, None)

    def _everyone(self) -> list[_Waiter]:
        return [*self._urgent.values(), *self._patient.values()]

    def _first(self, now: datetime) -> _Waiter | None:
        urgent = next(iter(self._urgent.values()), None)
        patient = next(iter(self._patient.values()), None)
        if urgent is None or patient is None:
            return urgent or patient
        has_aged = patient.ages <= now and patient.number < urgent.number
        return patient if has_aged else urgent

    # --- turns -------------------------------------------------------------------------------

    def _serve(self, newcomer: _Waiter | None = None) -> None:
        """Give the turns there are, send away who can have none in time, wake for the next."""
        now = self._clock.now()
        self._drop_old(now)
        has_given = False
        while (first := self._first(now)) is not None and self._opens(first) <= now:
            self._forget(first)
            self._given.append(now)
            first.turn.set_result(now)
            has_given = True
        # Only a turn that is given, or a pause, makes those who came before wait longer.
        self._dismiss(self._everyone() if has_given else [newcomer] if newcomer else [])
        first = self._first(now)
        self._set_alarm(None if first is None else self._opens(first))

    def _opens(self, waiter: _Waiter) -> datetime:
        """The earliest moment at which it can have a turn."""
        anybody = max(self._paused_until, self._room(self._calls))
        if not waiter.background:
            return anybody
        poll = max(self._paused_until, self._room(self._polls))
        return min(poll, max(anybody, waiter.ages))

    def _room(self, most: int) -> datetime:
        """When fewer than `most` turns will have been given within the window."""
        over = len(self._given) - most
        return _OPEN if over < 0 else self._given[over] + WINDOW

    def _drop_old(self, now: datetime) -> None:
        # A turn in the future: the clock was set back, and nothing it said before can be trusted.
        while self._given and not now - WINDOW < self._given[0] <= now:
            self._given.popleft()
        if self._paused_until - now > LONGEST_PAUSE:
            self._paused_until = _OPEN

    def _dismiss(self, waiters: list[_Waiter]) -> None:
        for waiter in waiters:
            opens = self._opens(waiter)
            if not waiter.turn.done() and opens > waiter.expires:
                self._forget(waiter)
                left = (opens - self._clock.now()).total_seconds()
                waiter.turn.set_exception(_no_turn(left))

    # --- the alarm ---------------------------------------------------------------------------

    def _set_alarm(self, at: datetime | None) -> None:
        if self._alarm is not None and at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            self._alarm_at = at
            self._alarm = asyncio.get_running_loop().create_task(self._ring(at))

    async def _ring(self, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        self._alarm = None
        self._serve()


def pace_of(host: str | None, calls: int | None, clock: Clock, timeout: float) -> Pace | None:
    """The pace of a client whose calls wait at most `timeout` seconds; None: unlimited."""
    if calls is None and (host or "").partition(".")[0].endswith("-sandbox"):
        calls = SANDBOX_CALLS_A_MINUTE
    if calls is None:
        return None
    # A poll that aged only when it gives up would be starved all the same.
    return Pace(calls, clock, ages_after=min(LONGEST_IN_BACKGROUND, timeout / 2))


def _no_turn(seconds: float | None) -> TemporaryFailure:
    return TemporaryFailure(
        description="no turn in time within the limit of calls a minute", retry_after=seconds
    )
