"""All attempts together: what the store in memory answers to staff."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.decisions.moving import CLEANING_UP, ENDING
from powens_flow.store.fleet import (
    ConnectorName,
    Count,
    Listed,
    Loss,
    Page,
    Spent,
    Trouble,
    Wanted,
)


@frozen
class Seen:
    """One attempt as the store in memory has it, the oldest of the lowest `place`."""

    place: int
    attempt: Attempt
    wakes_at: datetime | None
    driven: bool
    rows: tuple[JournalRow, ...]

    @property
    def connector(self) -> str | None:
        """The uuid of its connector."""
        return self.attempt.connector.uuid if self.attempt.connector else None

    def listed(self, names: Mapping[str, ConnectorName]) -> Listed:
        """As a list shows it."""
        attempt = self.attempt
        return Listed(
            place=self.place,
            id=attempt.id,
            owner=attempt.owner,
            machine=attempt.machine,
            state=attempt.state,
            created_at=attempt.created_at,
            entered_at=attempt.entered_at,
            connector=names[self.connector].name if self.connector else None,
            wakes_at=self.wakes_at,
            driven=self.driven,
            problem=attempt.problem.key if attempt.problem else None,
        )


def attempts(seen: Iterable[Seen], wanted: Wanted, limit: int, before: int | None) -> Page:
    """One page of those that are wanted."""
    every = sorted(seen, key=lambda one: -one.place)
    names = {one.uuid: one for one in connectors(every)}
    found = [
        one for one in every if (before is None or one.place < before) and _is_wanted(one, wanted)
    ]
    listed = tuple(one.listed(names) for one in found[:limit])
    return Page(listed, listed[-1].place if len(found) > limit else None)


def connectors(seen: Iterable[Seen]) -> tuple[ConnectorName, ...]:
    """The connectors that attempts have chosen; of several names, the newest attempt's."""
    chosen = sorted(seen, key=lambda one: one.place)
    found = {
        one.attempt.connector.uuid: ConnectorName(
            one.attempt.connector.uuid, one.attempt.connector.id, one.attempt.connector.name
        )
        for one in chosen
        if one.attempt.connector
    }
    return tuple(sorted(found.values(), key=lambda one: (one.name, one.uuid)))


def counts(seen: Iterable[Seen], since: datetime | None) -> tuple[Count, ...]:
    """How many attempts are where."""
    found = Counter(
        (one.attempt.machine, one.attempt.state, one.connector, one.wakes_at is not None)
        for one in _since(seen, since)
    )
    return tuple(Count(*key, found[key]) for key in sorted(found, key=_none_first))


def losses(seen: Iterable[Seen], since: datetime | None) -> tuple[Loss, ...]:
    """Where attempts were lost."""
    found = Counter(
        (one.attempt.machine, row.source, one.connector, row.trigger)
        for one in _since(seen, since)
        for row in one.rows
        if row.dest == CLEANING_UP and not row.source.startswith(ENDING)
    )
    return tuple(Loss(*key, found[key]) for key in sorted(found, key=_none_first))


def spent(seen: Iterable[Seen], latest: int) -> tuple[Spent, ...]:
    """How long the latest attempts spent in each state."""
    newest = sorted(seen, key=lambda one: -one.place)[:latest]
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in newest:
        own: dict[str, float] = defaultdict(float)
        for row in one.rows:
            own[row.source] += row.duration
        for state, seconds in own.items():
            times[one.attempt.machine, state].append(seconds)
    return ranked(times)


def ranked(times: Mapping[tuple[str, str], list[float]]) -> tuple[Spent, ...]:
    """Median and 95th percentile of the times in each state, by machine and state."""
    return tuple(_ranked(*key, sorted(times[key])) for key in sorted(times))


def _ranked(machine: str, state: str, times: list[float]) -> Spent:
    size = len(times)
    median, p95 = times[(size + 1) // 2 - 1], times[(95 * size + 99) // 100 - 1]
    return Spent(machine, state, size, median, p95)


def _since(seen: Iterable[Seen], since: datetime | None) -> Iterable[Seen]:
    return (one for one in seen if since is None or one.attempt.created_at >= since)


def _none_first(key: tuple[object, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((part is not None, str(part)) for part in key)


def _is_wanted(one: Seen, wanted: Wanted) -> bool:
    attempt = one.attempt
    lives = one.wakes_at is not None
    return (
        wanted.machine in (None, attempt.machine)
        and wanted.owner in (None, attempt.owner)
        and wanted.connector in (None, one.connector)
        and wanted.lives in (None, lives)
        and (wanted.states is None or attempt.state in wanted.states)
        and (wanted.created_before is None or attempt.created_at < wanted.created_before)
        and (wanted.created_since is None or attempt.created_at >= wanted.created_since)
        and (wanted.in_state_since is None or attempt.entered_at < wanted.in_state_since)
        and (wanted.stuck is None or _is_stuck(one, wanted.stuck))
    )


def _is_stuck(one: Seen, trouble: Trouble) -> bool:
    place = (one.attempt.machine, one.attempt.state)
    return one.wakes_at is not None and (
        one.wakes_at < trouble.overdue
        or place in trouble.asking
        or (place in trouble.calling and one.attempt.entered_at < trouble.calling_since)
        or place not in trouble.known
    )
