"""Planning a source, submitting it, and finding out what came of it."""

from typing import Any

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.attempt import Problem, Reading, SourceFate, User
from powens_flow.handlers.source import LONGEST, SYNC_LOOKS, creation_key
from powens_flow.policy import RESTRICT, Policy
from tests.decisions.made import (
    FALLBACK,
    LOGIN,
    NOW,
    PASSWORD,
    attempt,
    connector,
    seconds,
    with_fates,
)
from tests.decisions.made import source as a_source
from tests.handlers.told import after, connection, source, told

VALUES = {"login": "sealed-1", "password": "sealed-2"}
FIRST = attempt(
    source="directaccess", asked=(LOGIN, PASSWORD), asked_for="values", entered_at=seconds(-5)
)
FURTHER = with_fates(
    evolve(FIRST, source="openapi", id_connection=12, connection_made_here=True),
    directaccess="added",
)
CREATION = {"claim": True}


# --- planning -----------------------------------------------------------------------------------


async def test_the_next_source_is_planned_with_its_fields_and_begins_anew() -> None:
    tired = attempt(
        source="x",
        source_id=3,
        plain_values={"a": "b"},
        reading=Reading("bug", repeats=2),
        resumed=True,
        url="sealed",
        url_state="pf.x",
        came_back=True,
        callback_connection=9,
        unsure_since=NOW,
    )
    outcome, context = await told("plan_source", tired)
    assert (outcome.kind, context.made) == ("done", [])
    planned = after(tired, outcome)
    assert planned == attempt(source="directaccess", asked=(LOGIN, PASSWORD), asked_for="values")
    assert outcome.facts["source"] == "directaccess"
    assert outcome.facts["fields"] == ["login", "password"]


async def test_what_went_wrong_before_is_shown_with_the_form() -> None:
    lost = attempt(problem=Problem("source.lost"))
    assert (await told("plan_source", lost))[0].problem == Problem("source.lost")


async def test_without_a_source_there_is_nothing_to_plan() -> None:
    none = attempt(policy=Policy(sources=RESTRICT, account_types=("loan",)))
    outcome, _ = await told("plan_source", none)
    assert (outcome.kind, outcome.problem) == ("unsupported", Problem("connector.no_source"))


async def test_an_unknown_mechanism_is_unsupported_and_said_so() -> None:
    pigeon = attempt(connector=connector(a_source("loft", 1, "pigeon"), FALLBACK))
    outcome, _ = await told("plan_source", pigeon)
    assert outcome.kind == "unsupported"
    assert outcome.problem == Problem("source.unsupported_mechanism")
    assert outcome.facts == {"mechanism": "pigeon"}
    assert outcome.changes["source"] == "loft"


@pytest.mark.parametrize(("expires", "ends_first"), [(1800, False), (1300, True), (600, True)])
async def test_a_user_that_ends_before_the_next_wait_and_check_is_noticed(
    expires: float, ends_first: bool
) -> None:
    user = User(7, "sealed", made_here=True, expires_at=seconds(expires))
    outcome, _ = await told("plan_source", evolve(FURTHER, user=user))
    assert outcome.facts["user_ends_first"] is ends_first


# --- submitting ---------------------------------------------------------------------------------


async def test_the_first_source_creates_the_connection_under_a_claim() -> None:
    answers = {**CREATION, "create_connection": connection(None, source("directaccess"))}
    outcome, context = await told("submit_source", FIRST, answers, values=VALUES)
    assert context.names == ["claim", "create_connection"]
    assert context.made[1] == ("create_connection", {"source": "directaccess", "values": VALUES})
    made = after(FIRST, outcome)
    assert (outcome.kind, made.id_connection, made.connection_made_here) == ("done", 12, True)
    assert made.sources == (SourceFate("directaccess", "added"),)
    assert made.answered == ("login", "password")
    assert outcome.dropped_claims == (creation_key(FIRST),)
    assert "sealed-" not in repr(outcome.facts)


async def test_a_connector_without_sources_is_created_without_naming_one() -> None:
    answers = {**CREATION, "create_connection": connection()}
    _, context = await told("submit_source", evolve(FIRST, source=""), answers, values=VALUES)
    assert context.made[1] == ("create_connection", {"source": None, "values": VALUES})


async def test_a_further_source_is_added_to_the_connection() -> None:
    answers = {"update_connection": connection()}
    outcome, context = await told("submit_source", FURTHER, answers, values=VALUES)
    assert context.made == [("update_connection", {"source": "openapi", "values": VALUES})]
    assert after(FURTHER, outcome).connection_made_here


