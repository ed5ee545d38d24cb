"""The closed registries that the machines' names are looked up in."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen

from powens_flow.functions import is_async, is_kind, name_of

Guard = Callable[[Any, Any], bool]
"""`guard(attempt, outcome) -> bool`: pure, of what the attempt and the outcome say."""

Handler = Callable[..., Any]
"""`async handler(context, attempt) -> Outcome`: the function of a calling state."""

F = TypeVar("F", bound=Callable[..., Any])


@frozen
class Registry:
    """Handlers and guards by name.

    An integrator's machines may use further ones: make a `Registry`, `include` ours, register.
    A name can be registered once; `replace=True` says that replacing is meant. What cannot be a
    handler or a guard is refused with a `TypeError`.
    """

    handlers: dict[str, Handler] = field(factory=dict)
    guards: dict[str, Guard] = field(factory=dict)

    def handler(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers the async function of calling states."""
        return _registering(self.handlers, "handler", name, replace, _held_to_be_async)

    def guard(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers a pure function `(attempt, outcome) -> bool`."""
        return _registering(self.guards, "guard", name, replace, _held_to_be_plain)

    def include(self, other: "Registry") -> "Registry":
        """This registry, after taking over all names of `other`.

        Raises:
            ValueError: for a name that both have.
        """
        for name, function in other.handlers.items():
            self.handler(name)(function)
        for name, function in other.guards.items():
            self.guard(name)(function)
        return self


def _registering(
    table: dict[str, Any],
    kind: str,
    name: str,
    replace: bool,
    held: Callable[[str, Callable[..., Any]], None],
) -> Callable[[F], F]:
    def register(function: F) -> F:
        held(name, function)
        if name in table and not replace:
            raise ValueError(f"{kind} {name!r} is registered already; say replace=True if meant")
        table[name] = function
        return function

    return register


def _held_to_be_async(name: str, function: Callable[..., Any]) -> None:
    if not is_async(function):
        what = f"handler {name!r} must be an async function of (context, attempt)"
        raise TypeError(f"{what}, which {name_of(function)} is not: write async def")


def _held_to_be_plain(name: str, function: Callable[..., Any]) -> None:
    # what another kind answers has not been run yet, and is true whatever it will say
    if not callable(function) or any(is_kind(function, kind) for kind in _LATER):
        what = f"guard {name!r} must be a plain function of (attempt, outcome)"
        raise TypeError(f"{what}, which {name_of(function)} is not: write def, and return a bool")


_LATER = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
