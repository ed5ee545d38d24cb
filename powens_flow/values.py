"""Plaintext values, checked against their fields before they are sealed.

A field's `regex` is PCRE and must match the whole value (protocol: "Connectors, sources, fields").
It comes from outside, so a match has a time limit: a short one here, a longer one on a thread.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import regex

from powens_flow.attempt import AskedField
from powens_flow.utf8 import is_utf8

LONGEST_PATTERN = 1000
LONGEST_VALUE = 4096
LARGEST_PATTERN = 2000
"""Bound of a compiled pattern: `regex` writes `(a{1000}){1000}` out, a million times the `a`."""
_HERE, _ON_A_THREAD = 0.005, 0.5
_COUNT = re.compile(r"(\)?)\{\s*([0-9]+)")
_VERBOSE = re.compile(r"\(\?[\w-]*x")


async def wrong_values(fields: tuple[AskedField, ...], values: Mapping[str, str]) -> dict[str, str]:
    """A message key for each field that is wrong; empty when all is well.

    Keys: `values.required`, `values.unknown`, `values.too_long`, `values.malformed`,
    `values.not_a_number`, `values.not_a_date`, `values.not_in_list`, `values.does_not_match`,
    `values.cannot_check`.
    """
    wrong = missing_or_unknown(fields, values)
    for asked in fields:
        value: Any = values.get(asked.name)
        if not _is_empty(value) and asked.name not in wrong:
            key = _plain(asked, value) or await _pattern(asked, value)
            if key:
                wrong[asked.name] = key
    return wrong


def missing_or_unknown(fields: tuple[AskedField, ...], values: Mapping[str, str]) -> dict[str, str]:
    """A message key for each required field without a value, and each value without a field."""
    known = {asked.name for asked in fields}
    wrong = {name: "values.unknown" for name in values if name not in known}
    missing = [a.name for a in fields if a.required and _is_empty(values.get(a.name))]
    return wrong | dict.fromkeys(missing, "values.required")


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _plain(asked: AskedField, value: Any) -> str | None:
    is_text = isinstance(value, str)  # JSON brings others too
    if is_text and len(value) > LONGEST_VALUE:
        return "values.too_long"
    if not is_text or not is_utf8(value):
        return "values.malformed"
    if asked.type == "number" and not _is_number(value):
        return "values.not_a_number"
    if asked.type == "date" and not _is_date(value):
        return "values.not_a_date"
    if asked.type == "list" and value not in {choice.value for choice in asked.values}:
        return "values.not_in_list"
    return None


def _is_number(value: str) -> bool:
    whole, point, rest = value.removeprefix("-").partition(".")
    return value.isascii() and whole.isdigit() and (not point or rest.isdigit())


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


async def _pattern(asked: AskedField, value: str) -> str | None:
    if not asked.regex:
        return None
    pattern = compiled(asked.regex)
    if pattern is None:  # not understood here: the server checks the value anyway
        return None
    try:
        matches = pattern.fullmatch(value, timeout=_HERE)
    except TimeoutError:
        matches = await asyncio.to_thread(_patiently, pattern, value)
    if matches is TimeoutError:
        return "values.cannot_check"
    return None if matches else "values.does_not_match"


def _patiently(pattern: Any, value: str) -> Any:
    try:
        return pattern.fullmatch(value, timeout=_ON_A_THREAD, concurrent=True)
    except TimeoutError:
        return TimeoutError


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The pattern, ready to match; None when it is too large or cannot be understood.

    A verbose one (`(?x)`) is not understood: its counts can be written with spaces between.
    """
    if len(pattern) > LONGEST_PATTERN or _VERBOSE.search(pattern) or _too_large(pattern):
        return None
    try:
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError, MemoryError):
        return None


def _too_large(pattern: str) -> bool:
    """Whether its counted repeats, written out, may be too many; one of a group may hold others."""
    written, groups = len(pattern), 1
    for group, count in _COUNT.findall(pattern):
        if group:
            groups *= max(1, int(count))
        else:
            written += int(count)
    return written * groups > LARGEST_PATTERN
