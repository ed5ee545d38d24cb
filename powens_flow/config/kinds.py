"""What kinds of values there are: read from a variable's text, or taken from TOML."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from powens_flow.secret import Secret
from powens_flow.store.address import file_at


@frozen(eq=False)
class Kind:
    """`of_text` reads a variable, `of_toml` takes a TOML value; both raise ValueError."""

    accepted: str
    of_text: Callable[[str], Any]
    of_toml: Callable[[Any], Any]


def _instance(value: Any, *types: type) -> Any:
    if type(value) not in types:
        raise ValueError(f"{value!r} is not of the right type")
    return value


def _text(value: Any) -> str:
    if not _instance(value, str).strip():
        raise ValueError("it is empty")
    if "\0" in value:
        raise ValueError("it holds a NUL")
    return str(value)


def _whole(value: Any, least: int, most: int) -> int:
    number = int(_instance(value, int))
    if not least <= number <= most:
        raise ValueError(f"{number} is not in {least} to {most}")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.strip().isdigit()):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _yes_or_no(text: str) -> bool:
    known = {"true": True, "false": False}
    if text.strip().lower() not in known:
        raise ValueError(f"{text!r} is neither")
    return known[text.strip().lower()]


def _seconds(value: Any) -> float:
    return float(_instance(value, int, float))


def _seconds_of(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in _instance(value, list))


def _split(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _secrets(text: str) -> tuple[Secret, ...]:
    return tuple(Secret(one) for one in text.split())


def _no_secret_here(_: Any) -> Any:
    raise ValueError("a secret stands in no TOML file")


TEXT: Final = Kind("text", _text, _text)
PATH: Final = Kind("path", lambda text: Path(_text(text)), lambda value: Path(_text(value)))
STORE: Final = Kind(
    "path, or `sqlite:///FILE`",
    lambda text: file_at(_text(text)),
    lambda value: file_at(_text(value)),
)
TEXTS: Final = Kind("list of texts; in a variable, apart by commas", _split, _texts)
BOOLEAN: Final = Kind("`true` or `false`", _yes_or_no, lambda value: _instance(value, bool))
SECONDS: Final = Kind("seconds", _seconds_of, _seconds)
COUNT: Final = Kind(
    "whole number from 1",
    lambda text: _whole(_number(text), 1, 10**6),
    lambda value: _whole(value, 1, 10**6),
)
PORT: Final = Kind(
    "0 to 65535",
    lambda text: _whole(_number(text), 0, 65535),
    lambda value: _whole(value, 0, 65535),
)
SECRET: Final = Kind("secret", lambda text: Secret(_text(text.strip())), _no_secret_here)
SECRETS: Final = Kind("secrets", _secrets, _no_secret_here)

KINDS_OF: Final[Mapping[Any, Kind]] = {
    str: TEXT,
    str | None: TEXT,
    bool: BOOLEAN,
    int: COUNT,
    float: SECONDS,
    tuple[str, ...]: TEXTS,
}
"""Which kind a policy's attribute is of, by its type."""
