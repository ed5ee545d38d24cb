"""What is bad about races that are over: in the journals and inboxes, and at Powens."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence, Set

from attrs import define, field

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.store.port import Store, Taken
from powens_flow.store.sqlite import SQLiteStore
from soak.aftermath import BEYOND, Bad, bad_posts
from soak.site import Ground, Site

GOOD_ENDS = {"cancelled": {"completed", "cancelled"}}
"""How attempts of a kind of race may end; those of any other kind complete."""


@define
class Raced:
    """One attempt of a race: what was sent, how often, and what else than documented came out.

    `rounds` counts the races by the type of the event that either process got, `sent` all events,
    `posted` those that found the other process at work.
    """

    kind: str
    owner: str
    script: str
    attempt: str = ""
    end: str = "never"
    races: int = 0
    rounds: Counter[str] = field(factory=Counter)
    sent: Counter[str] = field(factory=Counter)
    posted: int = 0
    raised: list[str] = field(factory=list)


async def judged(ground: Ground, raced: Sequence[Raced]) -> list[Bad]:
    """All that is bad about the races of one site, once nothing is under way there."""
    bad: list[Bad] = []
    attempts: list[Attempt] = []
    heard = {(note["attempt"], note["seq"]) for note in ground.site.notes("heard")}
    async with SQLiteStore(ground.site.database) as store:
        for one in raced:
            found = [item async for item in _bad_race(ground, store, one, heard)]
            bad += [(kind, f"{one.kind} {one.script}: {what}") for kind, what in found]
            attempt = await store.load(one.attempt)
            attempts += [attempt] if attempt is not None else []
    bad += bad_posts(ground.simulator, sum(one.sent["submit_values"] for one in raced))
    bad += _bad_log(ground.site)
    bad += _bad_connections(ground, attempts)
    ground.clock.advance(BEYOND)
    return [*bad, *_bad_users(ground, attempts)]


async def _bad_race(
    ground: Ground, store: Store, one: Raced, heard: Set[tuple[str, int]]
) -> AsyncIterator[Bad]:
    for what in one.raised:
        yield "unhandled", what
    if one.end not in GOOD_ENDS.get(one.kind, {"completed"}):
        yield "lost", f"ended {one.end}"
    rows = await store.history(one.attempt)
    for item in (*_bad_journal(rows, one.end), *_bad_events(one, rows), *_untold(rows, heard)):
        yield item
    now = ground.clock.now()
    taken = await store.take(one.attempt, holder="judge", now=now, until=now)
    if not isinstance(taken, Taken) or taken.inbox:
        yield "lost", "an event waits in the inbox, or a lease was not given back"


def _bad_journal(rows: Sequence[JournalRow], end: str) -> Iterator[Bad]:
    """Each transition begins where the one before it led: no event was half taken."""
    for number, row in enumerate(rows, start=1):
        if row.seq != number:
            yield "lost", f"transition {number} is not in the journal"
    for before, after in itertools.pairwise(rows):
        if before.dest != after.source:
            yield "lost", f"{after.source} follows {before.dest}"
    if not end.startswith("never") and (not rows or rows[-1].dest != end):
        yield "lost", "the journal does not lead to the end"


def _bad_events(one: Raced, rows: Sequence[JournalRow]) -> Iterator[Bad]:
    """An event that both processes got is taken by one of them, and no event more than sent."""
    taken = Counter(row.trigger for row in rows if row.cause == "event")
    for name, times in taken.items():
        if times > one.sent[name]:
            yield "twice", f"{name} was taken {times} times, sent {one.sent[name]} times"
    if one.kind in ("doubled", "twins"):  # in a lapse, what was not saved is lost with its lease
        for name, races in one.rounds.items():
            if taken[name] < races:
                yield "lost", f"{name} was taken {taken[name]} times in {races} races"


def _untold(rows: Sequence[JournalRow], heard: Set[tuple[str, int]]) -> Iterator[Bad]:
    for row in rows:
        if (row.attempt_id, row.seq) not in heard:
            yield "untold", f"transition {row.seq} to {row.dest}"


def _bad_log(site: Site) -> Iterator[Bad]:
    """A drive that lost its lease is what a race is about; any other error is not."""
    for error in site.notes("errors"):
        if error.get("error") != "LeaseLost":
            yield "unhandled", f"{error.get('event')} ({error.get('error')})"


def _bad_connections(ground: Ground, attempts: Sequence[Attempt]) -> Iterator[Bad]:
    there = Counter(one.id for one in ground.simulator.connections)
    results = [one.result for one in attempts if one.result is not None]
    wanted = Counter(one.id_connection for one in results if one.id_connection is not None)
    for id_connection in wanted:
        if wanted[id_connection] > 1:
            yield "twice", "two attempts have the same connection"
        if id_connection not in there:
            yield "lost", "a connection of a completed attempt is not there"
    for id_connection in set(there) - set(wanted):
        yield "twice", f"connection {id_connection} is no attempt's"


def _bad_users(ground: Ground, attempts: Sequence[Attempt]) -> Iterator[Bad]:
    there = {one.id for one in ground.simulator.users}
    users: dict[str, set[int]] = {}
    for one in attempts:
        if one.result is not None:
            users.setdefault(one.owner, set()).add(one.result.id_user)
    for owner, ids in users.items():
        if len(ids) > 1:
            yield "twice", f"{owner} has {len(ids)} users"
        if not ids <= there:
            yield "lost", f"the user of {owner} is not there"
    for id_user in there - set().union(*users.values()):
        yield "twice", f"user {id_user} is no owner's"
