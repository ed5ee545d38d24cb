"""Leases: one holder at a time, and what became of the one before."""

import asyncio

import pytest

from powens_flow.store.port import Busy, LeaseLost, Store, Taken
from tests.store import values as v


class LeaseContract:
    async def test_a_free_attempt_is_leased_to_who_takes_it(self, store: Store) -> None:
        attempt = await v.at_rest(store)
        taken = await v.took(store, now=1)
        assert taken.attempt == attempt
        assert (taken.lease.holder, taken.lease.until) == ("bob", v.at(31))
        assert not taken.lapsed

    async def test_a_leased_attempt_is_busy_for_all(self, store: Store) -> None:
        taken = await v.created(store)
        assert await v.take(store, holder="bob") == Busy(taken.attempt)
        assert await v.take(store, holder="ann") == Busy(taken.attempt)

    async def test_each_lease_has_a_higher_fence(self, store: Store) -> None:
        first = await v.created(store)
        await v.saved(store, first, release=True)
        second = await v.took(store)
        await store.release(second.lease)
        third = await v.took(store)
        assert first.lease.fence < second.lease.fence < third.lease.fence

    async def test_a_lease_lapses_at_its_end(self, store: Store) -> None:
        await v.created(store, until=30)
        assert isinstance(await v.take(store, now=29.999), Busy)
        taken = await v.took(store, now=30)
        assert taken.lapsed

    async def test_a_lapsed_lease_that_nobody_took_still_saves(self, store: Store) -> None:
        taken = await v.created(store, until=30)
        saved = await v.saved(store, taken)  # later than its end: a store has no clock
        assert saved.attempt.version == 2

    async def test_who_lost_the_lease_is_fenced_out(self, store: Store) -> None:
        lost = await v.created(store)
        taken = await v.took(store, now=40)
        with pytest.raises(LeaseLost):
            await v.saved(store, lost, rows=(v.a_row(),), release=True)
        await store.release(lost.lease)
        assert isinstance(await v.take(store, now=41), Busy)
        assert (await v.saved(store, taken)).attempt.version == 2

    async def test_a_holder_that_took_it_again_is_fenced_out_of_its_first_lease(
        self, store: Store
    ) -> None:
        lost = await v.created(store)
        await v.took(store, holder="ann", now=40)
        with pytest.raises(LeaseLost):
            await v.saved(store, lost)

    async def test_a_lease_that_was_given_back_saves_nothing(self, store: Store) -> None:
        taken = await v.created(store)
        await store.release(taken.lease)
        with pytest.raises(LeaseLost):
            await v.saved(store, taken)

    async def test_a_save_can_give_the_lease_back(self, store: Store) -> None:
        taken = await v.created(store)
        await v.saved(store, taken, release=True)
        assert not (await v.took(store)).lapsed

    async def test_a_lease_is_given_back_without_a_save(self, store: Store) -> None:
        taken = await v.created(store)
        assert await store.release(taken.lease) == ()
        again = await v.took(store)
        assert not again.lapsed
        assert again.attempt == taken.attempt

    async def test_giving_back_what_was_given_back_changes_nothing(self, store: Store) -> None:
        taken = await v.created(store)
        await store.release(taken.lease)
        await v.took(store)
        await store.release(taken.lease)
        await store.release(v.a_lease("none"))
        assert isinstance(await v.take(store), Busy)

    async def test_renewing_prolongs_the_leases_that_are_still_held(self, store: Store) -> None:
        await v.created(store, v.an_attempt("mine"))
        await v.created(store, v.an_attempt("lost"))
        await v.at_rest(store, v.an_attempt("free"))
        await v.took(store, "lost", holder="bob", now=35)
        mine = await store.renew("ann", ["mine", "lost", "free", "none"], v.at(90))
        assert mine == {"mine"}
        assert isinstance(await v.take(store, "mine", now=89), Busy)
        assert (await v.took(store, "lost", now=70)).lapsed
        assert (await v.took(store, "mine", now=90)).lapsed

    async def test_renewing_never_shortens_a_lease(self, store: Store) -> None:
        await v.created(store, until=90)
        assert await store.renew("ann", ["one"], v.at(30)) == {"one"}
        assert isinstance(await v.take(store, now=60), Busy)

    async def test_renewing_nothing_is_nothing(self, store: Store) -> None:
        assert await store.renew("ann", [], v.at(30)) == frozenset()

    async def test_of_many_that_take_at_once_one_has_it(self, store: Store) -> None:
        await v.at_rest(store)
        asked = [v.take(store, holder=f"holder-{n}") for n in range(20)]
        answers = await asyncio.gather(*asked)
        assert [type(one) for one in answers].count(Taken) == 1
        assert [type(one) for one in answers].count(Busy) == 19
