"""What staff may do to an attempt: events through the machine like anybody's.

Each says who and why, and the journal keeps both. No end user can send one: in an inbox they stand
under types of their own (`staff.cancel`, ...), which are no events from JSON, and an `Owner` sends
none.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from attrs import field, frozen

from powens_flow.events import Event, InvalidEvent
from powens_flow.vocabulary import CANCEL, POLL, RETRY

STAFF: Final = "staff."
LONGEST_NAME, LONGEST_REASON = 200, 1000
"""Characters of who and why."""


def _name(value: Any) -> str:
    return _line(value, LONGEST_NAME)


def _reason(value: Any) -> str:
    return _line(value, LONGEST_REASON)


def _line(value: Any, longest: int) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text.isprintable() or not 0 < len(text) <= longest:
        raise ValueError(f"a text of 1 to {longest} printable characters")
    return text


@frozen
class Remedy(Event):
    """The base of all remedies. `by` is who, `reason` why."""

    by: str = field(converter=_name)
    reason: str = field(converter=_reason)

    def to_json(self) -> dict[str, Any]:
        """The remedy as JSON, for the inbox."""
        return {"type": f"{STAFF}{self.trigger}", "by": self.by, "reason": self.reason}


@frozen
class CancelByStaff(Remedy):
    """End the attempt. One that is ending already is left to it, unless `gives_up_cleanup`."""

    trigger: ClassVar[str] = CANCEL
    gives_up_cleanup: bool = False

    def to_json(self) -> dict[str, Any]:
        """The remedy as JSON, for the inbox."""
        given_up = {"gives_up_cleanup": True} if self.gives_up_cleanup else {}
        return super().to_json() | given_up


@frozen
class TryAgainByStaff(Remedy):
    """Press the user's button "try again" for them."""

    trigger: ClassVar[str] = "try_again"


@frozen
class RetryByStaff(Remedy):
    """Try a call that failed again now, not when its time comes."""

    trigger: ClassVar[str] = RETRY


@frozen
class WakeByStaff(Remedy):
    """Look now, as after a webhook. No deadline is moved."""

    trigger: ClassVar[str] = POLL


_KINDS: Final[Mapping[str, type[Remedy]]] = {
    f"{STAFF}{kind.trigger}": kind
    for kind in (CancelByStaff, TryAgainByStaff, RetryByStaff, WakeByStaff)
}

ACTS: Final[Mapping[str, tuple[type[Remedy], ...]]] = {
    "cancel": (CancelByStaff,),
    "retry": (TryAgainByStaff, RetryByStaff),
    "wake": (WakeByStaff,),
}
"""What staff say, and the remedies that it may mean: the first that the state takes."""


def remedy_from_json(data: Mapping[str, Any]) -> Remedy:
    """A remedy as `to_json` wrote it into an inbox.

    Raises:
        InvalidEvent: it is none.
    """
    kind = _KINDS.get(str(data.get("type")))
    if kind is None:
        raise InvalidEvent(f"unknown remedy; known: {', '.join(_KINDS)}")
    try:
        return kind(**{key: value for key, value in data.items() if key != "type"})
    except (TypeError, ValueError):
        raise InvalidEvent("a remedy of another version") from None
