"""What a policy may say."""

import pytest
from attrs import evolve, fields
from attrs.exceptions import FrozenInstanceError

from powens_flow.policy import Deadlines, Policy
from powens_flow.vocabulary import DEADLINES


def test_the_default_is_the_guides_recommendation() -> None:
    policy = Policy()
    assert policy.sources == "offer"
    assert policy.cleanup
    assert not policy.permanent_user
    assert not policy.at_least_one


@pytest.mark.parametrize("option", ["offer", "restrict", "chain"])
def test_there_are_three_options(option: str) -> None:
    assert Policy(sources=option).sources == option


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": "all"},
        {"existing": "ignore"},
        {"cleanup": "yes"},
        {"no_progress_limit": 0},
    ],
)
def test_another_word_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)) as refused:
        Policy(**wrong)  # type: ignore[arg-type]  # that is the point
    assert next(iter(wrong)) in str(refused.value)


@pytest.mark.parametrize("name", DEADLINES)
@pytest.mark.parametrize("seconds", [0, -1])
def test_a_deadline_is_longer_than_nothing(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=name):
        Deadlines(**{name: seconds})


def test_a_change_is_a_new_policy_and_is_checked_too() -> None:
    policy = Policy()
    with pytest.raises(FrozenInstanceError):
        policy.sources = "chain"  # type: ignore[misc]  # that is the point
    assert evolve(policy, sources="chain") != policy
    with pytest.raises(ValueError, match="sources"):
        evolve(policy, sources="none")


def test_deadlines_are_those_that_machines_may_name() -> None:
    assert set(DEADLINES) <= {one.name for one in fields(Deadlines)}
