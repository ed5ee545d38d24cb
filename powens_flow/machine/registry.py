"""The closed registries that the machines' names are looked up in."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import field, frozen

from powens_flow.functions import is_async, is_kind, name_of, parameters_of, takes

Guard = Callable[[Any, Any], bool]
"""`guard(attempt, outcome) -> bool`: pure, of what the attempt and the outcome say."""

Handler = Callable[..., Any]
"""`async handler(context, attempt) -> Outcome`: the function of a calling state."""

F = TypeVar("F", bound=Callable[..., Any])


@frozen
class Call:
    """What a handler calls by its name: `await run(services, attempt, **arguments)`.

    `writes` marks one that is not idempotent: its intent is saved before it is made, so that after
    a crash the handler is told to find out first, and a calling state makes at most one of them.
    """

    run: Callable[..., Awaitable[Any]]
    writes: bool = False


@frozen
class Registry:
    """Handlers, guards and calls by name.

    An integrator's machines may use further ones: make a `Registry`, `include` ours, register.
    A name can be registered once; `replace=True` says that replacing is meant. What cannot be a
    handler, a guard or a call is refused with a `TypeError`.
    """

    handlers: dict[str, Handler] = field(factory=dict)
    guards: dict[str, Guard] = field(factory=dict)
    calls: dict[str, Call] = field(factory=dict)

    def handler(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers the async function of calling states."""

        def register(function: F) -> F:
            _hold_async(f"handler {name!r}", "(context, attempt)", function)
            _enter(self.handlers, "handler", name, function, replace=replace)
            return function

        return register

    def guard(self, name: str, *, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers a pure function `(attempt, outcome) -> bool`."""

        def register(function: F) -> F:
            _hold_plain(f"guard {name!r}", "(attempt, outcome)", function)
            _enter(self.guards, "guard", name, function, replace=replace)
            return function

        return register

    def call(self, name: str, *, writes: bool = False, replace: bool = False) -> Callable[[F], F]:
        """A decorator that registers the async function `(services, attempt, **arguments)` of a
        call, which handlers make as `await context.call(name, **arguments)`; `writes`: see `Call`.
        """

        def register(function: F) -> F:
            _hold_async(f"call {name!r}", "(services, attempt, ...)", function)
            _enter(self.calls, "call", name, Call(function, writes), replace=replace)
            return function

        return register

    def include(self, other: "Registry") -> "Registry":
        """This registry, after taking over all names of `other`.

        Raises:
            ValueError: for a name that both have; nothing was taken over.
        """
        tables: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
            ("handler", self.handlers, other.handlers),
            ("guard", self.guards, other.guards),
            ("call", self.calls, other.calls),
        )
        for kind, mine, theirs in tables:
            for name in theirs:
                _expect_free(mine, kind, name)
        for _, mine, theirs in tables:
            mine.update(theirs)
        return self


def _enter(table: dict[str, Any], kind: str, name: str, value: Any, *, replace: bool) -> None:
    if not replace:
        _expect_free(table, kind, name)
    table[name] = value


def _expect_free(table: dict[str, Any], kind: str, name: str) -> None:
    if name in table:
        raise ValueError(f"{kind} {name!r} is registered already; say replace=True if meant")


def _hold_async(what: str, given: str, function: Callable[..., Any]) -> None:
    if not is_async(function):
        held = f"{what} must be an async function of {given}"
        raise TypeError(f"{held}, which {name_of(function)} is not: write async def")
    _hold_to_two(what, given, function)


def _hold_plain(what: str, given: str, function: Callable[..., Any]) -> None:
    # what another kind answers has not been run yet, and is true whatever it will say
    if not callable(function) or any(is_kind(function, kind) for kind in _LATER):
        held = f"{what} must be a plain function of {given}"
        raise TypeError(f"{held}, which {name_of(function)} is not: write def, and return a bool")
    _hold_to_two(what, given, function)


def _hold_to_two(what: str, given: str, function: Callable[..., Any]) -> None:
    if not takes(function, 2, more="..." in given):
        own = f"{name_of(function)} takes {parameters_of(function)}"
        raise TypeError(f"{what} is called with {given}, but {own}")


_LATER = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
