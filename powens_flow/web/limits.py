"""How much of anything one sub-application takes, and how often one person may ask."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from attrs import field, frozen

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


class Rate:
    """At most `a_minute` requests a minute for each key, in bursts of as many.

    The generic cell rate algorithm: all that is kept of a key is when its allowance is whole again.
    """

    def __init__(self, a_minute: int) -> None:
        if a_minute < 1:
            raise ValueError("a rate is at least one request a minute")
        self._step = timedelta(minutes=1) / a_minute
        self._whole_at: dict[Hashable, datetime] = {}
        self._swept_at: datetime | None = None

    def wait(self, key: Hashable, now: datetime) -> float:
        """Count a request: 0.0 if it may go on, else the seconds after which one may."""
        self._sweep(now)
        whole_at = max(now, self._whole_at.get(key, now)) + self._step
        over = (whole_at - now - timedelta(minutes=1)).total_seconds()
        if over > 0:
            return over
        self._whole_at[key] = whole_at
        return 0.0

    def _sweep(self, now: datetime) -> None:
        """Once a minute, forget whose allowance is whole."""
        if self._swept_at is not None and now - self._swept_at < timedelta(minutes=1):
            return
        self._swept_at = now
        self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
