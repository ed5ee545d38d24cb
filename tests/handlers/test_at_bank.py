"""The bank's page: its address, and what is made of whoever comes back, or does not."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.attempt import Attempt, Problem
from powens_flow.policy import Policy
from tests.decisions.made import attempt, with_fates
from tests.handlers.told import after, connection, read, source, told

MADE = attempt(source="directaccess", id_connection=12, connection_made_here=True)
OUT = attempt(source="openapi", url="sealed", url_state="pf.x", known_connections=(3,))
FOUND = {"others_connections": frozenset(), "claim": True}


# --- the bank's page ----------------------------------------------------------------------------


async def test_an_address_carries_a_state_of_our_own() -> None:
    opening = attempt(source="openapi", policy=Policy(redirect_uri="https://app.example/back"))
    outcome, context = await told("open_webauth", opening, {"webauth_url": "sealed-url"})
    assert outcome.changes == {
        "url": "sealed-url",
        "url_state": "pf.a-1.unguessable",
        "came_back": False,
    }
    assert context.made == [("webauth_url", {"state": "pf.a-1.unguessable", "source": "openapi"})]
    assert "unguessable" not in repr(outcome)


@pytest.mark.parametrize("key", ["webauth.refused", "webauth.failed", "webauth.nothing_came"])
async def test_another_address_is_given_out_only_where_the_first_made_nothing(key: str) -> None:
    policy = Policy(redirect_uri="https://app.example/back")
    again = evolve(OUT, policy=policy, url=None, problem=Problem(key))
    for before in (again, evolve(OUT, policy=policy)):
        found = {"connections": (ADDED,), **FOUND}
        outcome, _ = await told("open_webauth", before, found)
        assert (outcome.kind, outcome.facts) == ("refused_input", {"connection": 12})
        nothing = {"connections": (), "webauth_url": "sealed-url"}
        outcome, context = await told("open_webauth", before, nothing)
        assert (outcome.kind, context.names) == ("done", ["connections", "webauth_url"])


async def test_without_a_redirect_uri_the_policy_is_at_fault() -> None:
    outcome, context = await told("open_webauth", OUT)
    assert (outcome.kind, context.made) == ("rejected", [])
    assert outcome.problem == Problem("policy.no_redirect_uri")


# --- back from the bank -------------------------------------------------------------------------

BACK = evolve(OUT, came_back=True, callback_connection=12)
ADDED = connection(None, source("openapi"))


async def test_what_the_callback_names_is_read_with_the_users_own_token() -> None:
    outcome, context = await told("read_state", BACK, {"connection": ADDED})
    assert outcome.kind == "done"
    assert context.made == [("connection", {"id_connection": 12})]
    assert (context.attempt.id_connection, context.attempt.connection_made_here) == (12, True)


async def test_a_connection_that_was_there_before_is_not_made_here() -> None:
    named = evolve(BACK, callback_connection=3)
    _, context = await told("read_state", named, {"connection": evolve(ADDED, id=3)})
    assert not context.attempt.connection_made_here


@pytest.mark.parametrize(
    "answer", [api.Gone(), api.Unauthorised(status=403), connection(id_connector=99)]
)
async def test_what_is_not_this_users_or_this_banks_changes_nothing(answer: Any) -> None:
    outcome = await read(BACK, answer)
    assert outcome.kind == "refused_input"
    assert outcome.changes == {"came_back": False, "callback_connection": None}
    assert outcome.problem == Problem("webauth.foreign_connection")


@pytest.mark.parametrize(("named", "status"), [(12, 401), (None, 403)])
async def test_a_token_that_lets_nobody_in_is_no_foreign_connection(
    named: int | None, status: int
) -> None:
    refused = api.Unauthorised(status=status)
    with pytest.raises(api.Unauthorised):
        await read(
            evolve(BACK, callback_connection=named), {"connection": refused, "connections": refused}
        )


async def test_a_callback_that_names_none_finds_the_one_made_since() -> None:
    named = evolve(BACK, callback_connection=None)
    answers = {"connections": (connection(id=3), ADDED), "connection": ADDED, **FOUND}
    outcome, context = await told("read_state", named, answers)
    assert (outcome.kind, context.attempt.id_connection) == ("done", 12)


async def test_nothing_came_and_nobody_came_back() -> None:
    outcome = await read(OUT, {"connections": (connection(id=3),)})
    assert (outcome.kind, outcome.facts) == ("gone", {"still_at_bank": True})
    assert after(OUT, outcome) == OUT


async def test_somebody_came_back_and_nothing_came() -> None:
    outcome = await read(evolve(BACK, callback_connection=None), {"connections": ()})
    assert (outcome.kind, outcome.facts) == ("gone", {"nothing_came": True})
    assert (outcome.changes["url"], outcome.changes["url_state"]) == (None, None)
    assert outcome.problem == Problem("webauth.nothing_came")


async def test_while_the_user_is_at_the_bank_the_address_stands() -> None:
    away = evolve(OUT, id_connection=12)
    outcome = await read(away, connection(None, source("openapi", "webauthRequired")))
    assert outcome.facts["still_at_bank"]
    assert "url" not in outcome.changes
    back = evolve(away, came_back=True)
    outcome = await read(back, connection(None, source("openapi", "webauthRequired")))
    assert not outcome.facts["still_at_bank"]
    assert outcome.changes["url"] is None


async def test_a_further_source_not_there_yet_is_still_at_the_bank() -> None:
    away = with_fates(evolve(OUT, id_connection=12), directaccess="added")
    outcome = await read(away, connection(None, source("directaccess")))
    assert outcome.facts == {"still_at_bank": True}


async def test_a_source_that_was_refused_and_deleted_is_lost() -> None:
    gone = connection(None, source("openapi"))
    outcome = await read(MADE, gone)
    assert (outcome.kind, outcome.facts) == ("gone", {"source_was_lost": True})
    assert outcome.problem == Problem("source.lost")
    refused = Problem("values.refused", "Faux")
    assert (await read(evolve(MADE, problem=refused), gone)).problem == refused


@pytest.mark.parametrize(("seen", "fact"), [(None, "nothing_came"), (31, "source_was_lost")])
async def test_of_a_page_that_is_not_needed_nothing_came(seen: int | None, fact: str) -> None:
    further = with_fates(evolve(OUT, id_connection=12, url=None), directaccess="added")
    outcome = await read(evolve(further, source_id=seen), connection(None, source()))
    assert (outcome.kind, outcome.facts) == ("gone", {fact: True})


# --- looking back at a redirect that was lost ---------------------------------------------------


@pytest.mark.parametrize(
    ("made", "answers", "kind"),
    [
        (OUT, {"connections": (ADDED,), **FOUND}, "done"),
        (OUT, {"connections": ()}, "gone"),
        (evolve(OUT, id_connection=12), {"connection": ADDED}, "done"),
        (
            evolve(OUT, id_connection=12),
            {"connection": connection(None, source("openapi", "webauthRequired"))},
            "gone",
        ),
        (
            evolve(OUT, id_connection=12),
            {"connection": connection(None, source("openapi", "wrongpass"))},
            "done",
        ),
        (evolve(OUT, id_connection=12), {"connection": connection(None, source())}, "gone"),
    ],
)
async def test_whether_the_user_approved_all_the_same(
    made: Attempt, answers: dict[str, Any], kind: str
) -> None:
    outcome, _ = await told("look_back", made, answers)
    assert outcome.kind == kind
    wanted = {"came_back": True} if kind == "done" else {"ending": "expired"}
    assert outcome.changes == wanted
