"""What kind of function somebody handed in, also as a partial or an object that can be called."""

from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction, signature
from typing import Any


def is_async(function: Any) -> bool:
    """Whether what it answers has to be awaited."""
    return is_kind(function, iscoroutinefunction)


def is_kind(function: Any, kind: Callable[[Any], bool]) -> bool:
    """Whether `kind`, one of `inspect`'s questions, is answered with yes."""
    function = _within(function)
    call = getattr(type(function), "__call__", None)  # noqa: B004 - its kind is asked for
    return kind(function) or kind(call)


def takes(function: Any, count: int, *, more: bool = False) -> bool:
    """Whether it can be called with so many arguments, and no `more` by name; what does not say is
    believed."""
    try:
        known = signature(function)
    except (TypeError, ValueError):
        return True
    try:
        (known.bind_partial if more else known.bind)(*range(count))
    except TypeError:
        return False
    return True


def parameters_of(function: Any) -> str:
    """Their names, without defaults, which may be anything."""
    return f"({', '.join(signature(function).parameters)})"


def name_of(function: Any) -> str:
    """What its author called it."""
    function = _within(function)
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def _within(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    return function
