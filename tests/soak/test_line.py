"""The line of a proof."""

import pytest

from soak.line import SHOWN, Tally, is_good


def test_a_line_counts_the_bad_things_and_describes_the_first() -> None:
    tally = Tally("clock", tried=3)
    tally.add_all([("lost", str(number)) for number in range(SHOWN + 5)])
    line = tally.line(states=2)
    assert (line["proof"], line["tried"], line["lost"], line["twice"]) == ("clock", 3, 25, 0)
    assert line["states"] == 2
    assert line["wrong"] == [f"lost: {number}" for number in range(SHOWN)]
    assert not is_good(line)


def test_a_line_is_good_when_something_was_tried_and_nothing_bad_was_found() -> None:
    assert is_good(Tally("clock", tried=1).line())
    assert not is_good(Tally("clock").line())


def test_only_the_four_kinds_are_counted() -> None:
    with pytest.raises(ValueError, match="none of twice, lost, untold, unhandled"):
        Tally("clock").add("odd", "what")
