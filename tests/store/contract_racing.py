"""Several who ask at the same time: as if they came one after the other, in whatever order.

A store that does one thing after the other cannot get these wrong; one on a server, with several
connections, can, and nobody would see it.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from attrs import evolve

from powens_flow.store.port import (
    Busy,
    DuplicateAttempt,
    LeaseLost,
    Save,
    Saved,
    Store,
    StoreError,
    Taken,
)
from tests.store import values as v
from tests.store.contract_due import due

TIMES = 12
"""How often each race is run, with the one first and with the other."""

CANCEL = {"type": "cancel"}


async def at_once(*asked: Awaitable[Any], turned: bool = False) -> list[Any]:
    """The answers, and the stores' errors, in the order in which the questions stand here."""
    asked = asked[::-1] if turned else asked
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for one in answers:
        if isinstance(one, BaseException) and not isinstance(one, StoreError):
            raise one
    return answers[::-1] if turned else answers


class RacingContract:
    async def test_an_id_is_taken_once(self, store: Store) -> None:
        made = [v.created(store, v.an_attempt(owner=f"owner-{n}")) for n in range(TIMES)]
        answers = await at_once(*made)
        (taken,) = [one for one in answers if isinstance(one, Taken)]
        assert sum(isinstance(one, DuplicateAttempt) for one in answers) == TIMES - 1
        assert await store.load("one") == taken.attempt

    async def test_of_two_saves_of_one_version_one_is_written(self, store: Store) -> None:
        for n in range(TIMES):
            taken = await v.created(store, v.an_attempt(f"n{n}"))
            states = ("left", "right")
            answers = await at_once(
                *(
                    v.saved(
                        store,
                        taken,
                        attempt=evolve(taken.attempt, state=state),
                        rows=(v.a_row(1, f"n{n}", dest=state),),
                    )
                    for state in states
                )
            )
            (saved,) = [one for one in answers if isinstance(one, Saved)]
            assert sum(isinstance(one, LeaseLost) for one in answers) == 1
            assert await store.load(f"n{n}") == saved.attempt
            assert [row.dest for row in await store.history(f"n{n}")] == [saved.attempt.state]

    async def test_an_event_is_posted_to_a_driver_who_finds_it_or_takes_the_attempt(
        self, store: Store
    ) -> None:
        for n in range(TIMES):
            taken = await v.created(store, v.an_attempt(f"n{n}", due_at=v.at(900)))
            saved, answer = await at_once(
                v.saved(store, taken, release=True),
                v.take(store, f"n{n}", post=CANCEL),
                turned=n % 2 == 0,
            )
            self._found_by_one_of_them(answer, [one.seq for one in saved.inbox])

    async def test_so_does_who_gives_the_lease_back_unsaved(self, store: Store) -> None:
        for n in range(TIMES):
            taken = await v.created(store, v.an_attempt(f"n{n}", due_at=v.at(900)))
            inbox, answer = await at_once(
                store.release(taken.lease),
                v.take(store, f"n{n}", post=CANCEL),
                turned=n % 2 == 0,
            )
            self._found_by_one_of_them(answer, [one.seq for one in inbox])

    @staticmethod
    def _found_by_one_of_them(answer: Taken | Busy, found: list[int]) -> None:
        if isinstance(answer, Busy):
            assert found == [answer.seq]
        else:
            assert (found, answer.inbox, answer.lapsed) == ([], (), False)

    async def test_each_event_has_a_number_of_its_own(self, store: Store) -> None:
        taken = await v.created(store)
        seqs = await at_once(*(v.posted(store, {**CANCEL, "n": n}) for n in range(TIMES)))
        assert len(set(seqs)) == TIMES
        inbox = (await v.saved(store, taken)).inbox
        assert [one.seq for one in inbox] == sorted(seqs)
        assert {one.seq: one.event["n"] for one in inbox} == {s: n for n, s in enumerate(seqs)}

    async def test_who_takes_over_finds_what_the_last_save_wrote_or_fences_it_out(
        self, store: Store
    ) -> None:
        for n in range(TIMES):
            first = await v.created(store, v.an_attempt(f"n{n}"), until=30)
            moved = evolve(first.attempt, state="moved")
            saved, taken = await at_once(
                v.saved(store, first, attempt=moved),
                v.take(store, f"n{n}", now=40),
                turned=n % 2 == 0,
            )
            assert isinstance(taken, Taken)
            assert taken.lapsed
            kept = saved.attempt if isinstance(saved, Saved) else first.attempt
            assert taken.attempt == kept
            assert await store.load(f"n{n}") == kept

    async def test_what_is_due_is_leased_once_and_nothing_is_left_out(self, store: Store) -> None:
        ids = [f"n{n:02}" for n in range(4 * TIMES)]
        for n, name in enumerate(ids):
            await v.at_rest(store, v.an_attempt(name, due_at=v.at(n)))
        found: list[str] = []
        while some := await at_once(*(due(store, 100, limit=3) for _ in range(5))):
            names = [taken.attempt.id for answer in some for taken in answer]
            found += names
            if not names:
                break
        assert sorted(found) == ids

    async def test_who_sends_an_event_and_who_looks_for_what_is_due_take_it_once(
        self, store: Store
    ) -> None:
        for n in range(TIMES):
            await v.at_rest(store, v.an_attempt(f"n{n}", due_at=v.at(1)))
            answer, leased = await at_once(
                v.take(store, f"n{n}", now=2, post=CANCEL), due(store, 2), turned=n % 2 == 0
            )
            assert isinstance(answer, Taken) != bool(leased)

    async def test_a_name_whose_claim_has_ended_is_taken_by_one(self, store: Store) -> None:
        await store.claim(v.a_claim(attempt_id="before", until=60), v.at(0))
        asked = [
            store.claim(v.a_claim(attempt_id=f"n{n}", until=120), v.at(60)) for n in range(TIMES)
        ]
        answers = await at_once(*asked)
        assert len({claim.attempt_id for claim in answers}) == 1
        assert await store.claimed("user:ada", v.at(61)) == answers[0]

    async def test_saves_that_claim_the_same_names_in_other_orders_are_all_written(
        self, store: Store
    ) -> None:
        claims = [v.a_claim(f"connection:{n}") for n in range(8)]
        taken = [await v.created(store, v.an_attempt(f"n{n}")) for n in range(TIMES)]
        saves = [
            Save(one.attempt, one.lease, claims=tuple(claims if n % 2 else claims[::-1]))
            for n, one in enumerate(taken)
        ]
        answers = await at_once(*(store.save(one) for one in saves))
        assert [type(one) for one in answers] == [Saved] * TIMES

    async def test_what_is_told_and_renewed_in_other_orders_is_done(self, store: Store) -> None:
        taken = [await v.created(store, v.an_attempt(f"n{n}")) for n in range(TIMES)]
        rows = [(one.attempt.id, 1) for one in taken]
        for one, (name, seq) in zip(taken, rows, strict=True):
            await v.saved(store, one, rows=(v.a_row(seq, name),), untold=True)
        ids = [name for name, _ in rows]
        answers = await at_once(
            store.told(rows),
            store.told(rows[::-1]),
            store.renew("ann", ids, v.at(60)),
            store.renew("ann", ids[::-1], v.at(60)),
        )
        assert answers == [None, None, set(ids), set(ids)]
        assert await store.untold_attempts() == {}

    async def test_of_an_owner_who_is_erased_meanwhile_nothing_is_left(self, store: Store) -> None:
        for n in range(TIMES):
            taken = await v.created(store, v.an_attempt(f"n{n}"))
            row, claim = v.a_row(1, f"n{n}"), v.a_claim(f"user:{n}", f"n{n}")
            save = v.saved(store, taken, rows=(row,), untold=True, claims=(claim,))
            posting = v.take(store, f"n{n}", post=CANCEL)
            saved, _, erased = await at_once(save, posting, store.erase("ada"), turned=n % 2 == 0)
            assert erased == 1
            assert isinstance(saved, Saved | LeaseLost)
            assert await store.load(f"n{n}") is None
            assert await store.history(f"n{n}") == ()
            assert await store.untold_attempts() == {}
            assert await store.claimed(f"user:{n}", v.at(1)) is None

    async def test_an_ended_attempt_is_forgotten_or_driven_again(self, store: Store) -> None:
        for n in range(TIMES):
            await v.at_rest(store, v.an_attempt(f"n{n}", entered_at=v.at(-2)))
            taken, purged = await at_once(
                v.take(store, f"n{n}"), store.purge(v.at(0)), turned=n % 2 == 0
            )
            assert purged == (0 if isinstance(taken, Taken) else 1)
            kept = await store.load(f"n{n}")
            assert kept == (taken.attempt if isinstance(taken, Taken) else None)
