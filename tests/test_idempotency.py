"""A request that is sent again acts once: in one process, in several, and after a crash."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from powens_flow import SQLiteStore
from powens_flow import events as e
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.engine import Engine
from powens_flow.errors import EventNotAccepted, IdempotencyKeyReused
from powens_flow.idempotency import KEPT, IdempotencyKey
from powens_flow.outcomes import Outcome
from powens_flow.store.port import StoreError, Taken
from powens_flow.testing import world
from powens_flow.view import View
from tests.small_world import Ledger, SmallWorld, opened, ringing, small_world, turns


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


def a_key(request: str = "approve", key: str = "k-1", owner: str = "owner-1") -> IdempotencyKey:
    return IdempotencyKey.of(owner, key, request)


async def approve(engine: Engine, attempt_id: str, key: IdempotencyKey | None = None) -> View:
    return await engine.for_owner("owner-1").send(attempt_id, e.Approved(), key=key or a_key())


async def approvals(here: SmallWorld, attempt_id: str) -> int:
    rows = await here.engine.history(attempt_id)
    return sum(row.trigger == "approved" for row in rows)


# --- events -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, "", 3, b"k", "\ud800"])
def test_a_key_is_a_text(nothing: Any) -> None:
    with pytest.raises(ValueError, match=r"^an idempotency key is a text of Unicode"):
        IdempotencyKey.of("owner-1", nothing, {})
    with pytest.raises(ValueError, match=r"^an owner is a text of Unicode"):
        IdempotencyKey.of(nothing, "k-1", {})


async def test_an_event_that_comes_again_is_taken_once_and_answered_the_same(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    first = await approve(here.engine, attempt_id)
    assert await approve(here.engine, attempt_id) == first
    assert await approve(here.another_engine(), attempt_id) == first
    assert await approvals(here, attempt_id) == 1


async def test_an_event_with_another_key_is_another_event(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await approve(here.engine, attempt_id)
    await approve(here.engine, attempt_id, a_key(key="k-2"))
    assert await approvals(here, attempt_id) == 2


async def test_a_key_that_came_with_another_request_is_refused(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await approve(here.engine, attempt_id)
    with pytest.raises(IdempotencyKeyReused):
        await approve(here.engine, attempt_id, a_key("something else"))
    assert await approvals(here, attempt_id) == 1


async def test_keys_of_two_owners_never_meet(here: SmallWorld) -> None:
    mine = await here.started()
    theirs = await here.started("owner-2")
    await approve(here.engine, mine)
    other = a_key(owner="owner-2")
    await here.engine.for_owner("owner-2").send(theirs, e.Approved(), key=other)
    assert (await approvals(here, mine), await approvals(here, theirs)) == (1, 1)


async def test_an_event_that_was_refused_binds_no_key(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("interaction_needed"))
    with pytest.raises(EventNotAccepted):
        await here.engine.for_owner("owner-1").send(attempt_id, e.FinishLater(), key=a_key())
    await approve(here.engine, attempt_id)
    assert await approvals(here, attempt_id) == 1


async def test_of_two_that_come_at_once_one_is_taken(here: SmallWorld) -> None:
    attempt_id = await here.started()
    other = here.another_engine()
    ends = await asyncio.gather(
        *(approve(engine, attempt_id) for engine in (here.engine, other, here.engine, other))
    )
    await other.settled()
    await here.engine.settled()
    assert await approvals(here, attempt_id) == 1
    assert {view.state for view in ends} == {"asking"}


async def test_two_that_wait_in_the_inbox_are_taken_once(here: SmallWorld) -> None:
    here.bell.listens.append(Outcome("interaction_needed"))  # back to asking
    attempt_id, task = await ringing(here)
    waiting = [asyncio.create_task(approve(here.engine, attempt_id)) for _ in range(3)]
    await turns()
    opened(here)
    await task
    assert {(await one).state for one in waiting} == {"asking"}
    assert await approvals(here, attempt_id) == 1


async def test_one_that_waits_in_the_inbox_with_a_key_of_another_request_is_refused(
    here: SmallWorld,
) -> None:
    here.bell.listens.append(Outcome("interaction_needed"))
    attempt_id, task = await ringing(here)
    first = asyncio.create_task(approve(here.engine, attempt_id))
    second = asyncio.create_task(approve(here.engine, attempt_id, a_key("something else")))
    await turns()
    opened(here)
    await task
    assert (await first).state == "asking"
    with pytest.raises(IdempotencyKeyReused):
        await second


async def test_one_that_comes_again_while_its_call_is_under_way_is_answered_working(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    owner = here.engine.for_owner("owner-1")
    first = asyncio.create_task(owner.send(attempt_id, e.Acted(), key=a_key("ring")))
    await here.bell.under_way.wait()
    again = await owner.send(attempt_id, e.Acted(), key=a_key("ring"))
    assert again.prompt.kind == "working"
    opened(here)
    assert (await first).state == "finished"
    assert here.bell.seen.count("strike") == 1


async def test_a_key_is_written_with_the_event_that_came_with_it(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await approve(here.engine, attempt_id)
    taking = next(one for one in here.store.saves if one.claims)
    assert [row.trigger for row in taking.rows] == ["approved"]
    assert [claim.key for claim in taking.claims] == [a_key().name]


async def test_a_key_is_forgotten_after_its_time(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await approve(here.engine, attempt_id)
    assert await here.store.claimed(a_key().name, here.clock.now()) is not None
    assert await here.store.claimed(a_key().name, here.clock.now() + KEPT) is None


# --- starts -------------------------------------------------------------------------------------


async def test_a_start_that_comes_again_is_the_same_attempt() -> None:
    async with world() as w:
        owner = w.engine.for_owner("maya")
        first = await owner.start(key=a_key("start"))
        assert await owner.start(key=a_key("start")) == first
        with pytest.raises(IdempotencyKeyReused):
            await owner.reconnect(5, key=a_key("reconnect 5"))
        assert await w.store.live("maya") == (first.attempt_id,)


async def test_of_two_starts_at_once_one_makes_an_attempt() -> None:
    async with world() as w:
        owner = w.engine.for_owner("maya")
        ends = await asyncio.gather(*(owner.start(key=a_key("start")) for _ in range(4)))
        assert len({view.attempt_id for view in ends}) == 1
        assert len(await w.store.live("maya")) == 1


class Dying(Ledger):
    """Makes no attempt the first time: the process died."""

    died = False

    async def create(
        self,
        attempt: Attempt,
        rows: Sequence[JournalRow],
        *,
        holder: str,
        until: datetime,
        untold: bool,
    ) -> Taken:
        if not self.died:
            self.died = True
            raise StoreError("the process died")
        return await super().create(attempt, rows, holder=holder, until=until, untold=untold)


async def test_a_start_whose_process_died_is_made_when_it_comes_again() -> None:
    async with world(store=Dying()) as w:
        owner = w.engine.for_owner("maya")
        with pytest.raises(StoreError):
            await owner.start(key=a_key("start"))
        view = await owner.start(key=a_key("start"))
        assert view.prompt.kind == "choose_connector"
        assert await w.store.live("maya") == (view.attempt_id,)


# --- what is kept -------------------------------------------------------------------------------


def everything_in(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


async def test_neither_key_nor_request_stand_readable_in_the_store(tmp_path: Path) -> None:
    async with SQLiteStore(tmp_path / "a.sqlite") as store, world(store=store) as w:
        owner = w.engine.for_owner("maya")
        started = IdempotencyKey.of("maya", "key-of-start-0001", {"machine": "add_connection"})
        view = await owner.start(key=started)
        sent = IdempotencyKey.of("maya", "key-of-event-0001", {"secret": "S3cr3t"})
        await owner.send(view.attempt_id, e.ChooseConnector("40"), key=sent)
        assert await store.claimed(sent.name, w.clock.now()) is not None
        kept = everything_in(tmp_path)
        for readable in (b"key-of-start-0001", b"key-of-event-0001", b"S3cr3t"):
            assert readable not in kept
        assert sent.digest not in repr(sent)


async def test_whoever_is_forgotten_leaves_no_key(tmp_path: Path) -> None:
    async with SQLiteStore(tmp_path / "a.sqlite") as store, world(store=store) as w:
        key = IdempotencyKey.of("maya", "k", "start")
        view = await w.engine.for_owner("maya").start(key=key)
        await w.engine.erase("maya")
        assert await store.claimed(key.name, w.clock.now()) is None
        again = await w.engine.for_owner("maya").start(key=key)
        assert again.attempt_id != view.attempt_id
