"""From parsed JSON to the models, checked.

A reader takes a parsed value and answers a checked one, or raises `WrongShape` with the path to
what was wrong. The readers of the models are made once, from their annotations.
"""

import types
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from powens_flow.api.dates import moment
from powens_flow.api.models import Identifier
from powens_flow.secret import Secret

T = TypeVar("T")
Reader = Callable[[Any], T]
LARGEST_ID: Final = 2**63 - 1
_REQUIRED: Final = object()


class WrongShape(Exception):
    """What was met is not what the protocol says; `path` leads to it, outermost last.

    It holds our own names and positions only, nothing of the answer's values.
    """

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.path: list[str] = []

    def under(self, step: str) -> "WrongShape":
        """The same, seen from one level up."""
        self.path.append(step)
        return self

    def where(self) -> str:
        """The path from the outside in, such as `connections[0].id`."""
        return "".join(reversed(self.path)).lstrip(".") or "the body"


def identifier(value: Any) -> int:
    """A positive integer."""
    if type(value) is int and 0 < value <= LARGEST_ID:
        return value
    raise WrongShape("a positive integer")


def integer(value: Any) -> int:
    if type(value) is int and -LARGEST_ID <= value <= LARGEST_ID:
        return value
    raise WrongShape("an integer")


def number(value: Any) -> float:
    if type(value) is float or (type(value) is int and -LARGEST_ID <= value <= LARGEST_ID):
        return value
    raise WrongShape("a number")


def text(value: Any) -> str:
    """Text; an integer is read as the digits it was written with."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise WrongShape("text")


def secret(value: Any) -> Secret:
    """A token or a code: printable ASCII, as a header or a query can carry it."""
    if type(value) is str and value and value.isascii() and value.isprintable():
        return Secret(value)
    raise WrongShape("a token")


def date(value: Any) -> datetime | None:
    if type(value) is str:
        return moment(value)
    raise WrongShape("a date")


def mapping(value: Any) -> dict[str, Any]:
    if type(value) is dict:
        return value
    raise WrongShape("an object")


def listed(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """The reader of a list of what `read` reads."""

    def read_list(value: Any) -> tuple[T, ...]:
        if type(value) is not list:
            raise WrongShape("a list")
        try:
            return tuple([read(item) for item in value])
        except WrongShape as wrong:
            raise wrong.under(f"[{_position(read, value)}]") from None

    return read_list


def _position(read: Reader[Any], items: list[Any]) -> int:
    for index, item in enumerate(items):
        try:
            read(item)
        except WrongShape:
            return index
    return len(items)


class _Slot(NamedTuple):
    """One attribute of a model: where its value stands, how it is read, what stands for null.

    A value of just the type `as_it_is` needs no reading.
    """

    key: str
    formerly: str
    as_it_is: type[Any] | None
    read: Reader[Any]
    default: Any


def model(cls: type[T]) -> Reader[T]:
    """The reader of an attrs class, made from its annotations."""
    slots = _slots(cls)
    # What is as it has to be, and what is not there, is not worth a function's call each.
    quick = [(s.key, s.as_it_is, _REQUIRED if s.formerly else s.default, s) for s in slots]

    def read_model(value: Any) -> T:
        if type(value) is not dict:
            raise WrongShape("an object")
        get = value.get
        return cls(
            *[
                met
                if type(met := get(key)) is as_it_is
                else default
                if met is None and default is not _REQUIRED
                else _filled(slot, value, met)
                for key, as_it_is, default, slot in quick
            ]
        )

    return read_model


def _filled(slot: _Slot, value: Mapping[str, Any], met: Any) -> Any:
    key, formerly, _, read, default = slot
    if met is None and formerly:
        met = value.get(formerly)
    if met is None and default is not _REQUIRED:
        return default
    try:
        return read(met)
    except WrongShape as wrong:
        raise wrong.under(f".{key}") from None


def _slots(cls: type[Any]) -> tuple[_Slot, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_slot(attribute, hints[attribute.name]) for attribute in attrs.fields(cls))


def _slot(attribute: "attrs.Attribute[Any]", hint: Any) -> _Slot:
    read = _reader_of(hint)
    return _Slot(
        key=attribute.name,
        formerly=attribute.metadata.get("formerly", ""),
        as_it_is={text: str, bool: bool, number: float}.get(read),
        read=read,
        default=_REQUIRED if attribute.default is attrs.NOTHING else attribute.default,
    )


_PLAIN: Final[dict[Any, Reader[Any]]] = {
    Identifier: identifier,
    int: integer,
    float: number,
    str: text,
    bool: bool,  # flags are truthy in the API: a date in `disabled` means disabled
    Secret: secret,
    datetime: date,
}


def _reader_of(hint: Any) -> Reader[Any]:
    if hint in _PLAIN:
        return _PLAIN[hint]
    inner = [part for part in get_args(hint) if part not in (type(None), Ellipsis)]
    if get_origin(hint) is tuple:
        return listed(_reader_of(inner[0]))
    if get_origin(hint) in (types.UnionType, Union):
        return _reader_of(inner[0])
    return model(hint)
