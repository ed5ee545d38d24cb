"""The events that wait while an attempt is driven: how one is posted, and which is taken next."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from powens_flow import vocabulary as v
from powens_flow.events import Event, Woken, event_from_json
from powens_flow.idempotency import IdempotencyKey, key_from_json
from powens_flow.remedies import STAFF, remedy_from_json
from powens_flow.store.port import Posted

CANCELLATIONS: Final = (v.CANCEL, f"{STAFF}{v.CANCEL}")
"""The types of a posted cancellation: an end user's, and staff's."""

RETRIES: Final = (f"{STAFF}{v.RETRY}",)
"""The type of what staff post to have a call tried again now."""

_KEY: Final = "idempotency_key"


def to_post(event: Event, key: IdempotencyKey | None = None) -> dict[str, Any]:
    """The event as it is posted, with the key that it came with beside it."""
    return event.to_json() | ({} if key is None else {_KEY: key.to_json()})


def read_posted(posted: Posted) -> tuple[Event, IdempotencyKey | None]:
    """The event that was posted, and its key.

    Raises:
        InvalidEvent: it is none that this version knows.
    """
    said = dict(posted.event)
    key = key_from_json(said.pop(_KEY, None))
    return _event(said), key


def first_of(kinds: Collection[str], posted: Iterable[Posted]) -> Posted | None:
    """The first event of one of these types."""
    return next((one for one in posted if _kind(one) in kinds), None)


def _event(said: Mapping[str, Any]) -> Event:
    kind = str(said.get("type"))
    if kind == Woken.trigger:
        return Woken()
    if kind.startswith(STAFF):
        return remedy_from_json(said)
    return event_from_json(said)


def _kind(posted: Posted) -> Any:
    return posted.event.get("type")


class Inbox:
    """What waits for one drive, in the order it came, and the seqs taken since the last save."""

    def __init__(self, waiting: Iterable[Posted]) -> None:
        self._waiting = _by_seq(waiting)
        self.took: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def waiting(self) -> tuple[Posted, ...]:
        """Those that wait now."""
        return tuple(self._waiting.values())

    def first(self, kinds: Collection[str]) -> Posted | None:
        """The first that waits of one of these types."""
        return first_of(kinds, self._waiting.values())

    def take(self, posted: Posted) -> None:
        """It waits no more; nor do others like it, where whoever is woken often looks once."""
        is_woken = _kind(posted) == Woken.trigger
        taken = [posted.seq]
        if is_woken:
            taken = [one.seq for one in self.waiting() if _kind(one) == Woken.trigger]
        self.took += tuple(taken)
        for seq in taken:
            del self._waiting[seq]

    def saved(self, waiting: Iterable[Posted]) -> None:
        """What was taken is saved, and this is what waits by now."""
        self._waiting, self.took = _by_seq(waiting), ()


def _by_seq(waiting: Iterable[Posted]) -> dict[int, Posted]:
    return {posted.seq: posted for posted in waiting}
