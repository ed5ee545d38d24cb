"""What waits while an attempt is driven."""

import pytest

from powens_flow import events as e
from powens_flow.idempotency import IdempotencyKey
from powens_flow.inbox import CANCELLATIONS, RETRIES, Inbox, first_of, read_posted, to_post
from powens_flow.remedies import CancelByStaff, RetryByStaff
from powens_flow.store.port import Posted

KEY = IdempotencyKey.of("owner-1", "a key", {"type": "acted"})
STAFF = CancelByStaff(by="ann", reason="asked to")


def inbox(*events: e.Event) -> Inbox:
    return Inbox(Posted(seq, to_post(event)) for seq, event in enumerate(events, 1))


@pytest.mark.parametrize("key", [None, KEY], ids=["no key", "a key"])
@pytest.mark.parametrize(
    "event", [e.Acted(), e.Woken(), e.ChooseConnector("x"), STAFF], ids=lambda one: one.trigger
)
def test_what_is_posted_is_read_again(event: e.Event, key: IdempotencyKey | None) -> None:
    assert read_posted(Posted(1, to_post(event, key))) == (event, key)


@pytest.mark.parametrize("kind", ["of_another_version", "staff.of_another_version"])
def test_what_another_version_posted_is_no_event(kind: str) -> None:
    with pytest.raises(e.InvalidEvent):
        read_posted(Posted(1, {"type": kind}))


def test_an_end_users_cancellation_and_staffs_are_found_wherever_they_stand() -> None:
    for one in (e.Cancel(), STAFF):
        found = inbox(e.Acted(), e.Woken(), one).first(CANCELLATIONS)
        assert found is not None
        assert found.seq == 3
    assert inbox(e.Acted(), RetryByStaff(by="ann", reason="it works")).first(CANCELLATIONS) is None


def test_only_staff_have_a_call_tried_again() -> None:
    posted = (Posted(1, to_post(e.TryAgain())), Posted(2, {"type": "retry"}))
    assert first_of(RETRIES, posted) is None
    assert inbox(e.Acted(), RetryByStaff(by="ann", reason="it works")).first(RETRIES) is not None


def test_one_is_taken_and_the_others_wait_in_their_order() -> None:
    box = inbox(e.Acted(), e.TryAgain(), e.Cancel())
    box.take(box.waiting()[1])
    assert ([one.seq for one in box.waiting()], box.took) == ([1, 3], (2,))


def test_whoever_is_woken_often_is_woken_once() -> None:
    box = inbox(e.Woken(), e.Acted(), e.Woken(), e.Woken())
    box.take(box.waiting()[0])
    assert ([one.seq for one in box.waiting()], box.took) == ([2], (1, 3, 4))


def test_after_a_save_what_was_taken_is_of_the_past() -> None:
    box = inbox(e.Acted())
    box.take(box.waiting()[0])
    assert not box
    box.saved([Posted(2, to_post(e.Cancel()))])
    assert box
    assert ([one.seq for one in box.waiting()], box.took) == ([2], ())


class Seq(int):
    """A place in an inbox that counts how often it is compared."""

    compared = 0
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        Seq.compared += 1
        return super().__eq__(other)


def test_who_sends_without_end_takes_no_time_from_the_others() -> None:
    many = 300
    box = Inbox(Posted(Seq(seq), to_post(e.FinishLater())) for seq in range(many))
    for posted in box.waiting():
        box.take(posted)
    assert not box
    assert box.took == tuple(range(many))
    assert Seq.compared <= 2 * many  # and not with each of the others, for each of them
