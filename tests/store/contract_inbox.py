"""The inbox: events that arrive while somebody drives the attempt."""

from attrs import evolve

from powens_flow.store.port import Busy, Posted, Store
from tests.store import values as v

CANCEL = {"type": "cancel"}
CHOICE = {"type": "choose_accounts", "accounts": [1, 2], "subscriptions": []}


class InboxContract:
    async def test_an_event_is_posted_while_another_drives(self, store: Store) -> None:
        taken = await v.created(store)
        busy = await v.take(store, post=CANCEL)
        assert isinstance(busy, Busy)
        assert busy.attempt == taken.attempt
        saved = await v.saved(store, taken)
        assert busy.seq is not None
        assert saved.inbox == (Posted(busy.seq, CANCEL),)

    async def test_a_taken_attempt_keeps_its_event_out_of_the_inbox(self, store: Store) -> None:
        await v.at_rest(store)
        assert (await v.took(store, post=CANCEL)).inbox == ()

    async def test_an_event_is_not_posted_to_a_lapsed_lease(self, store: Store) -> None:
        await v.created(store)
        assert (await v.took(store, now=40, post=CANCEL)).inbox == ()

    async def test_events_wait_in_the_order_they_came(self, store: Store) -> None:
        taken = await v.created(store)
        seqs = [await v.posted(store, event) for event in (CHOICE, CANCEL, CHOICE)]
        assert seqs == sorted(set(seqs))
        inbox = (await v.saved(store, taken)).inbox
        assert [one.seq for one in inbox] == seqs
        assert [one.event for one in inbox] == [CHOICE, CANCEL, CHOICE]

    async def test_the_lease_is_kept_while_events_wait(self, store: Store) -> None:
        taken = await v.created(store)
        await v.posted(store, CANCEL)
        saved = await v.saved(store, taken, release=True)
        assert len(saved.inbox) == 1
        assert isinstance(await v.take(store), Busy)
        assert (await v.saved(store, evolve(taken, attempt=saved.attempt))).attempt.version == 3

    async def test_what_was_taken_leaves_the_inbox(self, store: Store) -> None:
        taken = await v.created(store)
        first, second = [await v.posted(store, event) for event in (CHOICE, CANCEL)]
        saved = await v.saved(store, taken, took=(first,), release=True)
        assert saved.inbox == (Posted(second, CANCEL),)
        last = await v.saved(
            store, evolve(taken, attempt=saved.attempt), took=(second,), release=True
        )
        assert last.inbox == ()
        assert (await v.took(store)).inbox == ()

    async def test_a_number_in_the_inbox_is_used_once(self, store: Store) -> None:
        taken = await v.created(store)
        first = await v.posted(store, CANCEL)
        await v.saved(store, taken, took=(first,))
        assert await v.posted(store, CANCEL) > first

    async def test_events_of_a_dead_holder_are_there_for_the_next(self, store: Store) -> None:
        await v.created(store)
        seq = await v.posted(store, CANCEL)
        taken = await v.took(store, now=40)
        assert taken.inbox == (Posted(seq, CANCEL),)
        assert taken.lapsed

    async def test_each_attempt_has_its_own_inbox(self, store: Store) -> None:
        one = await v.created(store)
        two = await v.created(store, v.an_attempt("two"))
        await v.posted(store, CANCEL)
        assert (await v.saved(store, two, release=True)).inbox == ()
        assert len((await v.saved(store, one)).inbox) == 1

    async def test_a_lease_is_not_given_back_while_events_wait(self, store: Store) -> None:
        taken = await v.created(store, v.an_attempt(due_at=v.at(900)))
        seq = await v.posted(store, CANCEL)
        assert await store.release(taken.lease) == (Posted(seq, CANCEL),)
        assert isinstance(await v.take(store), Busy)
        saved = await v.saved(store, taken, took=(seq,), release=True)
        assert saved.inbox == ()
        assert await store.next_due() == v.at(900)

    async def test_who_lost_the_lease_is_told_of_no_events(self, store: Store) -> None:
        lost = await v.created(store)
        await v.took(store, now=40)
        await v.posted(store, CANCEL, now=41)
        assert await store.release(lost.lease) == ()
