"""A context for handlers that answers calls as it was told to, and remembers them."""

import inspect
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from powens_flow.api import models as m
from powens_flow.attempt import Attempt
from powens_flow.calls import calls
from powens_flow.handlers import default_registry
from powens_flow.outcomes import Outcome
from tests.decisions.made import NOW

HANDLERS = default_registry().handlers


@define
class Told:
    """Plays the runtime: `answers` by the name of the call, an exception being raised.

    A call that was not foreseen, with arguments that it does not take, or a second one that
    writes, fails the test.
    """

    attempt: Attempt
    answers: Mapping[str, Any]
    values: Mapping[str, str] = field(factory=dict)
    recovering: bool = False
    at: datetime = NOW
    made: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def now(self) -> datetime:
        return self.at

    def new_id(self) -> str:
        return "unguessable"

    def note(self, **changes: Any) -> Attempt:
        self.attempt = evolve(self.attempt, **changes)
        return self.attempt

    async def call(self, name: str, /, **arguments: Any) -> Any:
        inspect.signature(calls.calls[name].run).bind(None, self.attempt, **arguments)
        self.made.append((name, arguments))
        assert sum(calls.calls[done].writes for done, _ in self.made) <= 1, "one write a run"
        assert name in self.answers, f"{name} was not foreseen"
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def names(self) -> list[str]:
        """The calls that were made, in order."""
        return [name for name, _ in self.made]


async def told(
    handler: str, attempt: Attempt, answers: Mapping[str, Any] | None = None, **more: Any
) -> tuple[Outcome, Told]:
    """What the handler comes to, and the context it was given."""
    context = Told(attempt, answers or {}, **more)
    outcome = await HANDLERS[handler](context, attempt)
    assert isinstance(outcome, Outcome)
    return outcome, context


async def read(attempt: Attempt, answer: Any, **more: Any) -> Outcome:
    """What `read_state` makes of a connection, or of the answers to several calls."""
    answers = answer if isinstance(answer, dict) else {"connection": answer}
    outcome, _ = await told("read_state", attempt, answers, **more)
    return outcome


def after(attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt with the outcome's changes."""
    return evolve(attempt, **outcome.changes)


def connection(state: str | None = None, *sources: m.ConnectionSource, **more: Any) -> m.Connection:
    """A connection of the bank that `tests.decisions.made` knows."""
    given: dict[str, Any] = {"id": 12, "id_connector": 40, "state": state, "sources": sources}
    return m.Connection(**given | more)


def source(name: str = "directaccess", state: str | None = None, **more: Any) -> m.ConnectionSource:
    """A source of that connection."""
    return m.ConnectionSource(**{"id": 31, "name": name, "state": state, **more})
