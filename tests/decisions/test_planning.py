"""Which source comes next, and which fields it needs."""

import pytest
from attrs import evolve

from powens_flow.attempt import AskedField, Attempt, Source
from powens_flow.decisions import planning
from powens_flow.policy import CHAIN, OFFER, RESTRICT, Policy
from tests.decisions.made import (
    BRANCH,
    DIRECT,
    FALLBACK,
    LOGIN,
    OPENAPI,
    PASSWORD,
    attempt,
    connector,
    source,
    with_fates,
)


def usable(*sources: Source, **wishes: object) -> list[str]:
    policy = Policy(**wishes)  # type: ignore[arg-type]  # each test gives what fits
    return [one.name for one in planning.usable_sources(connector(*sources), policy)]


# --- which sources ------------------------------------------------------------------------------


def test_the_lowest_priority_is_added_first() -> None:
    assert usable() == ["directaccess", "openapi", "fallback"]


def test_a_disabled_source_is_not_touched() -> None:
    assert usable(evolve(DIRECT, disabled=True), OPENAPI) == ["openapi"]
    assert usable(evolve(DIRECT, disabled=True)) == []


def test_a_connector_without_sources_is_one_source_without_a_name() -> None:
    bank = connector(sources=(), mechanism="webauth")
    (only,) = planning.usable_sources(bank, Policy(sources=CHAIN))
    assert (only.name, only.mechanism) == ("", "webauth")


def test_restrict_takes_only_sources_that_give_the_wanted_account_types() -> None:
    assert usable(sources=RESTRICT, account_types=("savings",)) == ["openapi"]
    assert usable(sources=RESTRICT, account_types=("card", "market")) == [
        "directaccess",
        "fallback",
    ]
    assert usable(sources=RESTRICT, account_types=("loan",)) == []


@pytest.mark.parametrize("option", [OFFER, CHAIN])
def test_the_other_options_take_sources_of_any_account_type(option: str) -> None:
    assert usable(sources=option, account_types=("savings",)) == [
        "directaccess",
        "openapi",
        "fallback",
    ]


def test_a_source_that_names_no_account_types_may_give_any() -> None:
    assert usable(source("silent"), sources=RESTRICT, account_types=("loan",)) == ["silent"]


def test_restrict_takes_only_sources_of_the_wanted_usages() -> None:
    private = source("private", 1, account_usages=("PRIV",))
    business = source("business", 2, account_usages=("ORGA",))
    assert usable(private, business, sources=RESTRICT, account_usages=("ORGA",)) == ["business"]


@pytest.mark.parametrize("option", [OFFER, RESTRICT, CHAIN])
def test_a_source_without_a_wanted_capability_is_left_out(option: str) -> None:
    bills = source("bills", 1, capabilities=("document",))
    bank = source("bank", 2, capabilities=("bank", "transfer"))
    assert usable(bills, bank, sources=option, capabilities=("bank",)) == ["bank"]


def test_nothing_wanted_and_nothing_said_are_no_obstacle() -> None:
    assert planning.gives((), ("bank",))
    assert planning.gives(("bank",), ())
    assert planning.gives(("bank", "document"), ("transfer", "document"))
    assert not planning.gives(("bank",), ("document",))


# --- which next ---------------------------------------------------------------------------------


def next_name(made: Attempt) -> str | None:
    found = planning.next_source(made)
    return found.name if found else None


def test_sources_follow_one_another_whatever_became_of_the_earlier_ones() -> None:
    made = attempt(policy=Policy(sources=CHAIN))
    assert next_name(made) == "directaccess"
    assert next_name(with_fates(made, directaccess="added")) == "openapi"
    made = with_fates(made, directaccess="unusable", openapi="given_up")
    assert next_name(made) == "fallback"
    assert (
        next_name(with_fates(made, directaccess="added", openapi="put_off", fallback="x")) is None
    )


def test_the_wanted_source_comes_next_while_it_remains() -> None:
    made = attempt(wanted_source="fallback")
    assert next_name(made) == "fallback"
    assert next_name(with_fates(made, fallback="added")) == "directaccess"


def test_choosing_a_later_source_passes_over_the_earlier_ones() -> None:
    made = with_fates(attempt(), directaccess="added")
    assert planning.passed_over(made, "fallback") == ("openapi",)
    assert planning.passed_over(made, "openapi") == ()
    assert planning.passed_over(made, "directaccess") == ()
    assert planning.passed_over(made, "nowhere") == ()


def test_without_a_connector_there_is_no_source() -> None:
    made = attempt(connector=None, source="directaccess")
    assert planning.remaining_sources(made) == ()
    assert planning.next_source(made) is None
    assert planning.source_named(made, "directaccess") is None
    assert planning.mechanism_of(made) is None
    assert planning.password_fields(made) == ()


@pytest.mark.parametrize(
    ("option", "wanted", "offered"),
    [(OFFER, False, ["openapi", "fallback"]), (CHAIN, True, []), (RESTRICT, True, [])],
)
def test_the_three_options_after_the_first_source(
    option: str, wanted: bool, offered: list[str]
) -> None:
    made = with_fates(attempt(policy=Policy(sources=option)), directaccess="added")
    assert planning.source_is_still_wanted(made) is wanted
    assert [one.name for one in planning.offered_sources(made)] == offered


