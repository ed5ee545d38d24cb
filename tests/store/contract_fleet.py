"""All attempts together, and a remedy left for one of them: what staff ask of a store."""

from datetime import timedelta
from typing import Any, Protocol

from attrs import evolve

from powens_flow.attempt import Attempt, Connector, JournalRow, Problem
from powens_flow.store.fleet import (
    ConnectorName,
    Count,
    Fleet,
    Listed,
    Loss,
    Mailbox,
    Spent,
    Trouble,
    Wanted,
)
from powens_flow.store.port import Store, Taken
from tests.store import values as v

ONE = Connector(10, "aaaa", "Crédit Né", "credentials")
TWO = Connector(20, "bbbb", "Banque \ud83d", "webauth")
EVENT = {"type": "staff.cancel", "by": "ann", "reason": "asked by phone"}


class Every(Store, Fleet, Mailbox, Protocol):
    """What a store is, for an engine and for staff."""


async def resting(store: Store, attempt_id: str, *rows: JournalRow, **changes: Any) -> Attempt:
    """An attempt that nobody drives."""
    own = tuple(evolve(row, attempt_id=attempt_id) for row in rows)
    new = v.an_attempt(attempt_id, **{"due_at": v.at(900), **changes})
    return await v.at_rest(store, new, rows=own)


def passing(seq: int, source: str, dest: str, duration: float = 0.0, **how: Any) -> JournalRow:
    return v.a_row(seq, source=source, dest=dest, duration=duration, **how)


async def ids(store: Fleet, **wanted: Any) -> list[str]:
    page = await store.attempts(Wanted(**wanted))
    return [one.id for one in page.attempts]