async def test_a_connection_that_was_there_before_is_not_made_here() -> None:
    before = evolve(FURTHER, connection_made_here=False)
    outcome, _ = await told("submit_source", before, {"update_connection": connection()})
    assert not after(before, outcome).connection_made_here


async def test_a_state_in_the_answer_asks_for_more() -> None:
    answers = {**CREATION, "create_connection": connection("SCARequired")}
    outcome, _ = await told("submit_source", FIRST, answers, values=VALUES)
    assert (outcome.kind, outcome.facts["state"]) == ("interaction_needed", "SCARequired")
    assert outcome.changes["id_connection"] == 12
    assert "sources" not in outcome.changes


async def test_one_creation_at_a_time_for_a_user_and_connector() -> None:
    outcome, context = await told("submit_source", FIRST, {"claim": False}, values=VALUES)
    assert (outcome.kind, outcome.problem) == ("locked", Problem("connection.being_made"))
    assert context.names == ["claim"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (api.InputRefused(code="wrongpass", message="Faux"), "refused_input"),
        (api.ConnectionLocked(code="connectionLocked"), "locked"),
        (api.RateLimited(code="tooManySync", retry_after=3.0), "rate_limited"),
        (api.BankMessage(code="bankMessage", message="Demain"), "temporary"),
        (api.TemporaryFailure(code="websiteUnavailable", may_have_acted=True), "unknown"),
        (api.OutcomeUnknown(may_have_acted=True), "unknown"),
        (api.BadAnswer(api.Flaw.NOT_JSON), "unknown"),
        (api.Unauthorised(code="forbidden"), "unauthorised"),
        (api.Gone(), "gone"),
        (api.Unsupported(code="notSupported"), "unsupported"),
        (api.Rejected(code="config"), "rejected"),
        (api.InteractionNeeded(code="SCARequired"), "unknown"),
        (api.NoAccount(code="noAccount"), "unknown"),
    ],
)
async def test_what_a_creation_can_come_to(error: api.PowensError, kind: str) -> None:
    outcome, _ = await told(
        "submit_source", FIRST, {**CREATION, "create_connection": error}, values=VALUES
    )
    assert outcome.kind == kind
    doubt = {"unsure_since": FIRST.entered_at} if error.may_have_acted else {}
    assert outcome.changes == doubt
    keeps_the_claim = kind == "unknown"
    assert (outcome.dropped_claims == ()) is keeps_the_claim
    assert outcome.problem is not None
    assert outcome.problem.message == error.message


async def test_values_that_could_not_be_opened_are_asked_for_again_with_a_new_key() -> None:
    answers = {**CREATION, "create_connection": api.KeyRefused(code="keymanager")}
    answers["refresh_key"] = None
    outcome, context = await told("submit_source", FIRST, answers, values=VALUES)
    assert (outcome.kind, context.names[-1]) == ("refused_input", "refresh_key")
    assert outcome.problem is not None
    assert outcome.problem.key == "values.seal_again"
    answers["refresh_key"] = api.TemporaryFailure()
    outcome, _ = await told("submit_source", FIRST, answers, values=VALUES)
    assert outcome.kind == "refused_input"


@pytest.mark.parametrize("made", [FIRST, FURTHER])
async def test_after_a_crash_nothing_is_posted_again(made: Any) -> None:
    outcome, context = await told("submit_source", made, recovering=True)
    assert (outcome.kind, context.made) == ("unknown", [])
    assert outcome.changes == {"unsure_since": made.entered_at}


# --- looking for what a lost answer left --------------------------------------------------------

LOST = evolve(FIRST, unsure_since=NOW, known_connections=(3,))
READS = {"others_connections": frozenset(), "claim": True}


async def looked(answers: dict[str, Any], made: Any = LOST, **more: Any) -> Any:
    return await told("look_for_source", made, {**READS, **answers}, **more)


async def test_the_connection_made_since_is_adopted() -> None:
    known = (connection(id=3), connection(id=12), connection(id=14, id_connector=99))
    outcome, context = await looked({"connections": known})
    assert outcome.kind == "done"
    assert outcome.changes == {
        "unsure_since": None,
        "id_connection": 12,
        "connection_made_here": True,
    }
    assert context.made[-1][1]["key"] == "connection:7:12"
    assert outcome.dropped_claims == (creation_key(LOST),)


