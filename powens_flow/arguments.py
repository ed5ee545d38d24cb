"""What a backend hands to the engine, held to what it has to be before anything of it is stored.

Most of it comes from elsewhere (a session, a path, a form), where a number is easily a text and a
text a number. An error names the argument, what is accepted and what was given; of an owner, whose
name may be a person's, the type alone.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from powens_flow.events import LARGEST_ID, InvalidEvent
from powens_flow.idempotency import IdempotencyKey
from powens_flow.policy import Policy
from powens_flow.utf8 import is_utf8


def checked_owner(owner: Any) -> str:
    """The name of an end user. Raises ValueError, TypeError."""
    if not isinstance(owner, str):
        kind = type(owner).__name__
        raise TypeError(f"an owner is a text that is not empty, not {kind}: of a number, str(it)")
    if not owner:
        raise ValueError("an owner is a text that is not empty")
    if not is_utf8(owner):
        raise ValueError("an owner is a text of Unicode, without half a surrogate pair")
    return owner


def check_start(policy: Any, key: Any) -> None:
    """What an attempt is begun with. Raises TypeError."""
    if not isinstance(policy, Policy | None):
        raise TypeError(f"policy must be a Policy or None, not {type(policy).__name__}")
    check_key(key)


def check_key(key: Any) -> None:
    """A request's idempotency key. Raises TypeError."""
    if not isinstance(key, IdempotencyKey | None):
        kind = type(key).__name__
        raise TypeError(f"key must be IdempotencyKey.of(owner, key, request) or None, not {kind}")


def check_id(name: str, given: Any) -> None:
    """An id at Powens. Raises ValueError."""
    if type(given) is not int or not 0 < given <= LARGEST_ID:
        raise ValueError(f"{name} must be an id (a positive integer), not {given!r}")


def check_flag(name: str, given: Any) -> None:
    """Raises TypeError for what is neither True nor False."""
    if not isinstance(given, bool):
        raise TypeError(f"{name} must be True or False, not {type(given).__name__}")


def check_page(q: Any, page: Any, size: Any) -> None:
    """Which part of a list is asked for. Raises ValueError."""
    if not isinstance(q, str):
        raise ValueError(f"q must be a text, not {type(q).__name__}")
    if type(page) is not int or page < 1:
        raise ValueError(f"page must be a whole number from 1, not {page!r}")
    if type(size) is not int or not 1 <= size <= 1000:
        raise ValueError(f"size must be a whole number from 1 to 1000, not {size!r}")


def check_values(values: Any) -> None:
    """Plaintext values by field. Raises InvalidEvent, which says nothing of them."""
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        accepted = "must be an object: a text for each field, by the field's name"
        raise InvalidEvent(f"values {accepted}", {"values": accepted})


def check_age(name: str, given: Any) -> None:
    """How old something is. Raises TypeError, ValueError."""
    if not isinstance(given, timedelta):
        raise TypeError(f"{name} must be a timedelta, not {type(given).__name__}")
    if given < timedelta(0):
        raise ValueError(f"{name} must be a timedelta of nothing or more, not {given}")
