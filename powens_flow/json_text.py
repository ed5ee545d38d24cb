"""JSON text and back, quickly: each save writes some, and each event reads some."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

__all__ = ["from_json", "read_json", "to_json", "to_json_bytes"]

_LONG_NUMBER: Final = re.compile(rb"(?:^|[:,\[])\s*-?[0-9]{19}")
"""Such a text may hold an integer of more than 64 bits, of which orjson makes a float."""

_DIGITS_AS_ZEROS: Final = bytes(48 if 48 <= byte <= 57 else 0 for byte in range(256))
_LONG: Final = b"0" * 19


def to_json(value: Any) -> str:
    """The value as JSON, on one line, that any database takes.

    What UTF-8 has no bytes for (half a surrogate pair) is escaped.

    Raises:
        TypeError: it holds what JSON has no form for.
    """
    return to_json_bytes(value).decode()


def to_json_bytes(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """The same as UTF-8; `default` answers what to write for what JSON has no form for."""
    try:
        return orjson.dumps(value, default)
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return json.dumps(value, default=default, separators=(",", ":")).encode()


def from_json(text: str) -> Any:
    """The value that `to_json` wrote.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return read_json(text.encode())
    except ValueError:  # what was escaped is nothing that others are let say
        return json.loads(text)


def read_json(text: bytes) -> Any:
    """The value that somebody else's JSON says, which may hold half a pair nowhere.

    Raises:
        ValueError: it is no JSON.
    """
    value = orjson.loads(text)
    return json.loads(text) if _may_hold_a_long_integer(text) else value


def _may_hold_a_long_integer(text: bytes) -> bool:
    # The expression alone takes twenty times as long; most texts have no such row of digits.
    has_long_digits = _LONG in text.translate(_DIGITS_AS_ZEROS)
    return has_long_digits and _LONG_NUMBER.search(text) is not None
