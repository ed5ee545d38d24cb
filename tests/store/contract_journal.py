"""The journal, and what listeners have yet to hear."""

from attrs import evolve

from powens_flow.store.port import Store, Untold
from tests.store import values as v


class JournalContract:
    async def test_the_journal_is_read_oldest_first(self, store: Store) -> None:
        taken = await store.create(
            v.an_attempt(), (v.a_row(1),), holder="ann", until=v.at(30), untold=False
        )
        saved = await v.saved(store, taken, rows=(v.a_row(2), v.a_row(3)))
        plain = v.a_row(4, guards={}, facts={}, calls=())
        await v.saved(store, evolve(taken, attempt=saved.attempt), rows=(plain,))
        assert await store.history("one") == (v.a_row(1), v.a_row(2), v.a_row(3), plain)

    async def test_each_attempt_has_its_own_journal(self, store: Store) -> None:
        await v.saved(store, await v.created(store), rows=(v.a_row(1),))
        two = await v.created(store, v.an_attempt("two"))
        await v.saved(store, two, rows=(v.a_row(1, "two"),))
        assert await store.history("two") == (v.a_row(1, "two"),)

    async def test_listeners_have_to_hear_what_was_saved_for_them(self, store: Store) -> None:
        taken = await v.created(store)
        saved = await v.saved(store, taken, rows=(v.a_row(1), v.a_row(2)), untold=True)
        assert await store.untold(10) == (
            Untold(v.a_row(1), saved.attempt),
            Untold(v.a_row(2), saved.attempt),
        )

    async def test_the_first_rows_may_be_for_listeners_too(self, store: Store) -> None:
        taken = await store.create(
            v.an_attempt(), (v.a_row(1),), holder="ann", until=v.at(30), untold=True
        )
        assert await store.untold(10) == (Untold(v.a_row(1), taken.attempt),)

    async def test_rows_that_are_for_nobody_are_not_untold(self, store: Store) -> None:
        await v.saved(store, await v.created(store), rows=(v.a_row(1),))
        assert await store.untold(10) == ()

    async def test_untold_rows_come_with_the_attempt_as_it_is_now(self, store: Store) -> None:
        taken = await v.created(store)
        first = await v.saved(store, taken, rows=(v.a_row(1),), untold=True)
        again = evolve(taken, attempt=first.attempt)
        last = await v.saved(store, again, rows=(v.a_row(2),), release=True)
        assert await store.untold(10) == (Untold(v.a_row(1), last.attempt),)

    async def test_what_was_told_is_told_no_more(self, store: Store) -> None:
        taken = await v.created(store)
        await v.saved(store, taken, rows=(v.a_row(1), v.a_row(2), v.a_row(3)), untold=True)
        await store.told([("one", 1), ("one", 3), ("one", 9), ("none", 1)])
        assert [one.row.seq for one in await store.untold(10)] == [2]
        await store.told([("one", 2), ("one", 2)])
        assert await store.untold(10) == ()
        assert len(await store.history("one")) == 3

    async def test_untold_rows_are_in_order_for_each_attempt(self, store: Store) -> None:
        one = await v.created(store)
        two = await v.created(store, v.an_attempt("two"))
        first = await v.saved(store, one, rows=(v.a_row(1),), untold=True)
        await v.saved(store, two, rows=(v.a_row(1, "two"), v.a_row(2, "two")), untold=True)
        await v.saved(store, evolve(one, attempt=first.attempt), rows=(v.a_row(2),), untold=True)
        found = [(one.row.attempt_id, one.row.seq) for one in await store.untold(10)]
        assert sorted(found) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
        assert found.index(("one", 1)) < found.index(("one", 2))
        assert found.index(("two", 1)) < found.index(("two", 2))

    async def test_the_limit_leaves_later_rows(self, store: Store) -> None:
        rows = tuple(v.a_row(seq) for seq in (1, 2, 3))
        await v.saved(store, await v.created(store), rows=rows, untold=True)
        assert [one.row.seq for one in await store.untold(2)] == [1, 2]

    async def test_attempts_that_listeners_have_to_hear_of_are_named(self, store: Store) -> None:
        for name in ("one", "two", "three"):
            taken = await v.created(store, v.an_attempt(name))
            rows = (v.a_row(1, name), v.a_row(2, name))
            await v.saved(store, taken, rows=rows, untold=name != "two")
        assert await store.untold_attempts() == {"one": 2, "three": 2}
        await store.told([("one", 2), ("three", 1), ("three", 2)])
        assert await store.untold_attempts() == {"one": 1}

    async def test_what_listeners_have_to_hear_is_asked_for_by_attempt(self, store: Store) -> None:
        for name in ("one", "two"):
            rows = (v.a_row(1, name), v.a_row(2, name))
            await v.saved(store, await v.created(store, v.an_attempt(name)), rows=rows, untold=True)
        await store.told([("two", 1)])
        one = await store.load("one")
        assert one is not None
        assert await store.untold_of(["one"]) == (
            Untold(v.a_row(1), one),
            Untold(v.a_row(2), one),
        )
        both = await store.untold_of(["two", "none", "one"])
        assert [(each.row.attempt_id, each.row.seq) for each in both] == [
            ("two", 2),
            ("one", 1),
            ("one", 2),
        ]
        assert await store.untold_of([]) == ()
