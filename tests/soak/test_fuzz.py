"""The fuzz, small: some inputs of each part. `python -m soak fuzz` plays 50,000 and more."""

import json

import pytest

from soak.fuzz import PARTS, played
from soak.junk import Junk


@pytest.mark.parametrize("part", PARTS)
def test_only_documented_errors_come_out(part: str) -> None:
    tally = played(part, seed=20_260_105, count=300)
    assert tally.tried >= 300
    assert tally.wrong == []
    assert not tally.bad


def test_all_parts_together_are_as_many_inputs_as_were_promised() -> None:
    assert sum(count for _, count in PARTS.values()) >= 50_000


def test_the_same_seed_spoils_the_same() -> None:
    value = {"connections": [{"id": 3001, "state": None, "sources": [{"id": 1}]}]}
    one, other = Junk(5), Junk(5)
    spoilt = [json.dumps(one.spoilt(value, 3)) for _ in range(50)]
    assert spoilt == [json.dumps(other.spoilt(value, 3)) for _ in range(50)]
    assert len(set(spoilt)) > 40
    assert value["connections"][0]["id"] == 3001, "what is spoilt is a copy"
