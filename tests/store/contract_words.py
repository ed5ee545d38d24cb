"""What texts, numbers and moments a store has to keep as they are."""

from datetime import timedelta

import pytest
from attrs import evolve

from powens_flow.attempt import Connector, Problem, User
from powens_flow.store.fleet import Wanted
from powens_flow.store.port import Store
from tests.store import values as v
from tests.store.contract_fleet import Every

ODD = "\0\x1f\u2028\ufeff'\"\\%_ \U0001f511 \ud83d"
"""A nought, which PostgreSQL has no text for, and half a pair, for which UTF-8 has no bytes."""

LARGE = 2**53 + 1
"""Neither 32 bits nor a double can hold it."""


class WordContract:
    @pytest.mark.parametrize("odd", ["\0", "a\0", "\ud83d", " one", "one ", "ONE", "o%"])
    async def test_an_id_that_nobody_has_is_of_no_attempt(self, store: Every, odd: str) -> None:
        await v.created(store)
        assert await store.load(odd) is None
        assert await v.take(store, odd, post={"type": "cancel"}) is None
        assert await store.history(odd) == ()
        assert await store.posted(odd) == ()
        assert not await store.post(odd, {"type": "staff.wake"}, version=1, now=v.at(1))

    async def test_ids_and_owners_are_told_apart_by_each_letter(self, store: Store) -> None:
        names = ["é", "e\u0301", "E", "e", "e "]
        for name in names:
            await v.at_rest(store, v.an_attempt(name, owner=name, due_at=v.at(9)))
        for name in names:
            assert await store.live(name) == (name,)
            assert await v.take(store, "e", owner=name) is None or name == "e"
        assert await store.erase("e") == 1
        assert len([one for one in names if await store.load(one)]) == 4

    async def test_what_banks_and_users_say_is_kept_as_it_is(self, store: Store) -> None:
        said = v.an_attempt(problem=Problem("bank.said", ODD), plain_values={ODD: ODD})
        taken = await v.created(store, said)
        await v.posted(store, {"type": "cancel", "said": ODD})
        row = v.a_row(facts={ODD: [ODD]})
        saved = await v.saved(store, taken, rows=(row,), untold=True)
        loaded = await store.load("one")
        assert loaded is not None
        assert loaded == evolve(said, version=2)
        assert await store.history("one") == (row,)
        assert (await store.untold(1))[0].row == row
        assert [one.event["said"] for one in saved.inbox] == [ODD]
        claim = evolve(v.a_claim(), data={ODD: ODD})
        assert await store.claim(claim, v.at(0)) == await store.claimed(claim.key, v.at(1)) == claim

    async def test_a_connector_may_be_called_anything(self, store: Every) -> None:
        connector = Connector(10, "aaaa", ODD, "credentials")
        await v.at_rest(store, v.an_attempt(connector=connector, due_at=v.at(9)))
        ((named,), page) = await store.connectors(), await store.attempts(Wanted(connector="aaaa"))
        assert (named.uuid, named.id) == ("aaaa", 10)
        assert [one.id for one in page.attempts] == ["one"]

    async def test_the_numbers_of_powens_may_be_large(self, store: Store) -> None:
        user = User(LARGE, "sealed")
        large = v.an_attempt(user=user, id_connection=LARGE, due_at=v.at(9))
        attempt = await v.at_rest(store, large)
        assert await store.load("one") == attempt
        assert await store.concerned(LARGE) == ("one",)
        assert await store.concerned(LARGE - 1) == ()
        assert await store.connections("ada", without="none") == {LARGE}

    async def test_moments_are_kept_to_the_microsecond(self, store: Store) -> None:
        moment = v.NOON + timedelta(microseconds=1)
        await v.at_rest(store, v.an_attempt(due_at=moment, entered_at=moment))
        assert await store.next_due() == moment
        until = moment + timedelta(seconds=30)
        assert await store.due(holder="cy", now=v.NOON, until=until, limit=9) == ()
        (taken,) = await store.due(holder="cy", now=moment, until=until, limit=9)
        assert taken.attempt.entered_at == moment
        assert await store.next_due() == taken.lease.until == until