def test_with_offer_another_source_is_tried_until_one_was_added() -> None:
    made = with_fates(attempt(policy=Policy(sources=OFFER)), directaccess="unusable")
    assert planning.source_is_still_wanted(made)


@pytest.mark.parametrize("option", [OFFER, RESTRICT, CHAIN])
def test_no_source_is_wanted_when_none_remains(option: str) -> None:
    made = attempt(policy=Policy(sources=option))
    made = with_fates(made, directaccess="unusable", openapi="unusable", fallback="unusable")
    assert not planning.source_is_still_wanted(made)


# --- which fields -------------------------------------------------------------------------------


def test_only_the_fields_of_the_source_and_its_mechanism_are_asked_for() -> None:
    assert planning.fields_of(attempt(), DIRECT) == (LOGIN, PASSWORD)
    assert planning.fields_of(attempt(), OPENAPI) == (LOGIN, BRANCH)
    assert planning.fields_of(attempt(), FALLBACK) == (LOGIN,)


def test_a_field_of_another_mechanism_is_not_asked_for() -> None:
    pin = AskedField("pin", mechanisms=("webauth",))
    made = attempt(connector=connector(fields=(LOGIN, pin)))
    assert planning.fields_of(made, DIRECT) == (LOGIN,)


def test_what_an_added_source_asked_for_is_not_asked_for_again() -> None:
    both = AskedField("contract", sources=("directaccess", "fallback"))
    made = attempt(connector=connector(fields=(LOGIN, PASSWORD, both)))
    assert planning.fields_of(made, FALLBACK) == (LOGIN, both)
    made = evolve(with_fates(made, directaccess="added"), answered=("login",))
    assert planning.fields_of(made, FALLBACK) == ()


def test_what_an_added_source_could_not_ask_for_is_asked_of_the_next() -> None:
    both = ("openapi", "fallback")
    pin = AskedField("pin", sources=both, mechanisms=("credentials",))
    secret = AskedField("secret", "password", sources=both)
    made = attempt(connector=connector(fields=(pin, secret)))
    assert planning.fields_of(made, OPENAPI) == ()
    made = with_fates(made, openapi="added")
    assert planning.fields_of(made, FALLBACK) == (pin, secret)


def test_fields_of_one_name_for_two_sources_are_two() -> None:
    first = AskedField("login", sources=("directaccess",))
    second = AskedField("login", sources=("fallback",))
    made = attempt(connector=connector(fields=(first, second)))
    made = evolve(with_fates(made, directaccess="added"), answered=("login",))
    assert planning.fields_of(made, FALLBACK) == (second,)


def test_all_fields_of_the_source_at_hand_can_be_asked_for_again() -> None:
    restricted = Policy(sources=RESTRICT, account_types=("loan",))
    made = attempt(source="directaccess", policy=restricted, answered=("login",))
    assert planning.own_fields(with_fates(made, directaccess="added")) == (LOGIN, PASSWORD)
    assert planning.own_fields(attempt(source="nowhere")) == (LOGIN,)
    assert planning.own_fields(attempt(connector=None, source="directaccess")) == ()


def test_a_source_that_was_given_up_leaves_its_fields_to_the_next() -> None:
    both = AskedField("contract", sources=("directaccess", "fallback"))
    made = with_fates(attempt(connector=connector(fields=(both,))), directaccess="given_up")
    assert planning.fields_of(made, FALLBACK) == (both,)


def test_a_password_is_never_asked_for_webauth() -> None:
    everywhere = AskedField("password", "password")
    made = attempt(connector=connector(fields=(LOGIN, everywhere)))
    assert planning.fields_of(made, OPENAPI) == (LOGIN,)
    assert planning.fields_of(made, DIRECT) == (LOGIN, everywhere)


def test_a_source_without_a_name_takes_the_fields_of_its_mechanism() -> None:
    bank = connector(sources=(), fields=(LOGIN, PASSWORD, BRANCH))
    (only,) = planning.usable_sources(bank, Policy())
    assert planning.fields_of(attempt(connector=bank), only) == (LOGIN, PASSWORD)


def test_the_password_fields_are_those_of_the_source() -> None:
    other = AskedField("secret", "password", sources=("fallback",))
    made = attempt(connector=connector(fields=(LOGIN, PASSWORD, other)), source="fallback")
    assert planning.password_fields(made) == (other,)
    assert planning.password_fields(evolve(made, source=None)) == (PASSWORD, other)


def test_the_mechanism_is_that_of_the_source_whatever_the_policy_says() -> None:
    restricted = Policy(sources=RESTRICT, account_types=("loan",))
    assert planning.mechanism_of(attempt(source="openapi", policy=restricted)) == "webauth"
    assert planning.mechanism_of(attempt(source="nowhere")) == "credentials"
    assert planning.source_named(attempt(policy=restricted), "openapi") is None
