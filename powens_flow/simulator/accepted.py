"""What a field takes: anything else is refused by an error that names both, and not the value."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from powens_flow.utf8 import is_utf8

Validator = Callable[[Any, Any, Any], None]

MOST_DIGITS: Final = 18
"""Of an id or an offset: no number that is given out has more."""
LONGEST: Final = 1_000_000_000
"""Seconds: some thirty years. Much more, and time itself would come to an end."""
_REDIRECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s?#]+")


def only(what: str, is_right: Callable[[Any], bool]) -> Validator:
    """The attrs validator that takes what is right, and otherwise says what that is."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not is_right(value):
            raise ValueError(f"{attribute.name} is {what}")

    return check


def check_known(names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raises ValueError for names that are not known, with those that are."""
    strange = sorted(set(names) - set(known))
    if strange:
        told = ", ".join(repr(one) for one in strange)
        raise ValueError(f"{told}: nothing of that name is {what}, but {', '.join(sorted(known))}")


def check_seconds(name: str, value: Any) -> None:
    """Raises ValueError for what is no number of seconds that can be waited."""
    if not _is_seconds(value):
        raise ValueError(f"{name} is {_SECONDS}")


def one_of(choices: Iterable[str | int]) -> Validator:
    """One of these, and of their type: 200.0 is not 200."""
    known = tuple(choices)
    told = f"one of {', '.join(map(str, known))}"
    return only(told, lambda value: any(type(value) is type(one) and value == one for one in known))


def whole(least: int, most: int = LONGEST, *, or_none: bool = False) -> Validator:
    """A whole number in those bounds."""
    told = f"a whole number from {least} to {most}{', or null' if or_none else ''}"

    def is_right(value: Any) -> bool:
        return (or_none and value is None) or (_is_whole(value) and least <= value <= most)

    return only(told, is_right)


def is_text(value: Any) -> bool:
    """Text that can be sent: without half a surrogate pair."""
    return isinstance(value, str) and is_utf8(value)


def is_json(value: Any) -> bool:
    """What can be sent as JSON."""
    try:
        return is_utf8(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return False


def number_of(text: str) -> int | None:
    """The number that these digits are; None for what is no number that could be an id."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def is_web_address(value: Any) -> bool:
    """An absolute http(s) URL with a host."""
    try:
        parts = urlsplit(value) if is_text(value) else None
        return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def is_number(value: Any) -> bool:
    """A number of a size that can be counted with, and not NaN."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and -LONGEST <= value <= LONGEST


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return is_number(value) and value >= 0


def _are_redirects(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and value != ()
        and all(is_text(o) and _REDIRECT.fullmatch(o) for o in value)
    )


_SECONDS: Final = f"a number of seconds from 0 to {LONGEST}"

text: Final = only("text", is_text)
maybe_text: Final = only("text, or null", lambda value: value is None or is_text(value))
any_json: Final = only("JSON, its text whole characters", is_json)
flag: Final = only("true or false", lambda value: isinstance(value, bool))
maybe_flag: Final = only(
    "true, false or null", lambda value: value is None or isinstance(value, bool)
)
seconds: Final = only(_SECONDS, _is_seconds)
digits: Final = only(
    "digits only, as text", lambda one: is_text(one) and one.isascii() and one.isdecimal()
)
redirects: Final = only(
    "a list of absolute URLs without a query or fragment, one at least", _are_redirects
)
web_address: Final = only(
    "an absolute http(s) URL, or null", lambda value: value is None or is_web_address(value)
)
