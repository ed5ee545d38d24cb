"""Validators of options that somebody sets: each error names the option and what it may be."""

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
