"""How much of anything one sub-application takes, and how often one person may ask."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from powens_flow.clock import Pause
from powens_flow.options import count, seconds, seconds_or_none


@frozen
class Limits:
    """What may be asked of the sub-application. Each process counts for itself.

    `body` is the largest JSON body in bytes, `webhook` the largest of a webhook; `arrival` is how
    many seconds either may take to come, from its head to its last byte. `changes` is how many
    state-changing requests a minute one owner may send, in bursts of as many. `streams` is
    how many streams of one owner are open at once; a stream looks at the store every `poll`
    seconds (another process may have moved the attempt), says something at least every
    `heartbeat`, and ends after `stream` seconds, so that the browser signs in anew; a client that
    takes nothing for `patience` seconds is left. `callback` is how many seconds the bank's redirect
    waits for what comes of it. `connectors` is the default size of a page of connectors. Raises
    ValueError for a wrong one, which it names.
    """

    body: int = field(default=256 * 1024, validator=count)
    webhook: int = field(default=10 * 1024 * 1024, validator=count)
    arrival: float = field(default=30.0, validator=seconds)
    changes: int = field(default=120, validator=count)
    streams: int = field(default=10, validator=count)
    poll: float = field(default=2.0, validator=seconds)
    heartbeat: float = field(default=15.0, validator=seconds)
    stream: float = field(default=300.0, validator=seconds)
    patience: float = field(default=30.0, validator=seconds)
    callback: float = field(default=3.0, validator=seconds_or_none)
    connectors: int = field(default=50, validator=count)


_MINUTE: Final = timedelta(minutes=1)


class Rate:
    """At most `a_minute` requests a minute for each key, in bursts of as many.

    The generic cell rate algorithm: all that is kept of a key is when its allowance is whole again.
    """

    def __init__(self, a_minute: int) -> None:
        if a_minute < 1:
            raise ValueError("a rate is at least one request a minute")
        self._step = _MINUTE / a_minute
        self._filling: dict[Hashable, Pause] = {}
        self._swept: Pause | None = None

    def wait(self, key: Hashable, now: datetime) -> float:
        """Count a request: 0.0 if it may go on, else the seconds after which one may."""
        self._sweep(now)
        filling = self._filling.get(key)
        begins = filling.end if filling is not None and filling.lasts(now) else now
        whole_at = begins + self._step
        over = (whole_at - now - _MINUTE).total_seconds()
        if over > 0:
            return over
        self._filling[key] = Pause(now, whole_at)
        return 0.0

    def _sweep(self, now: datetime) -> None:
        """Once a minute, forget whose allowance is whole."""
        if self._swept is not None and self._swept.lasts(now):
            return
        self._swept = Pause(now, now + _MINUTE)
        self._filling = {key: one for key, one in self._filling.items() if one.lasts(now)}
