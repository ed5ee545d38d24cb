"""What comes again and again is told once."""

from powens_flow.inspection.folding import Round, rounds


def test_what_comes_once_is_told_as_it_is() -> None:
    assert list(rounds("abc")) == [Round(0, 1, 1), Round(1, 1, 1), Round(2, 1, 1)]


def test_a_loop_is_one_round() -> None:
    assert list(rounds("xababab")) == [Round(0, 1, 1), Round(1, 2, 3)]


def test_the_shortest_round_that_covers_most_is_taken() -> None:
    assert list(rounds("aaaa")) == [Round(0, 1, 4)]


def test_all_is_covered_in_order() -> None:
    text = "abcabcabxxxyz"
    told = "".join(text[one.place : one.place + one.length] * one.times for one in rounds(text))
    assert told == text


def test_nothing_has_no_rounds() -> None:
    assert list(rounds([])) == []
