"""Claims: names that one attempt holds for a time."""

import asyncio

from attrs import evolve

from powens_flow.attempt import Claim
from powens_flow.store.port import Store
from tests.store import values as v

KEY = "user:ada"


class ClaimContract:
    async def test_a_free_name_is_taken(self, store: Store) -> None:
        claim = Claim(KEY, "one", v.at(60), {"id": 5, "token": "sealed"})
        assert await store.claim(claim, v.at(0)) == claim
        assert await store.claimed(KEY, v.at(1)) == claim

    async def test_a_name_that_nobody_has_is_not_claimed(self, store: Store) -> None:
        assert await store.claimed(KEY, v.at(0)) is None

    async def test_a_name_is_held_until_its_end(self, store: Store) -> None:
        first = await store.claim(v.a_claim(until=60), v.at(0))
        assert await store.claim(v.a_claim(attempt_id="two", until=90), v.at(59.9)) == first
        second = await store.claim(v.a_claim(attempt_id="two", until=90), v.at(60))
        assert second.attempt_id == "two"
        assert await store.claimed(KEY, v.at(60)) == second
        assert await store.claimed(KEY, v.at(90)) is None

    async def test_claims_that_have_ended_do_not_pile_up(self, store: Store) -> None:
        names = [f"delivery:{n}" for n in range(100)]
        for n, name in enumerate(names):
            await store.claim(v.a_claim(name, "", until=60 + n), v.at(n))
        for n in range(20):
            await store.claim(v.a_claim(f"later:{n}", "", until=900), v.at(130))
        kept = [name for name in names if await store.claimed(name, v.at(0))]
        assert kept == names[71:]

    async def test_claiming_again_answers_what_is_held(self, store: Store) -> None:
        first = await store.claim(v.a_claim(until=60), v.at(0))
        assert await store.claim(v.a_claim(until=90), v.at(1)) == first

    async def test_a_save_writes_claims(self, store: Store) -> None:
        taken = await v.created(store)
        await store.claim(v.a_claim(), v.at(0))
        told = Claim(KEY, "one", v.at(1800), {"id": 5})
        await v.saved(store, taken, claims=(told, v.a_claim("connection:7")))
        assert await store.claimed(KEY, v.at(61)) == told
        assert await store.claimed("connection:7", v.at(1)) == v.a_claim("connection:7")

    async def test_a_save_drops_claims(self, store: Store) -> None:
        taken = await v.created(store)
        await store.claim(v.a_claim(), v.at(0))
        saved = await v.saved(store, taken, dropped_claims=(KEY, "never:had"))
        assert await store.claimed(KEY, v.at(1)) is None
        await v.saved(
            store,
            evolve(taken, attempt=saved.attempt),
            claims=(v.a_claim(),),
            dropped_claims=(KEY,),
        )
        assert await store.claimed(KEY, v.at(1)) == v.a_claim()

    async def test_a_save_drops_no_other_attempts_claim(self, store: Store) -> None:
        taken = await v.created(store)
        others = await store.claim(v.a_claim(attempt_id="two"), v.at(0))
        await v.saved(store, taken, dropped_claims=(KEY,))
        assert await store.claimed(KEY, v.at(1)) == others

    async def test_of_many_that_claim_at_once_one_has_it(self, store: Store) -> None:
        asked = [store.claim(v.a_claim(attempt_id=f"n{n}"), v.at(0)) for n in range(20)]
        answers = await asyncio.gather(*asked)
        assert len({claim.attempt_id for claim in answers}) == 1
