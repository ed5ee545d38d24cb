"""The user, the connector, consent, the token."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.attempt import Account, Claim, Consent, Problem, Subscription, User
from powens_flow.policy import Policy
from tests.decisions.made import NOW, attempt, seconds
from tests.handlers.told import after, connection, told

KEPT = User(7, "sealed-kept", permanent=True, kept=True)
TEMPORARY = User(8, "sealed-temporary", made_here=True, expires_at=seconds(1800))
NOBODY = attempt(user=None, connector=None)


def mine(**data: Any) -> Claim:
    return Claim("user:owner-1", "a-1", seconds(120), data)


def theirs(**data: Any) -> Claim:
    return Claim("user:owner-1", "a-0", seconds(1700), data)


# --- the user -----------------------------------------------------------------------------------


async def test_the_vaults_user_is_taken_and_none_is_made() -> None:
    outcome, context = await told("open_user", NOBODY, {"kept_user": KEPT})
    assert (outcome.kind, outcome.changes) == ("done", {"user": KEPT})
    assert outcome.facts == {"user": 7}
    assert context.names == ["kept_user"]


async def test_a_user_is_made_under_a_claim_that_then_names_it() -> None:
    answers = {"kept_user": None, "claim_user": mine(), "init_user": TEMPORARY}
    outcome, context = await told("open_user", NOBODY, answers)
    assert (outcome.kind, outcome.changes) == ("done", {"user": TEMPORARY})
    (claim,) = outcome.claims
    assert (claim.key, claim.attempt_id, claim.until) == ("user:owner-1", "a-1", seconds(1800))
    assert claim.data == {
        "id": 8,
        "token": "sealed-temporary",
        "permanent": False,
        "expires_at": "2026-01-05T09:30:00+00:00",
    }
    assert "sealed-temporary" not in repr(claim)
    assert context.made[-1] == ("init_user", {"permanent": False})


async def test_while_another_attempt_makes_the_user_this_one_waits() -> None:
    outcome, context = await told("open_user", NOBODY, {"kept_user": None, "claim_user": theirs()})
    assert (outcome.kind, outcome.retry_after) == ("locked", 1.0)
    assert outcome.problem == Problem("user.being_made")
    assert "init_user" not in context.names


async def test_the_user_that_another_attempt_made_is_shared_and_not_this_ones() -> None:
    data = {"id": 8, "token": "sealed-temporary", "permanent": False, "expires_at": "some time"}
    outcome, _ = await told("open_user", NOBODY, {"kept_user": None, "claim_user": theirs(**data)})
    assert outcome.changes == {
        "user": User(8, "sealed-temporary", made_here=False, expires_at=seconds(1700))
    }


async def test_a_shared_permanent_user_does_not_end() -> None:
    data = {"id": 8, "token": "sealed", "permanent": True, "expires_at": None}
    outcome, _ = await told("open_user", NOBODY, {"kept_user": None, "claim_user": mine(**data)})
    assert outcome.changes["user"] == User(8, "sealed", permanent=True, made_here=True)


async def test_the_policy_may_want_a_permanent_user_at_once() -> None:
    answers = {"kept_user": None, "claim_user": mine(), "init_user": KEPT}
    wanting = evolve(NOBODY, policy=Policy(permanent_user=True))
    _, context = await told("open_user", wanting, answers)
    assert context.made[-1] == ("init_user", {"permanent": True})


async def test_after_an_orphan_the_user_is_temporary_first_so_that_it_can_die() -> None:
    answers = {"kept_user": None, "claim_user": mine(), "init_user": TEMPORARY}
    wanting = evolve(NOBODY, policy=Policy(permanent_user=True), orphans=1)
    _, context = await told("open_user", wanting, answers)
    assert context.made[-1] == ("init_user", {"permanent": False})


async def test_a_user_that_may_have_been_made_is_counted_as_an_orphan() -> None:
    lost = api.OutcomeUnknown(may_have_acted=True)
    answers = {"kept_user": None, "claim_user": mine(), "init_user": lost}
    outcome, context = await told("open_user", NOBODY, answers)
    assert outcome.kind == "unknown"
    assert context.attempt.orphans == 1
    refused = {**answers, "init_user": api.RateLimited(code="tooManySync")}
    outcome, context = await told("open_user", NOBODY, refused)
    assert (outcome.kind, context.attempt.orphans) == ("rate_limited", 0)


async def test_a_crash_while_making_a_user_may_have_left_an_orphan() -> None:
    answers = {"kept_user": None, "claim_user": mine(), "init_user": TEMPORARY}
    _, context = await told("open_user", NOBODY, answers, recovering=True)
    assert context.attempt.orphans == 1


# --- the connector ------------------------------------------------------------------------------

BANK = m.Connector(
    id=40,
    uuid="u-40",
    name="Banque",
    auth_mechanism="credentials",
    capabilities=("bank",),
    sources=(m.Source(1, "directaccess"),),
)
CHOSEN = attempt(connector=None, connector_ref="u-40")


async def test_the_chosen_connector_is_read() -> None:
    outcome, context = await told("fetch_connector", CHOSEN, {"connector": BANK})
    assert outcome.kind == "done"
    assert after(CHOSEN, outcome).connector is not None
    assert outcome.facts == {"connector": "u-40", "existing": []}
    assert context.made == [("connector", {"ref": "u-40"})]


async def test_the_only_connector_of_the_policy_needs_no_choice() -> None:
    given = attempt(connector=None, policy=Policy(connectors=("40",)))
    _, context = await told("fetch_connector", given, {"connector": BANK})
    assert context.made == [("connector", {"ref": "40"})]


@pytest.mark.parametrize(
    ("more", "wishes"),
    [
        ({"hidden": True}, {}),
        ({"restricted": True}, {}),
        ({"beta": True}, {"beta": False}),
        ({}, {"connectors": ("41", "42")}),
        ({}, {"capabilities": ("document",)}),
        ({"account_types": ("card",)}, {"account_types": ("savings",)}),
        ({"account_usages": ("PRIV",)}, {"account_usages": ("ORGA",)}),
        ({"countries": (m.Country("ES"),)}, {"countries": ("FR",)}),
    ],
)
async def test_a_connector_that_may_not_be_used_is_refused(
    more: dict[str, Any], wishes: dict[str, Any]
) -> None:
    wanting = evolve(CHOSEN, policy=Policy(**wishes))
    outcome, _ = await told("fetch_connector", wanting, {"connector": evolve(BANK, **more)})
    assert (outcome.kind, outcome.problem) == ("refused_input", Problem("connector.not_allowed"))


async def test_a_connector_without_a_usable_source_is_unsupported() -> None:
    shut = evolve(BANK, sources=(m.Source(1, "directaccess", disabled=True),))
    outcome, _ = await told("fetch_connector", CHOSEN, {"connector": shut})
    assert (outcome.kind, outcome.problem) == ("unsupported", Problem("connector.no_source"))


async def test_the_connections_that_exist_before_are_noted() -> None:
    old = (connection(id=3), connection(id=5, id_connector=99), connection(id=9))
    kept = evolve(CHOSEN, user=KEPT)
    outcome, _ = await told("fetch_connector", kept, {"connector": BANK, "connections": old})
    assert outcome.changes["known_connections"] == (3, 5, 9)
    assert outcome.changes["existing"] == (3, 9)
    assert "id_connection" not in outcome.changes


async def test_the_policy_may_repair_the_newest_of_them() -> None:
    old = (connection(id=9), connection(id=3))
    kept = evolve(CHOSEN, user=KEPT, policy=Policy(existing="repair"))
    outcome, _ = await told("fetch_connector", kept, {"connector": BANK, "connections": old})
    assert outcome.changes["id_connection"] == 9


async def test_a_shared_users_connections_are_noted_too() -> None:
    shared = evolve(CHOSEN, user=evolve(TEMPORARY, made_here=False))
    answers = {"connector": BANK, "connections": (connection(id=3),)}
    outcome, _ = await told("fetch_connector", shared, answers)
    assert outcome.changes["known_connections"] == (3,)


# --- consent ------------------------------------------------------------------------------------

FOUND = (m.Account(1, disabled=True), m.Account(2, deleted=True), m.Account(3))


async def test_what_was_found_is_listed_for_consent() -> None:
    answers = {"accounts": FOUND, "subscriptions": (m.Subscription(9, disabled=True),)}
    documents = evolve(attempt(source="x", wanted_source="y", asked_for="values"))
    outcome, _ = await told("list_accounts", documents, answers)
    made = after(documents, outcome)
    assert made.accounts == (Account(1), Account(3, disabled=False))
    assert made.subscriptions == (Subscription(9),)
    assert (made.source, made.wanted_source, made.asked_for) == (None, None, None)


@pytest.mark.parametrize(
    ("capabilities", "asked"),
    [((), True), (("bank",), False), (("bank", "document"), True)],
)
async def test_subscriptions_are_asked_for_where_there_can_be_any(
    capabilities: tuple[str, ...], asked: bool
) -> None:
    bank = attempt().connector
    assert bank is not None
    listing = attempt(connector=evolve(bank, capabilities=capabilities))
    _, context = await told("list_accounts", listing, {"accounts": (), "subscriptions": ()})
    assert ("subscriptions" in context.names) is asked


CONSENT = attempt(consent=Consent(NOW, (1, 3), (8, 9)))


async def test_what_was_approved_is_enabled_in_one_call() -> None:
    outcome, context = await told("activate_accounts", CONSENT, {"activate_accounts": None})
    assert (outcome.kind, outcome.facts) == ("done", {"accounts": [1, 3]})
    assert context.made == [("activate_accounts", {"ids": (1, 3)})]
    _, context = await told("activate_subscriptions", CONSENT, {"activate_subscriptions": None})
    assert context.made == [("activate_subscriptions", {"ids": (8, 9)})]


@pytest.mark.parametrize(("tries", "recovering"), [(1, False), (0, True)])
async def test_only_what_is_still_disabled_is_enabled_again(tries: int, recovering: bool) -> None:
    again = evolve(CONSENT, tries=tries)
    read = (m.Account(1), m.Account(3, disabled=True))
    answers = {"accounts": read, "activate_accounts": None}
    _, context = await told("activate_accounts", again, answers, recovering=recovering)
    assert context.made[-1] == ("activate_accounts", {"ids": (3,)})
    enabled = {"subscriptions": (m.Subscription(8), m.Subscription(9))}
    outcome, context = await told("activate_subscriptions", again, enabled, recovering=recovering)
    assert (outcome.kind, context.names) == ("done", ["subscriptions"])


# --- the token ----------------------------------------------------------------------------------

EXCHANGING = attempt(user=TEMPORARY)


@pytest.mark.parametrize(
    ("handler", "call"), [("exchange_token", "exchange_token"), ("renew_token", "renew_token")]
)
async def test_a_temporary_user_becomes_permanent(handler: str, call: str) -> None:
    outcome, _ = await told(handler, EXCHANGING, {call: "sealed-permanent"})
    assert outcome.changes["user"] == User(8, "sealed-permanent", permanent=True, made_here=True)


@pytest.mark.parametrize("handler", ["exchange_token", "renew_token"])
async def test_one_that_is_permanent_is_left_alone(handler: str) -> None:
    outcome, context = await told(handler, attempt(user=evolve(KEPT, kept=False)))
    assert (outcome.kind, outcome.changes, context.made) == ("done", {}, [])


async def test_a_shared_user_that_another_attempt_made_permanent_is_in_the_vault() -> None:
    shared = attempt(user=evolve(TEMPORARY, id=7, made_here=False))
    outcome, context = await told("exchange_token", shared, {"kept_user": KEPT})
    assert (outcome.changes, context.names) == ({"user": KEPT}, ["kept_user"])
    someone_else = {"kept_user": evolve(KEPT, id=99), "exchange_token": "sealed-permanent"}
    outcome, context = await told("exchange_token", shared, someone_else)
    assert context.names == ["kept_user", "exchange_token"]


async def test_a_token_is_never_exchanged_twice_after_a_crash() -> None:
    outcome, context = await told("exchange_token", EXCHANGING, recovering=True)
    assert (outcome.kind, context.made) == ("unknown", [])


async def test_an_early_exchange_is_kept_at_once_and_tried_once() -> None:
    answers = {"exchange_token": "sealed-permanent", "keep_user": None}
    outcome, context = await told("exchange_early", EXCHANGING, answers)
    assert context.names == ["exchange_token", "keep_user"]
    assert context.attempt.early_tried
    assert context.attempt.user is not None
    assert context.attempt.user.token == "sealed-permanent"
    assert outcome.changes["user"].kept


async def test_the_token_is_in_the_vault_before_the_attempt_is_completed() -> None:
    permanent = attempt(user=User(8, "sealed-permanent", permanent=True))
    outcome, context = await told("keep_token", permanent, {"keep_user": None})
    assert context.names == ["keep_user"]
    assert outcome.changes["user"].kept
    assert outcome.dropped_claims == ("user:owner-1",)
    _, context = await told("keep_token", attempt(user=KEPT))
    assert context.made == []
