"""Whose time has come: due attempts, lapsed leases, and an owner's live attempts."""

from collections.abc import Sequence

from attrs import evolve

from powens_flow.attempt import Attempt
from powens_flow.store.port import Busy, Posted, Store, Taken
from tests.store import values as v


async def due(store: Store, now: float, limit: int = 10) -> tuple[Taken, ...]:
    return await store.due(holder="cy", now=v.at(now), until=v.at(now + 30), limit=limit)


class DueContract:
    async def test_nothing_is_due_in_an_empty_store(self, store: Store) -> None:
        assert await due(store, 0) == ()
        assert await store.next_due() is None

    async def test_an_attempt_is_due_when_its_time_has_come(self, store: Store) -> None:
        attempt = await v.at_rest(store, v.an_attempt(due_at=v.at(100)))
        assert await store.next_due() == v.at(100)
        assert await due(store, 99.9) == ()
        (taken,) = await due(store, 100)
        assert taken.attempt == attempt
        assert (taken.lease.holder, taken.lease.until) == ("cy", v.at(130))
        assert not taken.lapsed
        assert isinstance(await v.take(store, now=101), Busy)

    async def test_what_is_due_is_leased_once(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt(due_at=v.at(1)))
        assert len(await due(store, 2)) == 1
        assert await due(store, 2) == ()

    async def test_who_is_driven_is_not_due_until_its_lease_lapses(self, store: Store) -> None:
        await v.created(store, v.an_attempt(due_at=v.at(5)), until=30)
        assert await due(store, 29) == ()
        assert await store.next_due() == v.at(30)
        (taken,) = await due(store, 30)
        assert taken.lapsed

    async def test_a_lapsed_lease_is_due_without_a_time(self, store: Store) -> None:
        await v.created(store, until=30)
        (taken,) = await due(store, 31)
        assert taken.lapsed

    async def test_a_lease_that_is_given_back_shows_the_attempts_own_time(
        self, store: Store
    ) -> None:
        taken = await v.created(store, v.an_attempt(due_at=v.at(500)))
        await store.release(taken.lease)
        assert await store.next_due() == v.at(500)

    async def test_a_save_moves_the_time(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt(due_at=v.at(100)))
        taken = await v.took(store)
        later = evolve(taken.attempt, due_at=v.at(200))
        await v.saved(store, taken, attempt=later, release=True)
        assert await store.next_due() == v.at(200)
        again = await v.took(store)
        await v.saved(store, again, attempt=evolve(again.attempt, due_at=None), release=True)
        assert await store.next_due() is None

    async def test_the_limit_leaves_the_later_ones(self, store: Store) -> None:
        for n in (3, 1, 2):
            await v.at_rest(store, v.an_attempt(f"n{n}", due_at=v.at(n)))
        first = await due(store, 10, limit=2)
        assert {taken.attempt.id for taken in first} == {"n1", "n2"}
        assert [taken.attempt.id for taken in await due(store, 10, limit=2)] == ["n3"]

    async def test_what_does_not_fit_stays_as_it_is_for_another_process(self, store: Store) -> None:
        theirs = await v.at_rest(store, v.an_attempt("theirs", due_at=v.at(1)))
        await v.at_rest(store, v.an_attempt("ours", due_at=v.at(2)))
        asked: list[str] = []

        def fits(attempt: Attempt, inbox: Sequence[Posted]) -> bool:
            asked.append(attempt.id)
            return attempt.id == "ours"

        async def due_here(now: float) -> list[str]:
            found = await store.due(holder="cy", now=v.at(now), until=v.at(900), limit=1, fits=fits)
            return [one.attempt.id for one in found]

        assert await due_here(10) == ["ours"]
        assert await store.next_due() == v.at(900)  # the lease's end: the other is passed over
        assert await due_here(39) == []
        assert asked == ["theirs", "ours"]
        assert await due_here(41) == []
        assert asked == ["theirs", "ours", "theirs"]  # asked again after a while
        taken = await v.took(store, "theirs", now=41)
        assert (taken.attempt, taken.lapsed, taken.lease.fence) == (theirs, False, 2)

    async def test_what_did_not_fit_is_asked_for_again_when_the_clock_was_set_back(
        self, store: Store
    ) -> None:
        await v.at_rest(store, v.an_attempt(due_at=v.at(1)))
        year = 365 * 86400.0
        fits = [False, True]

        async def due_here(now: float) -> list[str]:
            found = await store.due(
                holder="cy",
                now=v.at(now),
                until=v.at(now + 30),
                limit=1,
                fits=lambda *_: fits.pop(0),
            )
            return [one.attempt.id for one in found]

        assert await due_here(year) == []
        assert await due_here(2) == ["one"]

    async def test_who_asks_whether_one_fits_sees_what_waits_for_it(self, store: Store) -> None:
        await v.created(store, until=30)
        await v.posted(store, {"type": "cancel"})
        seen: list[object] = []

        def fits(attempt: Attempt, inbox: Sequence[Posted]) -> bool:
            seen.extend(one.event["type"] for one in inbox)
            return bool(inbox)

        (taken,) = await store.due(holder="cy", now=v.at(31), until=v.at(61), limit=1, fits=fits)
        assert (seen, taken.lapsed) == (["cancel"], True)

    async def test_due_attempts_bring_their_inbox(self, store: Store) -> None:
        await v.created(store, until=30)
        seq = await v.posted(store, {"type": "cancel"})
        (taken,) = await due(store, 31)
        assert [one.seq for one in taken.inbox] == [seq]

    async def test_an_owners_live_attempts_wait_or_are_driven(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt("waits", due_at=v.at(900)))
        await v.at_rest(store, v.an_attempt("ended"))
        await v.created(store, v.an_attempt("driven"))
        await v.created(store, v.an_attempt("other", owner="bea"))
        assert sorted(await store.live("ada")) == ["driven", "waits"]
        assert await store.live("nobody") == ()

    async def test_an_owners_live_attempts_are_in_the_order_they_came(self, store: Store) -> None:
        for name in ("two", "one", "three"):
            await v.at_rest(store, v.an_attempt(name, due_at=v.at(len(name))))
        await v.took(store, "two")
        assert await store.live("ada") == ("two", "one", "three")

    async def test_live_attempts_are_counted_by_machine_and_state(self, store: Store) -> None:
        assert await store.live_states() == {}
        for name in ("one", "two"):
            await v.created(store, v.an_attempt(name))
        await v.at_rest(store, v.an_attempt("ended"))
        one = v.an_attempt("one")
        assert await store.live_states() == {(one.machine, one.state): 2}
