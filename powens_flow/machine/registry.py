"""The closed registries that the machines' names are looked up in."""

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen

Guard = Callable[[Any, Any], bool]
"""`guard(attempt, outcome) -> bool`: pure, of what the attempt and the outcome say."""

Handler = Callable[..., Any]
"""`async handler(context, attempt) -> Outcome`: the function of a calling state."""

F = TypeVar("F", bound=Callable[..., Any])


@frozen
class Registry:
    """Handlers and guards by name.

    An integrator's machines may use further ones: make a `Registry`, `include` ours, register.
    A name can be registered once; `replace=True` says that replacing is meant.
    """

    handlers: dict[str, Handler] = field(factory=dict)
    guards: dict[str, Guard] = field(factory=dict)

    def handler(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers the async function of calling states."""
        return _registering(self.handlers, "handler", name, replace)

    def guard(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers a pure function `(attempt, outcome) -> bool`."""
        return _registering(self.guards, "guard", name, replace)

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


def _registering(table: dict[str, Any], kind: str, name: str, replace: bool) -> Callable[[F], F]:
    def register(function: F) -> F:
        if name in table and not replace:
            raise ValueError(f"{kind} {name!r} is registered already; say replace=True if meant")
        table[name] = function
        return function

    return register
