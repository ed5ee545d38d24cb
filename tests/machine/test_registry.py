"""What can be registered: a handler and a call are awaited, a guard is not."""

import operator
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from powens_flow.machine import Call, Registry
from powens_flow.outcomes import Outcome
from tests.machine.small import nothing


def plain(attempt: Any, outcome: Any) -> bool:
    return True


def plain_of(tenant: str, attempt: Any, outcome: Any) -> bool:
    return True


async def of_a_tenant(tenant: str, context: Any, attempt: Any) -> Outcome:
    return Outcome("done")


async def later(attempt: Any, outcome: Any) -> bool:
    return False


async def sometimes(attempt: Any, outcome: Any) -> bool:
    return False


def answers(attempt: Any, outcome: Any) -> Iterator[bool]:
    yield False


async def answers_later(attempt: Any, outcome: Any) -> AsyncIterator[bool]:
    yield False


class Plain:
    def __call__(self, attempt: Any, outcome: Any) -> bool:
        return True

    async def handle(self, context: Any, attempt: Any) -> Outcome:
        return Outcome("done")


class Later:
    async def __call__(self, attempt: Any, outcome: Any) -> bool:
        return False


NO_HANDLERS = {
    "plain": plain,
    "answers_later": answers_later,
    "int.to_bytes": partial(int.to_bytes, 3),
    "Plain": Plain(),
    "Later": Later,  # the class, whose call makes an object
    "int": 3,
}


@pytest.mark.parametrize(("told", "function"), NO_HANDLERS.items(), ids=NO_HANDLERS)
def test_what_is_not_awaited_is_no_handler(told: str, function: Any) -> None:
    registry = Registry()
    with pytest.raises(TypeError) as refused:
        registry.handler("greet")(function)
    assert str(refused.value) == (
        f"handler 'greet' must be an async function of (context, attempt), which {told} is not:"
        " write async def"
    )
    assert not registry.handlers


HANDLERS = [nothing, partial(of_a_tenant, "acme"), Plain().handle, Later(), partial(Later())]


@pytest.mark.parametrize("function", HANDLERS)
def test_what_is_awaited_is_a_handler(function: Callable[..., Any]) -> None:
    registry = Registry()
    assert registry.handler("greet")(function) is function
    assert registry.handlers == {"greet": function}


NO_GUARDS = {
    "later": later,
    "answers": answers,
    "answers_later": answers_later,
    "sometimes": partial(sometimes, None),
    "Later": Later(),
    "int": 3,
}


@pytest.mark.parametrize(("told", "function"), NO_GUARDS.items(), ids=NO_GUARDS)
def test_what_is_true_before_it_is_run_is_no_guard(told: str, function: Any) -> None:
    registry = Registry()
    with pytest.raises(TypeError) as refused:
        registry.guard("is_monday")(function)
    assert str(refused.value) == (
        f"guard 'is_monday' must be a plain function of (attempt, outcome), which {told} is not:"
        " write def, and return a bool"
    )
    assert not registry.guards


@pytest.mark.parametrize("function", [plain, partial(plain_of, "acme"), Plain(), operator.eq])
def test_what_answers_at_once_is_a_guard(function: Callable[..., Any]) -> None:
    registry = Registry()
    assert registry.guard("is_monday")(function) is function
    assert registry.guards == {"is_monday": function}


@pytest.mark.parametrize(("told", "function"), NO_HANDLERS.items(), ids=NO_HANDLERS)
def test_what_is_not_awaited_is_no_call(told: str, function: Any) -> None:
    registry = Registry()
    with pytest.raises(TypeError) as refused:
        registry.call("ring")(function)
    assert str(refused.value) == (
        f"call 'ring' must be an async function of (services, attempt, ...), which {told} is not:"
        " write async def"
    )
    assert not registry.calls


def test_a_call_says_whether_it_writes() -> None:
    registry = Registry()
    assert registry.call("read")(nothing) is nothing
    registry.call("write", writes=True)(nothing)
    assert registry.calls == {"read": Call(nothing), "write": Call(nothing, writes=True)}


def test_a_call_is_registered_once_unless_replacing_is_meant() -> None:
    registry = Registry()
    registry.call("ring")(nothing)
    with pytest.raises(ValueError, match="call 'ring' is registered already; say replace=True"):
        registry.call("ring", writes=True)(nothing)
    registry.call("ring", writes=True, replace=True)(nothing)
    assert registry.calls["ring"].writes


def test_of_another_registry_all_is_taken_over_or_nothing() -> None:
    mine, theirs = Registry(), Registry()
    for registry in (mine, theirs):
        registry.call("ring")(nothing)
    theirs.handler("greet")(nothing)
    theirs.guard("is_monday")(plain)
    with pytest.raises(ValueError, match="call 'ring' is registered already"):
        mine.include(theirs)
    assert (mine.handlers, mine.guards) == ({}, {})
    assert set(Registry().include(theirs).calls) == {"ring"}


async def of_one(context: Any) -> Outcome:
    return Outcome("done")


def of_three(attempt: Any, outcome: Any, clock: str) -> bool:
    return True


def test_what_cannot_be_called_with_both_is_refused() -> None:
    registry = Registry()
    with pytest.raises(TypeError) as refused:
        registry.handler("greet")(of_one)
    said = "handler 'greet' is called with (context, attempt), but of_one takes (context)"
    assert str(refused.value) == said
    with pytest.raises(TypeError) as refused:
        registry.guard("is_monday")(of_three)
    said = "guard 'is_monday' is called with (attempt, outcome), but of_three takes"
    assert str(refused.value) == f"{said} (attempt, outcome, clock)"
    with pytest.raises(TypeError) as refused:
        registry.call("ring")(of_one)
    said = "call 'ring' is called with (services, attempt, ...), but of_one takes (context)"
    assert str(refused.value) == said
    assert registry == Registry()


def test_what_a_partial_was_given_is_not_told() -> None:
    with pytest.raises(TypeError) as refused:
        Registry().guard("is_monday")(partial(of_three, clock="S3cr3t", outcome=None))
    assert "S3cr3t" not in str(refused.value)


async def with_a_default(context: Any, attempt: Any, more: str = "") -> Outcome:
    return Outcome("done")


async def with_any(*given: Any, **named: Any) -> Outcome:
    return Outcome("done")


@pytest.mark.parametrize("function", [with_a_default, with_any])
def test_what_can_be_called_with_both_may_take_more(function: Callable[..., Any]) -> None:
    assert Registry().handler("greet")(function) is function


async def with_a_name(services: Any, attempt: Any, *, ids: tuple[int, ...]) -> None:
    return None


def test_a_call_may_want_arguments_by_name() -> None:
    assert Registry().call("ring")(with_a_name) is with_a_name
