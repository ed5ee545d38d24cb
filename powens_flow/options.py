"""Validators of options that somebody sets: each error names the option and what it may be."""

import math
from collections.abc import Callable
from typing import Any

Validator = Callable[[Any, Any, Any], None]
"""As attrs calls it: with the value being made, the attribute, and what was given."""


def must_be(accepted: str, fits: Callable[[Any], bool]) -> Validator:
    """Raises ValueError, with what is accepted and what was given, for what does not fit."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not fits(value):
            raise ValueError(f"{attribute.name} must be {accepted}, not {value!r}")

    return check


def one_of(*words: str) -> Validator:
    """One of these words."""
    return must_be(f"one of {', '.join(words)}", lambda value: value in words)


text = must_be("a text", lambda value: isinstance(value, str))
true_or_false = must_be("True or False", lambda value: isinstance(value, bool))


def is_number(value: Any) -> bool:
    """Whether it is a number, which True is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


count = must_be("a whole number from 1", lambda value: type(value) is int and value >= 1)
seconds = must_be("seconds, more than 0", lambda value: is_number(value) and 0 < value < math.inf)
seconds_or_none = must_be(
    "seconds, 0 or more", lambda value: is_number(value) and 0 <= value < math.inf
)
