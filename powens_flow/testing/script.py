"""What a scripted end user answers to prompts."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from powens_flow.events import Event
from powens_flow.view import View

Answer = Event | Mapping[str, Any] | Callable[[View], Event | Mapping[str, Any]]


@frozen
class Script:
    """One end user: which connector, which login, what they do on each kind of prompt.

    `login` chooses what happens (the simulator's table), `logins` for one source by name; after
    `wrong credentials` the same values are given again. `values` are further values by field
    name. `bank` is what the user does on the bank's page. `accounts` approves all, none, or the
    named ids. `further` says how many of the offered sources the user adds. `answers` replaces
    the answer to a prompt, by its message key or its kind; a list is used up one by one.
    """

    connector: str = "40"
    login: str = "camille"
    logins: Mapping[str, str] = field(factory=dict)
    values: Mapping[str, str] = field(factory=dict)
    code: str = "123456"
    bank: Literal["approve", "refuse", "fail"] = "approve"
    accounts: Literal["all", "none"] | tuple[int, ...] = "all"
    further: int = 0
    answers: Mapping[str, Answer | list[Answer]] = field(factory=dict)
