"""Whose attempts there are, and forgetting them."""

import pytest
from attrs import evolve

from powens_flow.attempt import User
from powens_flow.store.port import LeaseLost, Store
from tests.store import values as v


class ForgettingContract:
    async def test_a_users_attempts_are_those_that_have_not_ended(self, store: Store) -> None:
        user = User(5, "sealed")
        await v.at_rest(store, v.an_attempt("waits", user=user, due_at=v.at(9)))
        await v.at_rest(store, v.an_attempt("ended", user=user))
        await v.at_rest(store, v.an_attempt("other", user=User(6, "sealed"), due_at=v.at(9)))
        await v.at_rest(store, v.an_attempt("without", due_at=v.at(9)))
        taken = await v.created(store, v.an_attempt("later"))
        await v.saved(store, taken, attempt=evolve(taken.attempt, user=user))
        assert sorted(await store.concerned(5)) == ["later", "waits"]
        assert await store.concerned(7) == ()

    async def test_an_owners_connections_are_of_ended_attempts_too(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt("waits", id_connection=1, due_at=v.at(9)))
        await v.at_rest(store, v.an_attempt("ended", id_connection=2))
        await v.at_rest(store, v.an_attempt("mine", id_connection=3))
        await v.at_rest(store, v.an_attempt("none"))
        await v.at_rest(store, v.an_attempt("other", owner="bea", id_connection=4))
        taken = await v.created(store, v.an_attempt("later"))
        await v.saved(store, taken, attempt=evolve(taken.attempt, id_connection=5))
        assert await store.connections("ada", without="mine") == {1, 2, 5}
        assert await store.connections("nobody", without="mine") == frozenset()

    async def test_what_ended_before_then_is_forgotten(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt("old", entered_at=v.at(-2)), rows=(v.a_row(1, "old"),))
        await v.at_rest(store, v.an_attempt("new", entered_at=v.at(0)))
        await v.at_rest(store, v.an_attempt("waits", entered_at=v.at(-2), due_at=v.at(9)))
        await v.created(store, v.an_attempt("driven", entered_at=v.at(-2)))
        assert await store.purge(v.at(0)) == 1
        assert await store.load("old") is None
        assert await store.history("old") == ()
        assert None not in [await store.load(one) for one in ("new", "waits", "driven")]
        assert await store.purge(v.at(0)) == 0

    async def test_an_ended_attempt_that_is_driven_again_is_not_forgotten(
        self, store: Store
    ) -> None:
        await v.at_rest(store, v.an_attempt(entered_at=v.at(-2)))
        taken = await v.took(store)
        assert await store.live("ada") == ("one",)
        assert await store.purge(v.at(0)) == 0
        await store.release(taken.lease)
        assert await store.live("ada") == ()
        assert await store.purge(v.at(0)) == 1

    async def test_what_was_not_told_is_not_forgotten(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt(), rows=(v.a_row(1),), untold=True)
        assert await store.purge(v.at(9)) == 0
        await store.told([("one", 1)])
        assert await store.purge(v.at(9)) == 1
        assert await store.untold(9) == ()

    async def test_forgetting_is_done_in_portions(self, store: Store) -> None:
        for n in range(5):
            await v.at_rest(store, v.an_attempt(f"n{n}"))
        assert [await store.purge(v.at(9), limit=2) for _ in range(4)] == [2, 2, 1, 0]

    async def test_a_forgotten_id_can_be_used_again(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt(), rows=(v.a_row(1),))
        await store.purge(v.at(9))
        taken = await v.created(store)
        await v.saved(store, taken, rows=(v.a_row(1),))
        assert len(await store.history("one")) == 1

    async def test_an_owner_is_erased_with_all_there_is(self, store: Store) -> None:
        await v.at_rest(store, v.an_attempt("ended"), rows=(v.a_row(1, "ended"),), untold=True)
        await v.at_rest(store, v.an_attempt("waits", due_at=v.at(9)))
        driven = await v.created(store)
        await v.posted(store, {"type": "cancel"})
        await store.claim(v.a_claim(), v.at(0))
        kept = await v.at_rest(store, v.an_attempt("other", owner="bea"))
        assert await store.erase("ada") == 3
        with pytest.raises(LeaseLost):
            await v.saved(store, driven, rows=(v.a_row(),))
        assert await store.live("ada") == ()
        assert await store.untold(9) == ()
        assert await store.history("ended") == ()
        assert await store.claimed("user:ada", v.at(1)) is None
        assert await store.next_due() is None
        assert await store.load("other") == kept
        assert await store.erase("ada") == 0
