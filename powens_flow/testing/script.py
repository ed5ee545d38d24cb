"""What a scripted end user answers to prompts."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from powens_flow.events import Event
from powens_flow.options import must_be, one_of, text
from powens_flow.view import View

Answer = Event | Mapping[str, Any] | Callable[[View], Event | Mapping[str, Any]]


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())


def _are_accounts(value: Any) -> bool:
    is_list = isinstance(value, tuple | list)
    return value in ("all", "none") or (is_list and all(type(one) is int for one in value))


def _are_answers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Event | Mapping) or callable(one)
        for answer in value.values()
        for one in (answer if isinstance(answer, list) else [answer])
    )


_texts = must_be("texts by name", _are_texts)
_accounts = must_be("'all', 'none', or a tuple of ids", _are_accounts)
_count = must_be("a whole number from 0", lambda value: type(value) is int and value >= 0)
_answers = must_be(
    "by message key or kind of prompt: an event, its JSON, a function of a view, or a list",
    _are_answers,
)


@frozen
class Script:
    """One end user: which connector, which login, what they do on each kind of prompt.

    `login` chooses what happens (the simulator's table), `logins` for one source by name; after
    `wrong credentials` the same values are given again. `values` are further values by field
    name. `bank` is what the user does on the bank's page. `accounts` approves all, none, or the
    named ids. `further` says how many of the offered sources the user adds. `answers` replaces
    the answer to a prompt, by its message key or its kind; a list is used up one by one.
    ValueError for what can be none of these, as a test would pass for the wrong reason.
    """

    connector: str = "40"
    login: str = field(default="camille", validator=text)
    logins: Mapping[str, str] = field(factory=dict, validator=_texts)
    values: Mapping[str, str] = field(factory=dict, validator=_texts)
    code: str = field(default="123456", validator=text)
    bank: Literal["approve", "refuse", "fail"] = field(
        default="approve", validator=one_of("approve", "refuse", "fail")
    )
    accounts: Literal["all", "none"] | tuple[int, ...] = field(default="all", validator=_accounts)
    further: int = field(default=0, validator=_count)
    answers: Mapping[str, Answer | list[Answer]] = field(factory=dict, validator=_answers)