class FleetContract:
    async def test_attempts_are_listed_with_what_staff_need(self, store: Every) -> None:
        await resting(
            store,
            "one",
            connector=ONE,
            state="source.filling_in",
            entered_at=v.at(5),
            problem=Problem("values.wrong", "Code \ud83d faux"),
        )
        (listed,) = (await store.attempts(Wanted())).attempts
        assert listed == Listed(
            place=listed.place,
            id="one",
            owner="ada",
            machine="add_connection",
            state="source.filling_in",
            created_at=v.NOON,
            entered_at=v.at(5),
            connector="Crédit Né",
            wakes_at=v.at(900),
            problem="values.wrong",
        )

    async def test_one_that_is_driven_says_until_when(self, store: Every) -> None:
        await v.created(store)
        (listed,) = (await store.attempts(Wanted())).attempts
        assert (listed.driven, listed.wakes_at) == (True, v.at(30))

    async def test_one_that_ended_wakes_never(self, store: Every) -> None:
        await resting(store, "one", state="completed", due_at=None)
        (listed,) = (await store.attempts(Wanted())).attempts
        assert (listed.driven, listed.wakes_at) == (False, None)

    async def test_pages_go_on_where_the_last_one_ended(self, store: Every) -> None:
        for number in range(5):
            await resting(store, f"a{number}")
        first = await store.attempts(Wanted(), limit=2)
        second = await store.attempts(Wanted(), limit=2, before=first.before)
        third = await store.attempts(Wanted(), limit=2, before=second.before)
        pages = [[one.id for one in page.attempts] for page in (first, second, third)]
        assert pages == [["a4", "a3"], ["a2", "a1"], ["a0"]]
        assert third.before is None

    async def test_a_page_that_is_just_full_is_the_last(self, store: Every) -> None:
        await resting(store, "one")
        assert (await store.attempts(Wanted(), limit=1)).before is None

    async def test_each_wish_leaves_out_what_does_not_fit(self, store: Every) -> None:
        await resting(store, "one", connector=ONE, created_at=v.at(0), entered_at=v.at(50))
        await resting(store, "two", connector=TWO, owner="bob", created_at=v.at(10))
        await resting(store, "three", machine="reconnect", created_at=v.at(20), due_at=None)
        assert await ids(store) == ["three", "two", "one"]
        assert await ids(store, owner="bob") == ["two"]
        assert await ids(store, machine="reconnect") == ["three"]
        assert await ids(store, connector="aaaa") == ["one"]
        assert await ids(store, created_before=v.at(10)) == ["one"]
        assert await ids(store, created_since=v.at(10)) == ["three", "two"]
        assert await ids(store, in_state_since=v.at(50)) == ["three", "two"]
        assert await ids(store, lives=True) == ["two", "one"]
        assert await ids(store, lives=False) == ["three"]
        assert await ids(store, lives=True, owner="ada") == ["one"]

    async def test_states_are_wanted_by_name(self, store: Every) -> None:
        await resting(store, "one", state="source.filling_in")
        await resting(store, "two", state="choosing_accounts")
        assert await ids(store, states=frozenset({"choosing_accounts", "other"})) == ["two"]
        assert await ids(store, states=frozenset()) == []

    async def test_what_is_stuck_is_found(self, store: Every) -> None:
        machine = "add_connection"
        trouble = Trouble(
            overdue=v.at(100),
            calling_since=v.at(50),
            asking=frozenset({(machine, "asks")}),
            calling=frozenset({(machine, "calls")}),
            known=frozenset((machine, one) for one in ("waits", "asks", "calls", "ended")),
        )
        await resting(store, "well", state="waits")
        await resting(store, "overdue", state="waits", due_at=v.at(99))
        await resting(store, "asking", state="asks")
        await resting(store, "calling", state="calls", entered_at=v.at(49))
        await resting(store, "just calling", state="calls", entered_at=v.at(50))
        await resting(store, "of another version", state="renamed")
        await resting(store, "of another machine", state="waits", machine="acme")
        await resting(store, "over", state="ended of old", due_at=None)
        found = await ids(store, stuck=trouble)
        assert found == ["of another machine", "of another version", "calling", "asking", "overdue"]

    async def test_nothing_is_stuck_in_an_empty_store(self, store: Every) -> None:
        assert await ids(store, stuck=Trouble(v.NOON, v.NOON)) == []

    async def test_connectors_have_the_name_that_was_read_last(self, store: Every) -> None:
        await resting(store, "one", connector=ONE)
        await resting(store, "two", connector=evolve(ONE, name="Crédit Neuf"))
        await resting(store, "none")
        assert await store.connectors() == (ConnectorName("aaaa", 10, "Crédit Neuf"),)
        (_, *named) = (await store.attempts(Wanted())).attempts
        assert [one.connector for one in named] == ["Crédit Neuf", "Crédit Neuf"]

    async def test_half_a_letter_in_a_name_hinders_nothing(self, store: Every) -> None:
        await resting(store, "one", connector=TWO)
        assert await ids(store, connector="bbbb") == ["one"]

    async def test_another_connector_may_be_chosen(self, store: Every) -> None:
        taken = await v.created(store, v.an_attempt(connector=ONE, due_at=v.at(900)))
        saved = await v.saved(store, taken, attempt=evolve(taken.attempt, connector=None))
        assert await ids(store, connector="aaaa") == []
        again = evolve(taken, attempt=evolve(saved.attempt, connector=TWO))
        await v.saved(store, again, release=True)
        assert await ids(store, connector="bbbb") == ["one"]

    async def test_counts_say_how_many_are_where(self, store: Every) -> None:
        await resting(store, "a", state="waits")
        await resting(store, "b", state="waits")
        await resting(store, "c", state="waits", connector=ONE)
        await resting(store, "d", state="completed", connector=ONE, due_at=None)
        await resting(store, "e", state="completed", due_at=None, created_at=v.at(9))
        assert await store.counts() == (
            Count("add_connection", "completed", None, False, 1),
            Count("add_connection", "completed", "aaaa", False, 1),
            Count("add_connection", "waits", None, True, 2),
            Count("add_connection", "waits", "aaaa", True, 1),
        )
        assert await store.counts(since=v.at(9)) == (
            Count("add_connection", "completed", None, False, 1),
        )

    async def test_losses_say_at_which_step(self, store: Every) -> None:
        lost = passing(2, "source.filling_in", "ending.cleaning_up", trigger="cancel")
        later = passing(3, "ending.cleaning_up_later", "ending.cleaning_up", trigger="poll")
        end = passing(4, "ending.cleaning_up", "cancelled", trigger="done")
        await resting(store, "a", lost, later, end, state="cancelled", due_at=None)
        await resting(store, "b", lost, state="ending.cleaning_up", connector=ONE)
        await resting(store, "c", lost, state="ending.cleaning_up", created_at=v.at(9))
        await resting(store, "d", passing(1, "waits", "completed"), state="completed", due_at=None)
        assert await store.losses() == (
            Loss("add_connection", "source.filling_in", None, "cancel", 2),
            Loss("add_connection", "source.filling_in", "aaaa", "cancel", 1),
        )
        assert await store.losses(since=v.at(9)) == (
            Loss("add_connection", "source.filling_in", None, "cancel", 1),
        )

    async def test_the_time_in_a_state_is_all_an_attempt_spent_there(self, store: Every) -> None:
        rows = (
            passing(1, "waits", "calls", 10.0),
            passing(2, "calls", "waits", 1.0),
            passing(3, "waits", "waits", 5.0, trigger="warn"),
            passing(4, "waits", "calls", 2.0),
        )
        await resting(store, "one", *rows)
        assert await store.spent() == (
            Spent("add_connection", "calls", 1, 1.0, 1.0),
            Spent("add_connection", "waits", 1, 17.0, 17.0),
        )

    async def test_median_and_p95_are_times_that_were_seen(self, store: Every) -> None:
        for number in range(20):
            await resting(store, f"a{number}", passing(1, "waits", "calls", float(number)))
        assert await store.spent() == (Spent("add_connection", "waits", 20, 9.0, 18.0),)

    async def test_only_the_latest_attempts_are_timed(self, store: Every) -> None:
        await resting(store, "old", passing(1, "waits", "calls", 99.0))
        await resting(store, "new", passing(1, "waits", "calls", 3.0))
        assert await store.spent(latest=1) == (Spent("add_connection", "waits", 1, 3.0, 3.0),)

    async def test_an_empty_store_has_nothing_to_tell(self, store: Every) -> None:
        assert (await store.attempts(Wanted())).attempts == ()
        assert await store.connectors() == ()
        assert (await store.counts(), await store.losses(), await store.spent()) == ((), (), ())


