"""Clean-up: deletes what the attempt made, and only that."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.attempt import Attempt, User
from powens_flow.handlers.source import LONGEST
from powens_flow.policy import Policy
from tests.decisions.made import attempt, seconds
from tests.handlers.told import after, connection, told

MADE_HERE = User(7, "sealed", made_here=True, expires_at=seconds(1800))
KEPT = User(7, "sealed", permanent=True, kept=True)
WITH_CONNECTION = attempt(user=KEPT, id_connection=12, connection_made_here=True)


async def cleaned(made: Attempt, answers: dict[str, Any] | None = None, **more: Any) -> Any:
    outcome, context = await told("clean_up", made, answers, **more)
    return outcome.kind, after(made, outcome).cleanup, context.names


async def test_without_a_user_there_is_nothing_to_clean_up() -> None:
    assert await cleaned(attempt(user=None)) == ("done", "nothing", [])


async def test_the_policy_may_keep_everything() -> None:
    kept = attempt(user=MADE_HERE, policy=Policy(cleanup=False), id_connection=12)
    assert await cleaned(kept) == ("done", "kept", [])


async def test_the_user_that_was_made_here_is_deleted_with_all_it_has() -> None:
    answers = {"other_attempts": 0, "delete_user": None}
    made = attempt(user=MADE_HERE, id_connection=12, connection_made_here=True)
    assert await cleaned(made, answers) == ("done", "user", ["other_attempts", "delete_user"])


async def test_a_temporary_user_that_has_ended_is_deleted_already() -> None:
    assert await cleaned(attempt(user=MADE_HERE), {"other_attempts": 0}, at=seconds(1800)) == (
        "done",
        "user",
        ["other_attempts"],
    )


async def test_a_user_that_another_attempt_needs_is_left_and_the_connection_deleted() -> None:
    answers = {"other_attempts": 1, "delete_connection": None}
    made = attempt(user=MADE_HERE, id_connection=12, connection_made_here=True)
    assert await cleaned(made, answers) == (
        "done",
        "connection",
        ["other_attempts", "delete_connection"],
    )


async def test_a_kept_user_loses_only_the_connection_that_was_made_here() -> None:
    assert await cleaned(WITH_CONNECTION, {"delete_connection": None}) == (
        "done",
        "connection",
        ["delete_connection"],
    )
    before = evolve(WITH_CONNECTION, connection_made_here=False)
    assert await cleaned(before) == ("done", "nothing", [])


@pytest.mark.parametrize("lost", [{"url": "sealed"}, {"unsure_since": seconds(-10)}])
async def test_a_connection_that_came_to_be_unseen_is_found_and_deleted(
    lost: dict[str, Any],
) -> None:
    answers = {
        "connections": (connection(id=3), connection(id=12), connection(id=13, id_connector=99)),
        "others_connections": frozenset(),
        "claim": True,
        "delete_connection": None,
    }
    made = attempt(user=KEPT, known_connections=(3,), **lost)
    outcome, context = await told("clean_up", made, answers)
    assert outcome.changes["cleanup"] == "connection"
    assert context.attempt.id_connection == 12


async def test_while_a_creation_may_still_be_at_work_clean_up_waits() -> None:
    made = attempt(user=KEPT, unsure_since=seconds(-10))
    answers = {"connections": ()}
    assert await cleaned(made, answers) == ("locked", None, ["connections"])
    assert await cleaned(made, answers, at=seconds(-10) + LONGEST) == (
        "done",
        "nothing",
        ["connections"],
    )


async def test_what_is_gone_already_is_as_good_as_deleted() -> None:
    gone = {"delete_connection": api.Gone(), "connections": (connection(id=3),)}
    assert (await cleaned(WITH_CONNECTION, gone))[:2] == ("done", "connection")
    gone = {"other_attempts": 0, "delete_user": api.Gone(), "connections": api.Gone()}
    assert (await cleaned(attempt(user=MADE_HERE), gone))[:2] == ("done", "user")


async def test_what_is_said_to_be_gone_and_is_there_is_tried_again() -> None:
    answers = {"delete_connection": api.Gone(), "connections": (connection(id=12),)}
    with pytest.raises(api.TemporaryFailure):
        await told("clean_up", WITH_CONNECTION, answers)


@pytest.mark.parametrize(("tries", "recovering"), [(1, False), (0, True)])
async def test_a_token_that_died_with_its_user_says_that_the_deletion_was_done(
    tries: int, recovering: bool
) -> None:
    answers = {"other_attempts": 0, "delete_user": api.Unauthorised()}
    made = attempt(user=MADE_HERE, tries=tries)
    assert (await cleaned(made, answers, recovering=recovering))[:2] == ("done", "user")


async def test_a_token_that_was_never_good_says_nothing() -> None:
    answers = {"other_attempts": 0, "delete_user": api.Unauthorised()}
    with pytest.raises(api.Unauthorised):
        await told("clean_up", attempt(user=MADE_HERE), answers)


# --- claims -------------------------------------------------------------------------------------


async def test_the_claim_of_a_user_that_was_deleted_is_given_up() -> None:
    answers = {"other_attempts": 0, "delete_user": None}
    outcome, _ = await told("clean_up", attempt(user=MADE_HERE), answers)
    assert "user:owner-1" in outcome.dropped_claims


async def test_a_shared_users_claim_stays() -> None:
    answers = {"other_attempts": 1}
    outcome, _ = await told("clean_up", attempt(user=MADE_HERE), answers)
    assert "user:owner-1" not in outcome.dropped_claims


async def test_the_claims_of_a_call_that_was_not_made_are_given_up() -> None:
    outcome, _ = await told("clean_up", attempt(user=None))
    assert outcome.dropped_claims == ("user:owner-1",)
    outcome, _ = await told("clean_up", evolve(WITH_CONNECTION, id_connection=None))
    assert outcome.dropped_claims == ("create:7:40",)


async def test_the_claim_of_a_creation_that_may_be_at_work_stays() -> None:
    made = attempt(user=KEPT, unsure_since=seconds(-10))
    outcome, _ = await told("clean_up", made, {"connections": ()})
    assert outcome.dropped_claims == ()
