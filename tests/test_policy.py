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
        {"choose_source": 1},
        {"account_types": "checking"},
        {"account_usages": ["PRIV"]},
        {"capabilities": (1,)},
        {"connectors": "40"},
        {"connectors": (40,)},
        {"connectors": ("../users",)},
        {"countries": "FR"},
        {"redirect_uri": "https://app.example/callback?attempt=1"},
        {"redirect_uri": "https://app.example/callback#here"},
        {"redirect_uri": "/callback"},
        {"no_progress_limit": 0},
    ],
)
def test_another_word_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)) as refused:
        Policy(**wrong)  # type: ignore[arg-type]  # that is the point
    assert next(iter(wrong)) in str(refused.value)


@pytest.mark.parametrize("name", DEADLINES)
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e12])
def test_a_deadline_is_longer_than_nothing_and_comes_one_day(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=name):
        Deadlines(**{name: seconds})


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_warning_may_be_none_but_not_before_time(seconds: float) -> None:
    assert Deadlines(warning=0).warning == 0
    with pytest.raises(ValueError, match="warning"):
        Deadlines(warning=seconds)


@pytest.mark.parametrize("uri", [None, "https://app.example/callback", "com.example.app://back"])
def test_a_redirect_uri_is_absolute_and_may_be_an_apps(uri: str | None) -> None:
    assert Policy(redirect_uri=uri).redirect_uri == uri


def test_a_change_is_a_new_policy_and_is_checked_too() -> None:
    policy = Policy()
    with pytest.raises(FrozenInstanceError):
        policy.sources = "chain"  # type: ignore[misc]  # that is the point
    assert evolve(policy, sources="chain") != policy
    with pytest.raises(ValueError, match="sources"):
        evolve(policy, sources="none")


def test_deadlines_are_those_that_machines_may_name() -> None:
    assert set(DEADLINES) <= {one.name for one in fields(Deadlines)}