class MailboxContract:
    async def test_what_is_posted_is_due_at_once(self, store: Every) -> None:
        resting_now = await resting(store, "one")
        assert await store.post("one", EVENT, version=resting_now.version, now=v.at(1))
        assert await store.next_due() == v.at(1)
        (taken,) = await store.due(holder="bob", now=v.at(1), until=v.at(31), limit=9)
        assert [dict(one.event) for one in taken.inbox] == [EVENT]
        assert not taken.lapsed

    async def test_it_is_found_by_whoever_drives_the_attempt(self, store: Every) -> None:
        taken = await v.created(store)
        assert await store.post("one", EVENT, version=taken.attempt.version, now=v.at(1))
        saved = await v.saved(store, taken, release=True)
        assert [dict(one.event) for one in saved.inbox] == [EVENT]
        assert await store.next_due() == v.at(30)

    async def test_the_same_is_not_posted_twice_and_the_last_one_stands(self, store: Every) -> None:
        version = (await resting(store, "one")).version
        again = {**EVENT, "reason": "pressed twice"}
        assert await store.post("one", EVENT, version=version, now=v.at(1))
        assert await store.post("one", again, version=version, now=v.at(2))
        taken = await v.took(store)
        assert [(one.seq, dict(one.event)) for one in taken.inbox] == [(1, again)]

    async def test_what_a_driver_may_have_read_is_not_taken_away_from_the_one_behind_it(
        self, store: Every
    ) -> None:
        version = (await resting(store, "one")).version
        again = {**EVENT, "by": "bob", "gives_up_cleanup": True}
        assert await store.post("one", EVENT, version=version, now=v.at(1))
        taken = await v.took(store)
        assert await store.post("one", EVENT, version=version, now=v.at(2))
        assert await store.post("one", again, version=version, now=v.at(2))
        saved = await v.saved(store, taken, took=tuple(one.seq for one in taken.inbox))
        assert [dict(one.event) for one in saved.inbox] == [again]

    async def test_two_different_ones_are(self, store: Every) -> None:
        version = (await resting(store, "one")).version
        wake = {**EVENT, "type": "staff.wake"}
        assert await store.post("one", wake, version=version, now=v.at(1))
        assert await store.post("one", EVENT, version=version, now=v.at(1))
        assert await store.posted("one") == ("staff.wake", "staff.cancel")
        assert await store.posted("none") == await store.posted("\ud83d") == ()
        taken = await v.took(store)
        assert [one.event["type"] for one in taken.inbox] == ["staff.wake", "staff.cancel"]

    async def test_an_attempt_that_moved_on_gets_nothing(self, store: Every) -> None:
        version = (await resting(store, "one")).version
        assert not await store.post("one", EVENT, version=version - 1, now=v.at(1))
        assert not await store.post("none", EVENT, version=version, now=v.at(1))
        assert not await store.post("\ud83d", EVENT, version=version, now=v.at(1))
        assert await store.next_due() == v.at(900)
        assert (await v.took(store)).inbox == ()

    async def test_an_attempt_that_ended_gets_nothing(self, store: Every) -> None:
        version = (await resting(store, "one", due_at=None)).version
        assert not await store.post("one", EVENT, version=version, now=v.at(1))
        assert await store.next_due() is None

    async def test_one_that_is_due_already_stays_so(self, store: Every) -> None:
        version = (await resting(store, "one", due_at=v.at(-5))).version
        assert await store.post("one", EVENT, version=version, now=v.at(1))
        assert await store.next_due() == v.at(-5)

    async def test_a_lapsed_lease_is_still_told_as_such(self, store: Every) -> None:
        taken = await v.created(store)
        assert await store.post("one", EVENT, version=taken.attempt.version, now=v.at(60))
        (found,) = await store.due(
            holder="bob", now=v.at(60), until=v.at(60) + timedelta(seconds=30), limit=9
        )
        assert isinstance(found, Taken)
        assert found.lapsed
