"""`evolve` does what `attrs.evolve` does, for values whose attributes are given in order."""

import attrs
import pytest

from powens_flow.attempt import Problem, Reading
from powens_flow.evolving import evolve
from powens_flow.policy import Policy


def test_the_named_attributes_change_and_the_others_stay() -> None:
    before = Reading(state="decoupled", fields=("code",), repeats=2)
    after = evolve(before, state=None, repeats=3)
    assert after == attrs.evolve(before, state=None, repeats=3)
    assert after == Reading(state=None, fields=("code",), repeats=3)
    assert before == Reading(state="decoupled", fields=("code",), repeats=2)


def test_without_changes_it_is_an_equal_value() -> None:
    before = Problem("values.wrong", fields={"login": "values.required"})
    assert evolve(before) == before


def test_validators_judge_the_changed_value() -> None:
    with pytest.raises(ValueError, match="sources"):
        evolve(Policy(), sources="all at once")


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="Reading has no attribute 'sate'"):
        evolve(Reading(), sate="typo")  # type: ignore[call-arg] # that is what is tested


@attrs.frozen
class Named:
    """A class whose attributes cannot be given in order."""

    one: int = attrs.field(default=1, kw_only=True)
    two: int = attrs.field(default=2, kw_only=True)


def test_a_class_that_takes_no_values_in_order_is_refused() -> None:
    with pytest.raises(TypeError, match="Named cannot be made"):
        evolve(Named(), one=3)
