"""Creating, loading and saving: snapshots by compare-and-swap."""

import pytest
from attrs import evolve

from powens_flow.store.port import DuplicateAttempt, Lease, LeaseLost, Save, Store, StoreError
from tests.store import values as v


class SaveContract:
    async def test_what_was_created_is_loaded_again_with_version_one(self, store: Store) -> None:
        given = v.a_full_attempt()
        taken = await v.created(store, given)
        assert taken.attempt == evolve(given, version=1)
        assert await store.load(given.id) == taken.attempt

    async def test_a_new_attempt_is_leased_to_who_created_it(self, store: Store) -> None:
        taken = await v.created(store)
        assert taken.lease == Lease("one", "ann", taken.lease.fence, v.at(30))
        assert not taken.lapsed
        assert taken.inbox == ()
        assert await v.take(store) is not None

    async def test_an_id_is_taken_once(self, store: Store) -> None:
        first = await v.created(store)
        other = v.an_attempt(owner="bea", state="elsewhere")
        with pytest.raises(DuplicateAttempt):
            await store.create(other, (v.a_row(),), holder="bob", until=v.at(60), untold=True)
        assert await store.load("one") == first.attempt
        assert await store.history("one") == ()
        assert await store.untold(10) == ()
        assert await store.live("bea") == ()

    async def test_an_unknown_attempt_is_nothing(self, store: Store) -> None:
        assert await store.load("none") is None
        assert await v.take(store, "none") is None
        assert await store.history("none") == ()

    async def test_another_owners_attempt_is_nothing_to_take(self, store: Store) -> None:
        attempt = await v.at_rest(store)
        assert await v.take(store, owner="bea", post={"type": "cancel"}) is None
        taken = await v.took(store, owner="ada")
        assert taken.attempt == attempt
        assert taken.inbox == ()

    async def test_a_save_stores_one_version_higher(self, store: Store) -> None:
        taken = await v.created(store)
        moved = evolve(taken.attempt, state="choosing_accounts", polls=3)
        saved = await v.saved(store, taken, attempt=moved)
        assert saved.attempt == evolve(moved, version=2)
        assert await store.load("one") == saved.attempt

    async def test_saves_follow_each_other_under_one_lease(self, store: Store) -> None:
        taken = await v.created(store)
        for version in (2, 3, 4):
            saved = await v.saved(store, taken, durable=version == 3)
            assert saved.attempt.version == version
            taken = evolve(taken, attempt=saved.attempt)

    async def test_an_older_version_replaces_nothing(self, store: Store) -> None:
        taken = await v.created(store)
        newer = await v.saved(store, taken)
        with pytest.raises(LeaseLost):
            await v.saved(
                store,
                taken,
                rows=(v.a_row(),),
                untold=True,
                claims=(v.a_claim(),),
                release=True,
            )
        assert await store.load("one") == newer.attempt
        await self._nothing_was_written(store)

    async def test_a_save_without_the_lease_is_void(self, store: Store) -> None:
        taken = await v.created(store)
        strangers = Lease("one", "eve", taken.lease.fence, v.at(30))
        with pytest.raises(LeaseLost):
            await store.save(
                Save(taken.attempt, strangers, (v.a_row(),), untold=True, claims=(v.a_claim(),))
            )
        assert await store.load("one") == taken.attempt
        await self._nothing_was_written(store)

    async def test_a_save_of_an_attempt_that_is_not_there_is_void(self, store: Store) -> None:
        with pytest.raises(LeaseLost):
            await store.save(Save(v.an_attempt(version=1), v.a_lease(), rows=(v.a_row(),)))
        assert await store.load("one") is None

    async def test_a_save_that_cannot_be_whole_is_nothing(self, store: Store) -> None:
        taken = await v.created(store)
        seq = await v.posted(store, {"type": "cancel"})
        first = await v.saved(store, taken, rows=(v.a_row(1),))
        again = evolve(taken, attempt=first.attempt)
        with pytest.raises(StoreError):
            await v.saved(
                store,
                again,
                attempt=evolve(first.attempt, state="elsewhere"),
                rows=(v.a_row(2), v.a_row(1)),
                untold=True,
                took=(seq,),
                claims=(v.a_claim(),),
            )
        assert await store.load("one") == first.attempt
        assert await store.history("one") == (v.a_row(1),)
        assert await store.untold(10) == ()
        assert await store.claimed("user:ada", v.at(1)) is None
        assert [one.seq for one in (await v.saved(store, again)).inbox] == [seq]

    async def _nothing_was_written(self, store: Store) -> None:
        assert await store.history("one") == ()
        assert await store.untold(10) == ()
        assert await store.claimed("user:ada", v.at(1)) is None
        assert (await v.take(store, holder="cy")) is not None
        assert await store.renew("ann", ["one"], v.at(60)) == {"one"}
