"""Drives: who waits for which, and what a caller is told of one that is cut short."""

import asyncio
from datetime import UTC, datetime

from structlog.testing import capture_logs

from powens_flow.attempt import Attempt
from powens_flow.drives import LEASE, Drives
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Lease, StoreError, Taken
from powens_flow.testing import ManualClock
from tests.unwritable import an_unwritable_log

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
ONE = Attempt("one", "ada", "bell", "asking", NINE, NINE)
TAKEN = Taken(ONE, Lease("one", "me", 1, NINE))


def drives() -> Drives:
    return Drives(MemoryStore(), ManualClock(), "me", patience=25.0)


async def until(gate: asyncio.Event) -> Attempt:
    await gate.wait()
    return ONE


def _open() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_drive_that_has_ended_releases_nobody_who_waits_for_the_next() -> None:
    made, first, second = drives(), asyncio.Event(), asyncio.Event()
    made.start(TAKEN, until(first))
    made.start(TAKEN, until(second))
    waiter = asyncio.create_task(made.taken("one", 1))
    await turns()
    first.set()
    await turns()
    assert not waiter.done()
    second.set()
    assert await waiter


async def test_a_caller_of_a_drive_that_is_cut_short_is_told_that_it_goes_on() -> None:
    made = drives()
    caller = asyncio.create_task(made.driven(TAKEN, until(asyncio.Event())))
    await turns()
    await made.close(grace=0.0)
    assert await caller is None


async def test_what_is_held_is_waited_for_until_it_is_driven_or_let_go() -> None:
    made, gate = drives(), asyncio.Event()
    with made.held("one"):
        waiter = asyncio.create_task(made.taken("one", 1))
        await turns()
        assert not waiter.done()
        made.start(TAKEN, until(gate))
    await turns()
    assert not waiter.done()
    gate.set()
    assert await waiter
    with made.held("one"), made.held("one"):
        waiter = asyncio.create_task(made.taken("one", 2))
        await turns()
        assert not waiter.done()
    assert await waiter


async def test_what_is_held_for_long_before_it_is_driven_keeps_its_lease() -> None:
    store, clock = MemoryStore(), ManualClock()
    made, now = Drives(store, clock, "me", patience=25.0), clock.now()
    taken = await store.create(ONE, (), holder="me", until=now + LEASE, untold=False)
    with made.held("one"):  # values are judged, for which the public key has to be fetched
        for _ in range(6):
            await turns()
            clock.advance(10)
            await turns()
        now = clock.now()
        assert await store.due(holder="other", now=now, until=now + LEASE, limit=1) == ()
        assert await made.driven(taken, until(_open())) == ONE
    await made.close(grace=0.0)


async def test_a_watcher_that_raises_keeps_no_other_from_being_told() -> None:
    made, gate = drives(), asyncio.Event()
    told: list[str] = []

    def fails(attempt_id: str) -> None:
        raise RuntimeError("S3cr3t")

    made.watchers += [fails, told.append]
    with capture_logs() as logs:
        made.start(TAKEN, until(gate))
        gate.set()
        await turns()
    assert told == ["one"]
    assert [one for one in logs if one["event"] == "watcher.failed"] == [
        {"event": "watcher.failed", "log_level": "error", "attempt": "one", "error": "RuntimeError"}
    ]


async def test_who_waits_for_a_drive_that_failed_is_released_though_nothing_can_be_logged() -> None:
    async def fails() -> Attempt:
        raise StoreError("S3cr3t")

    made = drives()
    made.start(TAKEN, fails())
    with an_unwritable_log():
        assert await made.taken("one", 1)