async def test_the_newest_of_several_is_adopted() -> None:
    made = (connection(id=12), connection(id=15), connection(id=13))
    outcome, _ = await looked({"connections": made})
    assert outcome.changes["id_connection"] == 15


async def test_what_another_attempt_made_or_adopted_is_not_taken() -> None:
    made = (connection(id=12), connection(id=15))
    outcome, _ = await looked({"connections": made, "others_connections": frozenset({15})})
    assert outcome.changes["id_connection"] == 12
    outcome, _ = await looked({"connections": made, "claim": False})
    assert outcome.kind == "locked"


async def test_a_connection_is_known_by_its_connectors_uuid_too() -> None:
    by_uuid = connection(id=12, id_connector=None, connector_uuid="uuid-40")
    other = connection(id=14, id_connector=None, connector_uuid="uuid-99")
    outcome, _ = await looked({"connections": (by_uuid, other)})
    assert outcome.changes["id_connection"] == 12


async def test_absence_proves_nothing_while_the_call_may_be_at_work() -> None:
    outcome, _ = await looked({"connections": ()}, at=NOW + LONGEST - (seconds(1) - NOW))
    assert (outcome.kind, outcome.changes) == ("locked", {"unsure_since": NOW})
    outcome, _ = await looked({"connections": ()}, at=NOW + LONGEST)
    assert (outcome.kind, outcome.changes) == ("gone", {"unsure_since": None})
    assert outcome.dropped_claims == (creation_key(LOST),)


async def test_what_powens_itself_refused_is_absent_at_once() -> None:
    refused = evolve(LOST, problem=Problem("state.SCARequired", code="webauthRequired"))
    outcome, _ = await looked({"connections": ()}, refused)
    assert (outcome.kind, outcome.facts["state"]) == ("gone", "webauthRequired")
    assert outcome.problem == refused.problem


async def test_a_further_source_is_looked_for_in_its_connection() -> None:
    lost = evolve(FURTHER, unsure_since=NOW)
    there = connection(None, source("directaccess"), source("openapi", id=32))
    outcome, _ = await looked({"connection": there}, lost)
    assert outcome.changes == {"unsure_since": None, "source_id": 32}
    outcome, _ = await looked({"connection": connection(None, source("directaccess"))}, lost)
    assert outcome.kind == "locked"


async def test_a_connection_that_is_gone_is_no_absent_source() -> None:
    lost = evolve(FURTHER, unsure_since=NOW)
    outcome, _ = await looked({"connection": api.Gone()}, lost)
    assert outcome.kind == "rejected"


# --- a sync that runs ---------------------------------------------------------------------------


async def test_a_sync_has_ended_when_the_last_update_moved() -> None:
    first, _ = await told("check_sync", FURTHER, {"connection": connection(last_update=NOW)})
    assert first.kind == "locked"
    waiting = after(FURTHER, first)
    still, _ = await told("check_sync", waiting, {"connection": connection(last_update=NOW)})
    assert still.kind == "locked"
    moved, _ = await told("check_sync", waiting, {"connection": connection(last_update=seconds(9))})
    assert (moved.kind, moved.problem) == ("done", Problem("values.ask_again"))
    assert after(waiting, moved).reading == Reading()


async def test_a_sync_that_shows_no_end_is_taken_to_have_ended() -> None:
    patient = evolve(FURTHER, polls=SYNC_LOOKS)
    outcome, _ = await told("check_sync", patient, {"connection": connection()})
    assert outcome.kind == "done"


async def test_without_a_connection_no_sync_can_run() -> None:
    outcome, context = await told("check_sync", FIRST)
    assert (outcome.kind, context.made) == ("done", [])


# --- setting aside ------------------------------------------------------------------------------


async def test_a_source_that_came_to_be_is_disabled() -> None:
    outcome, context = await told(
        "set_source_aside", evolve(FURTHER, source_id=32), {"disable_source": None}
    )
    assert (outcome.kind, context.made) == ("done", [("disable_source", {"id_source": 32})])
    outcome, context = await told("set_source_aside", FURTHER)
    assert (outcome.kind, context.made) == ("done", [])


async def test_why_a_source_is_left_out_is_still_said_whatever_comes_of_disabling_it() -> None:
    unfit = evolve(FURTHER, source_id=32, problem=Problem("unsupported"))
    for answer, kind in ((None, "done"), (api.TemporaryFailure(), "temporary")):
        outcome, _ = await told("set_source_aside", unfit, {"disable_source": answer})
        assert (outcome.kind, outcome.problem) == (kind, Problem("unsupported"))
