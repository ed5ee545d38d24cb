"""What comes in from outside: a person's answer, the bank's redirect.

Each event is a frozen value with a `trigger` of the machines, and can be made from plain JSON:
`{"type": "choose_connector", "connector": "..."}`. Values of credential fields stand in an event
only sealed (JWE for Powens' key); see `Owner.seal`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from attrs import NOTHING, field, fields, frozen

from powens_flow.utf8 import is_utf8
from powens_flow.vocabulary import POLL

LONGEST_TEXT, MOST_TEXTS, MOST_IDS = 64 * 1024, 100, 1000
"""What one event may bring: a sealed value, and a form or a consent of any size seen."""

MOST_NAMED, LONGEST_NAME = 5, 100
"""What of an event's own keys an error's text repeats."""

CALLBACK_READ = ("state", "error", "id_connection", "connection_id")
"""The parameters of the bank's callback that say something to an attempt."""

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
LARGEST_ID = 2**63 - 1


class InvalidEvent(ValueError):
    """An event that cannot be understood. `fields` maps each wrong key to what is accepted."""

    def __init__(self, message: str, wrong: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(wrong or {})


@frozen
class Event:
    """The base of all events."""

    trigger: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The event as JSON, for the inbox."""
        plain = {a.name: getattr(self, a.name) for a in fields(type(self))}
        return {
            "type": self.trigger,
            **{k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()},
        }


def _text(value: Any) -> str:
    if not _is_text(value) or not value:
        raise ValueError("must be a text that is not empty")
    return str(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and is_utf8(value)


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _ids(value: Any) -> tuple[int, ...]:
    if isinstance(value, list | tuple) and len(value) <= MOST_IDS and all(map(_is_id, value)):
        return tuple(dict.fromkeys(value))
    raise ValueError("must be a list of ids (positive integers)")


def _id(value: Any) -> int:
    if not _is_id(value):
        raise ValueError("must be an id (a positive integer)")
    return int(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID


def _texts(value: Any) -> dict[str, str]:
    few = isinstance(value, Mapping) and len(value) <= MOST_TEXTS
    if few and all(_is_text(name) and _is_text(text) for name, text in value.items()):
        return dict(value)
    raise ValueError("must be an object of texts")


def _callback(value: Any) -> dict[str, str]:
    return {k: text if k in CALLBACK_READ else "" for k, text in _texts(value).items()}


def _connector(value: Any) -> str:
    if _is_id(value):
        return str(value)
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    raise ValueError("must be a connector's uuid or id")


@frozen
class ChooseConnector(Event):
    """The user picked a connector, by uuid or id."""

    trigger: ClassVar[str] = "choose_connector"
    connector: str = field(converter=_connector)


@frozen
class ChooseSource(Event):
    """The user picked the next source, by name."""

    trigger: ClassVar[str] = "choose_source"
    source: str = field(converter=_text)


@frozen
class SubmitValues(Event):
    """The user filled in the fields: sealed values by name (plain ones for webauth fields)."""

    trigger: ClassVar[str] = "submit_values"
    values: Mapping[str, str] = field(converter=_texts, repr=False)


@frozen
class Returned(Event):
    """The bank redirected back: the query parameters of the callback. Of what nobody reads, which
    may be a code, the name alone is kept: an inbox is no place for it."""

    trigger: ClassVar[str] = "returned"
    parameters: Mapping[str, str] = field(converter=_callback, repr=False)


@frozen
class Approved(Event):
    """The user says that they approved in the bank's app."""

    trigger: ClassVar[str] = "approved"


@frozen
class Acted(Event):
    """The user says that they did what the bank asked for on its site."""

    trigger: ClassVar[str] = "acted"


@frozen
class TryAgain(Event):
    """The user wants the interrupted step to be tried again."""

    trigger: ClassVar[str] = "try_again"


@frozen
class FinishLater(Event):
    """The user will not wait: what exists is kept, and Powens goes on by itself."""

    trigger: ClassVar[str] = "finish_later"


@frozen
class SkipSource(Event):
    """The user gives up on a further source; the earlier ones stay."""

    trigger: ClassVar[str] = "skip_source"


@frozen
class ChooseAnotherConnector(Event):
    """The user goes back to the list of connectors, before anything was made."""

    trigger: ClassVar[str] = "choose_another_connector"


@frozen
class ChooseAccounts(Event):
    """The user's consent: the ids of the accounts and subscriptions to activate."""

    trigger: ClassVar[str] = "choose_accounts"
    accounts: tuple[int, ...] = field(default=(), converter=_ids)
    subscriptions: tuple[int, ...] = field(default=(), converter=_ids)


@frozen
class AddSource(Event):
    """The user wants the next source that is on offer; `source` may name it."""

    trigger: ClassVar[str] = "add_source"
    source: str | None = field(default=None, converter=_optional_text)


@frozen
class RepairConnection(Event):
    """The user has this bank already, and wants that connection repaired."""

    trigger: ClassVar[str] = "repair_connection"
    connection: int = field(converter=_id)


@frozen
class AddAnother(Event):
    """The user has this bank already, and wants a further connection of it all the same."""

    trigger: ClassVar[str] = "add_another"


@frozen
class Cancel(Event):
    """The user, or the integrator for them, gives up."""

    trigger: ClassVar[str] = "cancel"


@frozen
class Woken(Event):
    """Something happened at Powens (a webhook): look now. Nobody outside sends this."""

    trigger: ClassVar[str] = POLL


EVENTS: Mapping[str, type[Event]] = {
    kind.trigger: kind
    for kind in (
        ChooseConnector,
        ChooseSource,
        SubmitValues,
        Returned,
        Approved,
        Acted,
        TryAgain,
        FinishLater,
        SkipSource,
        ChooseAnotherConnector,
        ChooseAccounts,
        AddSource,
        RepairConnection,
        AddAnother,
        Cancel,
    )
}


_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_ID = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_TEXTS = {
    "type": "object",
    "additionalProperties": {"type": "string", "maxLength": LONGEST_TEXT},
    "maxProperties": MOST_TEXTS,
}
SCHEMAS: Mapping[Any, Mapping[str, Any]] = {
    _text: _TEXT,
    _optional_text: {**_TEXT, "type": ["string", "null"]},
    _id: _ID,
    _ids: {"type": "array", "items": _ID, "maxItems": MOST_IDS},
    _texts: _TEXTS,
    _callback: _TEXTS,
    _connector: {"oneOf": [{"type": "string", "pattern": f"^{_REFERENCE.pattern}$"}, _ID]},
}
"""What each converter takes, as JSON Schema, which cannot say that a text is one of Unicode."""


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The JSON Schema of one type of event."""
    known = fields(kind)
    return {
        "type": "object",
        "properties": {
            "type": {"const": kind.trigger},
            **{one.name: SCHEMAS[one.converter] for one in known},
        },
        "required": ["type", *(one.name for one in known if one.default is NOTHING)],
        "additionalProperties": False,
    }


def event_from_json(data: Any) -> Event:
    """An event from plain JSON: an object with `type` and that type's keys.

    Raises:
        InvalidEvent: naming each key that is wrong and what is accepted; never a value.
    """
    if not isinstance(data, Mapping):
        raise InvalidEvent("an event is a JSON object with a type")
    name = data.get("type")
    kind = EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(EVENTS)
        raise InvalidEvent(f"unknown type of event; known: {known}", {"type": f"one of: {known}"})
    return _made(kind, {str(key): value for key, value in data.items() if key != "type"})


def _made(kind: type[Event], given: Mapping[str, Any]) -> Event:
    known = {a.name: a for a in fields(kind)}
    wrong = {
        key: f"not known; known: {', '.join(known) or 'none'}" for key in set(given) - set(known)
    }
    for name, attribute in known.items():
        if name in given:
            wrong.update(_wrong(name, attribute.converter, given[name]))
        elif attribute.default is NOTHING:
            wrong[name] = "is needed"
    if wrong:
        raise InvalidEvent(f"wrong in an event {kind.trigger!r}: {_said(wrong)}", wrong)
    return kind(**given)


def _said(wrong: Mapping[str, str]) -> str:
    """The first of what is wrong; a stranger's object may have thousands of keys."""
    named = [f"{key[:LONGEST_NAME]} ({wrong[key]})" for key in sorted(wrong)[:MOST_NAMED]]
    more = len(wrong) - len(named)
    return ", ".join([*named, f"{more} more"] if more else named)


def _wrong(name: str, converter: Callable[[Any], Any] | Any, value: Any) -> dict[str, str]:
    try:
        converter(value)
    except ValueError as error:
        return {name: str(error)}
    return {}
