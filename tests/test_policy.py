"""What a policy may say."""

from datetime import timedelta

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
        {"redirect_uri": "https://app.example/callback\n"},
        {"redirect_uri": 3},
        {"consent_wording": None},
        {"no_progress_limit": 0},
        {"no_progress_limit": 1.5},
        {"no_progress_limit": "3"},
        {"no_progress_limit": True},
        {"deadlines": {"user": 60}},
    ],
)
def test_another_word_is_refused_and_told_with_what_is_accepted(wrong: dict[str, object]) -> None:
    [(name, value)] = wrong.items()
    with pytest.raises(ValueError, match=rf"^{name} must be .+, not ") as refused:
        Policy(**wrong)  # type: ignore[arg-type]  # that is the point
    assert str(refused.value).endswith(f"not {value!r}")


def test_what_is_accepted_is_told_in_words() -> None:
    with pytest.raises(ValueError, match=r"^sources must be one of offer, restrict, chain, not 'a"):
        Policy(sources="all")


@pytest.mark.parametrize("seconds", ["900", None, True, timedelta(minutes=15)])
def test_a_deadline_is_a_number_of_seconds(seconds: object) -> None:
    with pytest.raises(ValueError, match=r"^user must be seconds, more than 0 and at most 3162"):
        Deadlines(user=seconds)  # type: ignore[arg-type]  # that is the point


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
