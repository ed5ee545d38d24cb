"""All attempts together: what the SQLite store answers to staff. SQLite does the work."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

from powens_flow.store.fleet import (
    ConnectorName,
    Count,
    Listed,
    Loss,
    MachineState,
    Page,
    Spent,
    Trouble,
    Wanted,
)
from powens_flow.store.looking import ranked
from powens_flow.store.times import micros, moment

DB = sqlite3.Connection

_LISTED: Final = """
select attempt.no, attempt.id, owner, machine, state, created_at, entered_at, connector.name,
    wake_at, holder is not null,
    case when json_valid(snapshot) then json_extract(snapshot, '$.problem.key') end
from attempt left join connector on connector.uuid = attempt.connector
where {where} order by attempt.no desc limit ?
"""

# By the index `attempt_ends`, and by `attempt_wakes` for those that live.
_COUNTS: Final = """
select machine, state, connector, 0, count(*) from attempt
where ended_at is not null and created_at >= ? group by machine, state, connector
union all
select machine, state, connector, 1, count(*) from attempt
where wake_at is not null and created_at >= ? group by machine, state, connector
order by 1, 2, 3, 4
"""

_LOSSES: Final = """
select machine, source, connector, "trigger", count(*)
from journal indexed by journal_lost join attempt on attempt.no = journal.attempt
where dest = 'ending.cleaning_up' and substr(source, 1, 7) <> 'ending.' and created_at >= ?
group by machine, source, connector, "trigger" order by 1, 2, 3, 4
"""

# SQLite adds up; it would take four times as long to rank as well.
_SPENT: Final = """
select machine, source, seconds
from (
    select attempt, source, sum(duration) as seconds from journal
    where attempt > coalesce((select no from attempt order by no desc limit 1 offset ?), -1)
    group by attempt, source
) join attempt on attempt.no = attempt
"""

_POSTED: Final = """
select json_extract(event, '$.type') from inbox
where attempt = (select no from attempt where id = ?) order by seq
"""

_CONNECTORS: Final = "select uuid, id, name from connector order by name, uuid"


def posted(db: DB, attempt_id: str) -> tuple[str, ...]:
    """The types of the events that wait for the attempt."""
    return tuple(str(kind) for (kind,) in db.execute(_POSTED, (attempt_id,)))


def attempts(db: DB, wanted: Wanted, limit: int, before: int | None) -> Page:
    """One page of those that are wanted."""
    conditions = list(_conditions(wanted, before))
    where = " and ".join(condition for condition, _ in conditions) or "true"
    values = [value for _, given in conditions for value in given]
    # The conditions are the fixed texts below; what is wanted stands in the values.
    rows = db.execute(_LISTED.format(where=where), (*values, limit + 1)).fetchall()
    listed = tuple(_listed(row) for row in rows[:limit])
    return Page(listed, listed[-1].place if len(rows) > limit else None)


def connectors(db: DB) -> tuple[ConnectorName, ...]:
    """The connectors that attempts have chosen."""
    return tuple(ConnectorName(*row) for row in db.execute(_CONNECTORS))


def counts(db: DB, since: datetime | None) -> tuple[Count, ...]:
    """How many attempts are where."""
    after = _since(since)
    rows = db.execute(_COUNTS, (after, after))
    return tuple(
        Count(machine, state, connector, bool(lives), size)
        for machine, state, connector, lives, size in rows
    )


def losses(db: DB, since: datetime | None) -> tuple[Loss, ...]:
    """Where attempts were lost."""
    return tuple(Loss(*row) for row in db.execute(_LOSSES, (_since(since),)))


def spent(db: DB, latest: int) -> tuple[Spent, ...]:
    """How long the latest attempts spent in each state."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for machine, state, seconds in db.execute(_SPENT, (latest,)):
        times[machine, state].append(seconds)
    return ranked(times)


def _listed(row: tuple[Any, ...]) -> Listed:
    no, attempt_id, owner, machine, state, created, entered, connector, wakes, driven, problem = row
    return Listed(
        place=no,
        id=attempt_id,
        owner=owner,
        machine=machine,
        state=state,
        created_at=moment(created),
        entered_at=moment(entered),
        connector=connector,
        wakes_at=None if wakes is None else moment(wakes),
        driven=bool(driven),
        problem=problem,
    )


def _since(since: datetime | None) -> int:
    return -(2**63) if since is None else micros(since)


Condition = tuple[str, tuple[Any, ...]]


def _conditions(wanted: Wanted, before: int | None) -> Iterator[Condition]:
    for condition, value in (
        ("attempt.no < ?", before),
        ("machine = ?", wanted.machine),
        ("owner = ?", wanted.owner),
        ("attempt.connector = ?", wanted.connector),
    ):
        if value is not None:
            yield condition, (value,)
    for condition, at in (
        ("created_at < ?", wanted.created_before),
        ("created_at >= ?", wanted.created_since),
        ("entered_at < ?", wanted.in_state_since),
    ):
        if at is not None:
            yield condition, (micros(at),)
    if wanted.lives is not None:
        yield f"wake_at is {'not ' if wanted.lives else ''}null", ()
    if wanted.states is not None:
        yield _among("state", wanted.states)
    if wanted.stuck is not None:
        yield _stuck(wanted.stuck)


def _stuck(trouble: Trouble) -> Condition:
    overdue = ("wake_at < ?", (micros(trouble.overdue),))
    asking = _in(trouble.asking)
    slow, slow_values = _in(trouble.calling)
    calling = (f"(entered_at < ? and {slow})", (micros(trouble.calling_since), *slow_values))
    known, known_values = _in(trouble.known)
    each = (overdue, asking, calling, (f"not {known}", known_values))
    either = " or ".join(condition for condition, _ in each)
    values = tuple(value for _, given in each for value in given)
    return f"(wake_at is not null and ({either}))", values


def _in(states: Collection[MachineState]) -> Condition:
    if not states:
        return "false", ()
    pairs = ", ".join(["(?, ?)"] * len(states))
    return f"(machine, state) in (values {pairs})", tuple(n for one in sorted(states) for n in one)


def _among(column: str, names: Collection[str]) -> Condition:
    return f"{column} in ({', '.join('?' * len(names))})", tuple(sorted(names))
