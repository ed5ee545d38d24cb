"""The race proof, small; and that it tells what is bad."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import pytest

from powens_flow.attempt import JournalRow
from soak import race, settled
from soak.line import is_good
from soak.settled import Raced

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def test_two_processes_that_get_the_same_events_do_everything_once() -> None:
    line = await race.run(attempts=4, kinds=("doubled",))
    assert is_good(line), line
    assert (line["proof"], line["attempts"], line["ends"]) == ("race", 4, {"completed": 4})
    assert line["tried"] > 12


async def test_two_first_attempts_of_one_owner_make_one_user() -> None:
    found = await race.raced_so("twins", 4, Random(0))  # noqa: S311 - who is first
    assert found.bad == ()
    assert {one.owner for one in found.raced} == {"owner-0", "owner-1"}


async def test_a_cancellation_while_a_call_is_under_way_ends_the_attempt() -> None:
    found = await race.raced_so("cancelled", 6, Random(0))  # noqa: S311 - who is first
    assert found.bad == ()
    assert "cancelled" in {one.end for one in found.raced}


async def test_a_process_that_stood_still_until_its_leases_lapsed_does_nothing_twice() -> None:
    found = await race.raced_so("lapsed", 8, Random(0))  # noqa: S311 - who is first
    assert found.bad == ()


def a_row(seq: int, source: str, dest: str, trigger: str = "acted") -> JournalRow:
    return JournalRow("one", seq, NOW, trigger, source, dest, "event", 0.0, "hash")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([a_row(1, "a", "b"), a_row(2, "b", "c")], 0),
        ([a_row(1, "a", "b"), a_row(3, "b", "c")], 1),
        ([a_row(1, "a", "b"), a_row(2, "a", "c")], 1),
        ([a_row(1, "a", "b")], 1),
        ([], 1),
    ],
)
def test_a_journal_that_is_not_whole_is_told(rows: Sequence[JournalRow], count: int) -> None:
    assert len([*settled._bad_journal(rows, "c")]) == count


@pytest.mark.parametrize(("taken", "kinds"), [(0, ["lost"]), (1, []), (2, []), (3, ["twice"])])
def test_an_event_of_a_race_is_taken_once_or_by_both_never_by_neither(
    taken: int, kinds: list[str]
) -> None:
    raced = Raced("doubled", "owner-1", "code", rounds=Counter(acted=1), sent=Counter(acted=2))
    rows = [a_row(number + 1, "a", "a") for number in range(taken)]
    assert [kind for kind, _ in settled._bad_events(raced, rows)] == kinds
