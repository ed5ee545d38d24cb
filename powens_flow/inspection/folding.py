"""What comes again and again (polls, retries), found, so that it is told once. Pure."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from attrs import frozen

from powens_flow.attempt import JournalRow

LONGEST: Final = 4
"""Transitions of one round."""


@frozen
class Round:
    """`length` items from `place` on, which came `times` times one after the other."""

    place: int
    length: int
    times: int


def rounds(keys: Sequence[Hashable]) -> Iterator[Round]:
    """All items in order; those that come again right after as one round, others alone."""
    place = 0
    while place < len(keys):
        found = _round_at(keys, place)
        yield found
        place += found.length * found.times


def same(row: JournalRow) -> Hashable:
    """What makes a transition the same as another: not its time, nor what exactly was answered."""
    return (row.source, row.trigger, row.dest, row.cause, tuple(call.name for call in row.calls))


def _round_at(keys: Sequence[Hashable], place: int) -> Round:
    best = Round(place, 1, 1)
    for length in range(1, LONGEST + 1):
        first, times = keys[place : place + length], 1
        while keys[place + times * length : place + (times + 1) * length] == first:
            times += 1
        if times > 1 and length * times > best.length * best.times:
            best = Round(place, length, times)
    return best
