"""What an attempt of the demo came to, and whether it ended as its scenario says."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.decisions.planning import added_sources
from powens_flow.demo.scenario import Scenario
from powens_flow.view import View


@frozen
class Report:
    """One attempt. `connection` is the id of the connection that is left, `sources` the names of
    the added ones in order, `accounts` the ids activated; `seconds` is how long it really took.

    `faults` says in words where the attempt did not end as its scenario says.
    """

    scenario: str
    machine: str
    end: str
    connection: int | None
    sources: tuple[str, ...]
    accounts: tuple[int, ...]
    transitions: int
    calls: int
    seconds: float
    faults: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As `powens-flow demo --json` prints it."""
        plain = attrs.asdict(self, filter=attrs.filters.exclude(attrs.fields(Report).faults))
        return {key: list(v) if isinstance(v, tuple) else v for key, v in plain.items()}


def report_of(
    scenario: Scenario,
    attempt: Attempt,
    rows: Sequence[JournalRow],
    *,
    views: Sequence[View],
    id_user: int | None,
    seconds: float,
) -> Report:
    """The report of an ended attempt; `id_user` is the owner's user from before, if any."""
    return Report(
        scenario=scenario.name,
        machine=attempt.machine,
        end=attempt.state,
        connection=_connection_left(attempt),
        sources=_sources(attempt),
        accounts=attempt.result.accounts if attempt.result else (),
        transitions=len(rows),
        calls=sum(len(row.calls) for row in rows),
        seconds=round(seconds, 3),
        faults=tuple(_faults(scenario, attempt, views, id_user)),
    )


def _connection_left(attempt: Attempt) -> int | None:
    return None if attempt.cleanup in ("user", "connection") else attempt.id_connection


def _sources(attempt: Attempt) -> tuple[str, ...]:
    """The names that the added sources have; a connector without sources has none."""
    return tuple(name for name in added_sources(attempt) if name)


def _faults(
    scenario: Scenario, attempt: Attempt, views: Sequence[View], id_user: int | None
) -> Iterator[str]:
    expected, result = scenario.expected, attempt.result
    compared = (
        ("end", attempt.state, expected.end),
        ("sources", _sources(attempt), expected.sources),
        ("accounts", len(result.accounts) if result else 0, expected.accounts),
        ("subscriptions", len(result.subscriptions) if result else 0, expected.subscriptions),
        ("pending", result.pending if result else None, expected.pending),
        ("user", result.id_user if result and id_user else id_user, id_user),
    )
    for what, got, wanted in compared:
        if got != wanted:
            yield f"{what}: {got!r} instead of {wanted!r}"
    shown = {view.prompt.message_key for view in views}
    for key in expected.prompts:
        if key not in shown:
            yield f"the prompt {key!r} was never shown"
