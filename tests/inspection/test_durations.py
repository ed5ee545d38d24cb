"""Durations, as people say and type them."""

from datetime import timedelta

import pytest

from powens_flow.inspection.durations import spoken, typed


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (2.54, "2.5 s"),
        (9.96, "10 s"),
        (12, "12 s"),
        (60, "1 m"),
        (72, "1 m 12 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (93784, "1 d 2 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float, told: str) -> None:
    assert spoken(seconds) == told


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("7D", timedelta(days=7)),
        ("1h 5s", timedelta(hours=1, seconds=5)),
    ],
)
def test_durations_are_typed_with_their_units(text: str, meant: timedelta) -> None:
    assert typed(text) == meant


@pytest.mark.parametrize("text", ["", "5", "x", "5x", "-5m", "5m 3", "m"])
def test_another_form_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="90s, 15m, 2h, 7d"):
        typed(text)
