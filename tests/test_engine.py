"""The engine: owners, what is not taken, time, leases, other versions, and its close."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.attempt import User
from powens_flow.drives import LEASE
from powens_flow.engine import Engine, _unguessable
from powens_flow.errors import (
    EventNotAccepted,
    EventRefused,
    NoSuchAttempt,
    Outdated,
    WrongValues,
)
from powens_flow.events import InvalidEvent
from powens_flow.outcomes import Outcome
from powens_flow.store.port import Save, StoreError, Taken
from tests.small_world import SmallWorld, opened, ringing, send, small_world, turns
from tests.unwritable import an_unwritable_log


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


# --- owners -------------------------------------------------------------------------------------


async def test_another_owners_attempt_does_not_exist(here: SmallWorld) -> None:
    attempt_id = await here.started("owner-1")
    other = here.engine.for_owner("owner-2")
    unknown = []
    for call in (
        other.get(attempt_id),
        other.send(attempt_id, e.Cancel()),
        other.connectors(attempt_id),
        other.seal(attempt_id, {}),
        here.engine.for_owner("owner-1").get("nowhere"),
        here.engine.for_owner("owner-1").send("nowhere", e.Cancel()),
        here.engine.for_owner("owner-1").send("nowhere", e.SubmitValues({})),
        here.engine.history("nowhere"),
    ):
        with pytest.raises(NoSuchAttempt) as refused:
            await call
        unknown.append((str(refused.value), repr(refused.value)))
    assert len(set(unknown)) == 1
    assert await here.state(attempt_id) == "asking"


async def test_another_owners_events_reach_no_inbox(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    with pytest.raises(NoSuchAttempt):
        await here.engine.for_owner("owner-2").send(attempt_id, e.Cancel())
    opened(here)
    assert (await task).state == "finished"


def test_an_owner_has_a_name() -> None:
    async def ask() -> None:
        async with small_world() as here:
            with pytest.raises(ValueError, match="an owner is a text"):
                here.engine.for_owner("")

    asyncio.run(ask())


async def test_a_machine_that_is_not_there_starts_nothing(here: SmallWorld) -> None:
    with pytest.raises(KeyError, match="there are: add_connection, bell"):
        await here.engine.for_owner("owner-1").start("door")
    assert await here.store.live("owner-1") == ()


async def test_an_attempt_has_an_id_that_nobody_guesses(here: SmallWorld) -> None:
    engine = Engine(
        here.engine._services.api,
        here.store,
        here.engine._services.vault,
        here.engine._services.keyring,
        machines=here.machines,
        clock=here.clock,
    )
    user = User(7, "sealed", permanent=True, kept=True)
    attempts = engine.for_owner("owner-1").attempts
    views = [await attempts.start("owner-1", "bell", None, user=user) for _ in range(100)]
    ids = {view.attempt_id for view in views}
    assert len(ids) == 100
    assert min(map(len, ids)) >= 24


# --- events that are not taken ------------------------------------------------------------------


async def test_an_event_that_the_state_does_not_take(here: SmallWorld) -> None:
    attempt_id = await here.started()
    before = await here.store.load(attempt_id)
    with pytest.raises(EventNotAccepted) as refused:
        await send(here, attempt_id, e.FinishLater())
    assert (refused.value.state, refused.value.trigger) == ("asking", "finish_later")
    assert {"acted", "try_again", "cancel"} <= set(refused.value.accepts)
    assert refused.value.prompt.message_key == "bell.ask"
    assert await here.store.load(attempt_id) == before
    assert (await send(here, attempt_id, e.Acted())).state == "finished"


async def test_json_that_is_no_event_never_reaches_the_store(here: SmallWorld) -> None:
    attempt_id = await here.started()
    with pytest.raises(InvalidEvent):
        await send(here, attempt_id, {"type": "poll"})
    assert (await send(here, attempt_id, {"type": "acted"})).state == "finished"


async def test_content_that_cannot_be_taken_comes_back_with_the_prompt() -> None:
    from powens_flow.testing import Script, world  # noqa: PLC0415 - the only test on the whole

    async with world() as w:
        driver = w.driver(Script(connector="40"))
        view = await driver.until("choose_accounts")
        with pytest.raises(EventRefused) as refused:
            await driver.owner.send(view.attempt_id, e.ChooseAccounts((999,)))
        assert set(refused.value.fields) == {"accounts"}
        assert refused.value.prompt.kind == "choose_accounts"
        assert await driver.owner.get(view.attempt_id) == view


async def test_wrong_values_come_back_in_the_prompt_again(here: SmallWorld) -> None:
    attempt_id = await here.started()
    with pytest.raises(WrongValues) as refused:
        await send(here, attempt_id, e.SubmitValues({"login": "S3cr3t"}))
    assert refused.value.fields == {"login": "values.unknown"}
    assert refused.value.prompt.error is not None
    assert refused.value.prompt.error.key == "values.wrong"
    assert "S3cr3t" not in f"{refused.value}{refused.value!r}"
    with pytest.raises(WrongValues):
        await here.engine.for_owner("owner-1").seal(attempt_id, {"login": "S3cr3t"})
    assert (await send(here, attempt_id, e.Acted())).state == "finished"


async def test_nothing_is_sealed_where_nothing_is_asked_for(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await send(here, attempt_id, e.Acted())
    with pytest.raises(EventNotAccepted):
        await here.engine.for_owner("owner-1").seal(attempt_id, {"login": "x"})


async def test_an_end_takes_no_event(here: SmallWorld) -> None:
    attempt_id = await here.started()
    await send(here, attempt_id, e.Acted())
    with pytest.raises(EventNotAccepted, match="nothing: it is an end"):
        await send(here, attempt_id, e.Cancel())


# --- time ---------------------------------------------------------------------------------------


async def test_what_is_due_is_taken_up_and_nothing_else(here: SmallWorld) -> None:
    here.bell.listens.append(Outcome("gone"))
    waiting, resting = await here.started(), await here.started()
    assert (await send(here, waiting, e.TryAgain())).state == "looking"
    assert await here.engine.tick() == 0
    here.clock.advance(2)
    assert await here.engine.tick() == 1
    assert await here.state(waiting) == "finished"
    assert await here.state(resting) == "asking"


async def test_a_deadline_expires_the_attempt(here: SmallWorld) -> None:
    attempt_id = await here.started()
    for _ in range(4):  # a warning on the way changes nothing
        due = await here.store.next_due()
        if due is not None:
            here.clock.advance_to(due)
            await here.engine.tick()
    assert await here.state(attempt_id) == "expired"
    assert (here.clock.now() - (await here.engine.history(attempt_id))[-1].at).total_seconds() == 0
    stored = await here.store.load(attempt_id)
    assert stored is not None
    assert (stored.entered_at - stored.created_at).total_seconds() == 900


async def test_a_tick_too_early_gives_the_attempt_back(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.clock.advance(1)
    assert await here.engine.tick() == 0
    assert (await send(here, attempt_id, e.Acted())).state == "finished"


async def test_run_goes_on_by_the_clock(here: SmallWorld) -> None:
    here.bell.listens += [Outcome("gone"), Outcome("gone")]
    attempt_id = await here.started()
    await send(here, attempt_id, e.TryAgain())
    running = asyncio.create_task(here.engine.run())
    for _ in range(40):
        await turns()
        here.clock.advance(0.5)
    await turns()
    assert await here.state(attempt_id) == "finished"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_run_takes_up_what_a_dead_process_left(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    task.cancel()
    await here.engine.close()
    here.bell.gate = None
    async with here.another_engine() as other:
        running = asyncio.create_task(other.run())
        for _ in range(80):
            await turns(5)
            here.clock.advance(0.5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert "recovering" in here.bell.seen
    assert await here.state(attempt_id) == "finished"


@pytest.mark.parametrize("is_woken", [False, True], ids=["sent to", "woken"])
async def test_one_whose_process_died_before_its_first_rest_still_has_its_deadline(
    here: SmallWorld, is_woken: bool
) -> None:
    rested = await here.store.load(await here.started())
    assert rested is not None
    now = here.clock.now()
    new = evolve(rested, id="new", due_at=None, deadline_at=None, deadline_of=None)
    await here.store.create(new, (), holder="dead", until=now + LEASE, untold=False)
    here.clock.advance(30)
    if is_woken:
        await here.engine.wake("new")
    else:
        with pytest.raises(EventNotAccepted):
            await send(here, "new", e.FinishLater())
    await here.engine.settled()
    here.clock.advance(900)
    await here.engine.tick()
    assert await here.state("new") == "expired"


# --- leases -------------------------------------------------------------------------------------


async def test_a_lease_is_renewed_for_as_long_as_the_call_lasts(here: SmallWorld) -> None:
    _, task = await ringing(here)
    async with here.another_engine() as other:
        for _ in range(30):
            here.clock.advance(10)
            await turns()
            assert await other.tick() == 0
    opened(here)
    assert (await task).state == "finished"
    assert "recovering" not in here.bell.seen


async def test_a_lease_is_renewed_again_after_a_failure_that_could_not_be_logged(
    here: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away(*_: Any) -> Any:
        raise StoreError("away")

    _, task = await ringing(here)
    with monkeypatch.context() as broken, an_unwritable_log():
        broken.setattr(here.store, "renew", is_away)
        here.clock.advance(10)
        await turns()
    async with here.another_engine() as other:
        for _ in range(3):
            here.clock.advance(10)
            await turns()
            assert await other.tick() == 0
    opened(here)
    assert (await task).state == "finished"


async def test_renewing_ends_when_nothing_is_driven(here: SmallWorld) -> None:
    await here.started()
    for _ in range(3):
        here.clock.advance(10)
        await turns()
    assert not here.clock._sleepers


async def test_an_event_at_another_process_waits_for_the_first(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    async with here.another_engine() as other:
        view = await other.for_owner("owner-1").send(attempt_id, e.Cancel())
        assert view.prompt.kind == "working"
    opened(here)
    await task
    await here.engine.settled()
    assert await here.state(attempt_id) == "cancelled"


# --- attempts of another version ----------------------------------------------------------------


async def stored_as(here: SmallWorld, **changes: Any) -> str:
    """An attempt as another version might have stored it."""
    attempt_id = await here.started()
    now = here.clock.now()
    taken = await here.store.take(
        attempt_id, holder="old", now=now, until=now + timedelta(seconds=30)
    )
    assert isinstance(taken, Taken)
    await here.store.save(Save(evolve(taken.attempt, **changes), taken.lease, release=True))
    return attempt_id


async def test_a_state_of_another_version_says_so_and_can_be_cancelled(here: SmallWorld) -> None:
    attempt_id = await stored_as(here, state="humming", machine_hash="0ld")
    before = await here.store.load(attempt_id)
    with pytest.raises(Outdated, match=r"'humming', of machine 0ld, is unknown to this version"):
        await send(here, attempt_id, e.Acted())
    assert await here.store.load(attempt_id) == before
    view = await here.engine.for_owner("owner-1").get(attempt_id)
    assert view.prompt.message_key == "attempt.outdated"
    assert (await send(here, attempt_id, e.Cancel())).state == "cancelled"


async def test_a_state_of_another_version_expires(here: SmallWorld) -> None:
    attempt_id = await stored_as(here, state="humming")
    here.clock.advance(900)
    await here.engine.tick()
    assert await here.state(attempt_id) == "expired"


async def test_an_attempt_of_a_machine_that_is_gone_is_left_alone(here: SmallWorld) -> None:
    attempt_id = await stored_as(here, machine="gong")
    for _ in range(2):
        with pytest.raises(Outdated, match="gong"):  # and the lease was given back
            await send(here, attempt_id, e.Cancel())
    here.clock.advance(10_000)
    await here.engine.tick()
    assert await here.state(attempt_id) == "asking"


# --- close --------------------------------------------------------------------------------------


async def test_closing_waits_for_what_is_under_way() -> None:
    async with small_world(grace=5.0) as here:
        attempt_id, task = await ringing(here)
        closing = asyncio.create_task(here.engine.close())
        await turns()
        assert not closing.done()
        opened(here)
        await closing
        assert (await task).state == "finished"
        assert await here.state(attempt_id) == "finished"


async def test_closing_without_grace_leaves_the_rest_to_another(here: SmallWorld) -> None:
    attempt_id, task = await ringing(here)
    await here.engine.close()
    assert (await asyncio.gather(task, return_exceptions=True))[0] is not None
    assert await here.state(attempt_id) == "ringing"


async def test_an_engine_can_be_closed_twice(here: SmallWorld) -> None:
    await here.engine.close()
    await here.engine.close()


async def test_no_id_begins_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["-a", "--b", "c-d"])
    monkeypatch.setattr("powens_flow.engine.secrets.token_urlsafe", lambda _: next(made))
    assert _unguessable() == "c-d"
