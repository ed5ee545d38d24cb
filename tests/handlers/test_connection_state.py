"""Reading what the connection needs, and sending what it asks for."""

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.attempt import AskedField, Choice, Problem, Reading, SourceFate, User
from powens_flow.handlers.source import LONGEST
from tests.decisions.made import LOGIN, NOW, PASSWORD, attempt, seconds, with_fates
from tests.handlers.told import after, connection, read, source, told

MADE = attempt(source="directaccess", id_connection=12, connection_made_here=True)
CODE = m.Field("code", "list", "Code", required=True, values=(m.FieldValue("1", "One"),))


# --- what the state is --------------------------------------------------------------------------


async def test_a_synced_source_is_added() -> None:
    settled = source(access_expire=seconds(500), last_update=NOW)
    outcome = await read(MADE, connection(None, settled))
    made = after(MADE, outcome)
    assert outcome.kind == "done"
    assert made.sources == (SourceFate("directaccess", "added", access_expire=seconds(500)),)
    assert (made.source_id, made.reading) == (31, Reading(last_update=NOW))


async def test_the_sources_own_state_decides_and_not_the_connections() -> None:
    mine, other = source(), source("openapi", "bug", id=32)
    assert (await read(MADE, connection("bug", other, mine))).kind == "done"
    mine = source(state="decoupled")
    outcome = await read(MADE, connection(None, other, mine))
    assert (outcome.kind, outcome.facts["state"]) == ("interaction_needed", "decoupled")


@pytest.mark.parametrize("mine", [None, "decoupled"])
async def test_what_the_others_say_is_reported_and_kept_with_their_fates(mine: str | None) -> None:
    earlier = with_fates(MADE, openapi="added", fallback="put_off", loft="given_up")
    others = (
        source("openapi", "bug", id=32),
        source("fallback", id=33),
        source("loft", "bug", id=34),
    )
    outcome = await read(earlier, connection("bug", *others, source(state=mine)))
    assert outcome.facts["others"] == {"openapi": "bug", "loft": "bug"}
    fates = {one.name: one.state for one in after(earlier, outcome).sources}
    assert fates["openapi"] == "bug"
    assert (fates["fallback"], fates["loft"]) == (None, None)


async def test_without_sources_the_connections_state_decides() -> None:
    outcome = await read(evolve(MADE, source=""), connection("bug"))
    assert outcome.facts["state"] == "bug"
    assert (await read(evolve(MADE, source=""), connection())).kind == "done"


async def test_what_is_read_is_kept_as_the_reading() -> None:
    words = connection(
        "actionNeeded",
        source(state="actionNeeded", last_update=NOW, next_try=seconds(60)),
        error_message="Signez",
        fields=(CODE,),
    )
    outcome = await read(MADE, words)
    assert outcome.changes["reading"] == Reading(
        "actionNeeded", "Signez", ("code",), NOW, seconds(60), repeats=0
    )


async def test_the_banks_words_of_a_pending_webauth_are_not_kept() -> None:
    words = connection("webauthRequired", error_message="Redirecting to https://S3cr3t")
    outcome = await read(evolve(MADE, source=""), words)
    assert "S3cr3t" not in f"{outcome}{outcome.changes}"


@pytest.mark.parametrize("whole", ["webauthRequired", "decoupled"])
async def test_nor_are_those_of_another_sources_pending_webauth(whole: str) -> None:
    other = source("openapi", "webauthRequired", id=32)
    words = connection(
        whole, other, source(state="decoupled"), error_message="Redirecting to https://S3cr3t"
    )
    outcome = await read(MADE, words)
    assert "S3cr3t" not in f"{outcome}{outcome.changes}"


async def test_the_banks_words_of_another_state_are_not_this_ones() -> None:
    other = source("openapi", "actionNeeded", id=32)
    words = connection("actionNeeded", other, source(state="bug"), error_message="Signez")
    assert (await read(MADE, words)).changes["reading"].error_message is None


@pytest.mark.parametrize("state", ["somethingNew", "SCARequired", "validating"])
async def test_any_state_is_a_fact_for_the_guards(state: str) -> None:
    outcome = await read(MADE, connection(state, source(state=state)))
    assert (outcome.kind, outcome.facts["state"]) == ("interaction_needed", state)


async def test_an_unsupported_source_is_left_out() -> None:
    outcome = await read(MADE, connection("notSupported", source(state="notSupported")))
    assert after(MADE, outcome).sources == (SourceFate("directaccess", "unusable", "notSupported"),)


async def test_resuming_is_remembered_while_it_is_decoupled() -> None:
    resumed = evolve(MADE, resumed=True)
    outcome = await read(resumed, connection(None, source(state="decoupled")))
    assert after(resumed, outcome).resumed
    outcome = await read(resumed, connection(None, source(state="SCARequired")))
    assert not after(resumed, outcome).resumed


# --- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "asked_for"),
    [
        ("additionalInformationNeeded", "information"),
        ("wrongpass", "correction"),
        ("wrongPass", "correction"),
        ("passwordExpired", "new_password"),
    ],
)
async def test_the_connections_own_fields_are_asked_for(state: str, asked_for: str) -> None:
    outcome = await read(MADE, connection(state, source(state=state), fields=(CODE,)))
    made = after(MADE, outcome)
    assert made.asked_for == asked_for
    assert made.asked == (AskedField("code", "list", "Code", values=(Choice("One", "1"),)),)


async def test_without_them_the_sources_are() -> None:
    outcome = await read(MADE, connection("wrongpass", source(state="wrongpass")))
    assert after(MADE, outcome).asked == (LOGIN, PASSWORD)
    outcome = await read(MADE, connection("passwordExpired", source(state="passwordExpired")))
    assert after(MADE, outcome).asked == (PASSWORD,)


@pytest.mark.parametrize(
    ("state", "asked"),
    [("wrongpass", ["login", "password"]), ("additionalInformationNeeded", ["code"])],
)
async def test_fields_of_another_source_are_not_this_ones(state: str, asked: list[str]) -> None:
    theirs = m.Field("pin", connector_sources=("openapi",))
    read_of = connection(state, source(state=state), fields=(theirs, CODE))
    assert [one.name for one in after(MADE, await read(MADE, read_of)).asked] == asked


async def test_fields_of_another_state_are_asked_for_only_where_there_are_no_others() -> None:
    theirs = connection("SCARequired", source(state="wrongpass"), fields=(CODE,))
    assert after(MADE, await read(MADE, theirs)).asked == (LOGIN, PASSWORD)
    state = "additionalInformationNeeded"
    asks = connection("SCARequired", source(state=state), fields=(CODE,))
    assert [one.name for one in after(MADE, await read(MADE, asks)).asked] == ["code"]


async def test_other_states_ask_for_nothing_new() -> None:
    outcome = await read(evolve(MADE, asked=(LOGIN,)), connection("bug", source(state="bug")))
    assert "asked" not in outcome.changes


# --- loops --------------------------------------------------------------------------------------

SAME = connection("wrongpass", source(state="wrongpass", last_update=NOW))


async def test_the_same_again_is_counted_and_anything_new_is_not() -> None:
    once = after(MADE, await read(MADE, SAME))
    twice = after(once, await read(once, SAME))
    assert (once.reading.repeats, twice.reading.repeats) == (0, 1)
    moved = connection("wrongpass", source(state="wrongpass", last_update=seconds(1)))
    assert after(twice, await read(twice, moved)).reading.repeats == 0
    asking = evolve(SAME, fields=(CODE,))
    assert after(twice, await read(twice, asking)).reading.repeats == 0


async def test_a_sync_that_brought_the_same_is_no_progress_though_it_counts_as_an_update() -> None:
    stuck = connection("SCARequired", source(state="SCARequired", last_update=NOW))
    again = connection("SCARequired", source(state="SCARequired", last_update=seconds(1)))
    once = after(MADE, await read(MADE, stuck))
    assert after(once, await read(once, again)).reading.repeats == 1
    unsure = evolve(once, unsure_since=NOW)  # but it shows that what was lost has ended
    assert not (await read(unsure, again)).facts["may_still_change"]


async def test_no_progress_is_said() -> None:
    stuck = evolve(
        MADE, reading=Reading("wrongpass", last_update=NOW, repeats=2), problem=Problem("x")
    )
    outcome = await read(stuck, evolve(SAME, error_message="Encore"))
    assert outcome.facts["repeats"] == 3
    assert outcome.problem == Problem("state.no_progress", message="Encore")


async def test_wrong_values_keep_their_problem_and_others_lose_it() -> None:
    problem = Problem("values.refused", "Faux", "wrongpass")
    refused = evolve(MADE, problem=problem)
    assert (await read(refused, SAME)).problem == problem
    assert (await read(refused, connection("bug", source(state="bug")))).problem is None


# --- a lost answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "repeats"), [("SCARequired", 3), ("decoupled", 3), ("passwordExpired", 0)]
)
async def test_only_values_that_a_sync_kept_from_being_taken_are_waited_for_beyond_the_limit(
    state: str, repeats: int
) -> None:
    locked = evolve(
        MADE,
        reading=Reading(state, last_update=NOW, repeats=2),
        problem=Problem("connection.locked"),
    )
    outcome = await read(locked, connection(state, source(state=state, last_update=NOW)))
    assert outcome.facts["repeats"] == repeats
    assert outcome.facts["may_still_change"] == (repeats == 0)


UNSURE = evolve(MADE, unsure_since=NOW, reading=Reading("wrongpass", last_update=NOW, repeats=2))


async def test_what_was_sent_may_still_be_at_work() -> None:
    outcome = await read(UNSURE, SAME)
    assert outcome.facts["may_still_change"]
    assert after(UNSURE, outcome).unsure_since == NOW
    assert outcome.facts["repeats"] == 0  # looking is no loop


async def test_it_is_not_when_something_changed_or_its_time_is_over() -> None:
    moved = connection("SCARequired", source(state="SCARequired"))
    outcome = await read(UNSURE, moved)
    assert not outcome.facts["may_still_change"]
    assert after(UNSURE, outcome).unsure_since is None
    outcome = await read(UNSURE, SAME, at=NOW + LONGEST)
    assert after(UNSURE, outcome).unsure_since is None


@pytest.mark.parametrize(
    ("state", "polls", "waits"),
    [
        ("additionalInformationNeeded", 5, True),
        ("additionalInformationNeeded", 6, False),
        ("wrongpass", 0, True),
        ("decoupled", 0, False),
        ("SCARequired", 0, False),
    ],
)
async def test_only_values_that_a_sync_kept_from_being_taken_wait_for_its_end(
    state: str, polls: int, *, waits: bool
) -> None:
    locked = Problem("connection.locked", code="connectionLocked")
    kept = evolve(MADE, problem=locked, polls=polls, reading=Reading(state, last_update=NOW))
    outcome = await read(kept, connection(state, source(state=state, last_update=NOW)))
    assert outcome.facts["may_still_change"] is waits
    assert outcome.facts["repeats"] == (0 if waits else 1)
    moved = connection(state, source(state=state, last_update=seconds(1)))
    assert not (await read(kept, moved)).facts["may_still_change"]


@pytest.mark.parametrize(("expires", "ends_first"), [(1800, False), (600, True)])
async def test_a_user_that_ends_before_the_next_wait_is_noticed(
    expires: float, ends_first: bool
) -> None:
    user = User(7, "sealed", made_here=True, expires_at=seconds(expires))
    outcome = await read(evolve(MADE, user=user), SAME)
    assert outcome.facts["user_ends_first"] is ends_first


@pytest.mark.parametrize(
    ("state", "ends_first"),
    [("wrongpass", True), ("actionNeeded", True), ("decoupled", False), ("webauthRequired", False)],
)
async def test_so_is_one_that_ends_while_what_is_sent_next_is_checked(
    state: str, *, ends_first: bool
) -> None:
    user = User(7, "sealed", made_here=True, expires_at=seconds(900 + 60 + 10))
    outcome = await read(evolve(MADE, user=user), connection(state, source(state=state)))
    assert outcome.facts["user_ends_first"] is ends_first


# --- sending ------------------------------------------------------------------------------------

SENDING = evolve(MADE, entered_at=seconds(-5), reading=Reading("decoupled"))
SEND = [("force_sync", "force_sync"), ("answer_fields", "update_connection")]


@pytest.mark.parametrize(("handler", "call"), [*SEND, ("resume", "resume_connection")])
async def test_a_synced_answer_adds_the_source(handler: str, call: str) -> None:
    synced = connection(None, source(access_expire=seconds(9)))
    outcome, _ = await told(handler, SENDING, {call: synced}, values={"code": "sealed"})
    assert outcome.kind == "done"
    made = after(SENDING, outcome)
    assert made.sources == (SourceFate("directaccess", "added", access_expire=seconds(9)),)
    assert (made.source_id, made.reading) == (31, Reading())


@pytest.mark.parametrize(("handler", "call"), [*SEND, ("resume", "resume_connection")])
async def test_another_answer_is_looked_at_again(handler: str, call: str) -> None:
    outcome, _ = await told(handler, SENDING, {call: connection("decoupled")}, values={"c": "s"})
    assert (outcome.kind, outcome.facts) == ("interaction_needed", {"state": "decoupled"})


@pytest.mark.parametrize(("handler", "call"), SEND)
async def test_a_lost_answer_is_unsure_and_a_code_is_not(handler: str, call: str) -> None:
    lost = {call: api.OutcomeUnknown(may_have_acted=True)}
    outcome, _ = await told(handler, SENDING, lost, values={"c": "s"})
    assert (outcome.kind, outcome.changes["unsure_since"]) == ("unknown", seconds(-5))
    said = {call: api.TemporaryFailure(code="bug", may_have_acted=True)}
    outcome, _ = await told(handler, SENDING, said, values={"c": "s"})
    assert outcome.changes["unsure_since"] is None


@pytest.mark.parametrize(("handler", "call"), SEND)
async def test_after_a_crash_nothing_is_sent_again(handler: str, call: str) -> None:
    outcome, context = await told(handler, SENDING, recovering=True)
    assert (outcome.kind, context.made) == ("unknown", [])
    assert outcome.changes == {"unsure_since": seconds(-5)}


async def test_values_are_posted_once_and_stand_in_no_outcome() -> None:
    answers = {"update_connection": api.InputRefused(code="wrongpass", message="Faux")}
    outcome, context = await told("answer_fields", SENDING, answers, values={"code": "sealed-1"})
    assert context.made == [
        ("update_connection", {"source": "directaccess", "values": {"code": "sealed-1"}})
    ]
    assert outcome.kind == "refused_input"
    assert "sealed-1" not in f"{outcome}{outcome.changes}"


async def test_a_key_that_changed_is_fetched_anew() -> None:
    answers = {"update_connection": api.KeyRefused(code="keymanager"), "refresh_key": None}
    outcome, context = await told("answer_fields", SENDING, answers, values={"c": "s"})
    assert (outcome.kind, context.names[-1]) == ("refused_input", "refresh_key")


async def test_a_resumption_that_was_refused_or_lost_is_asked_for_again() -> None:
    outcome, _ = await told(
        "resume", SENDING, {"resume_connection": api.ConnectionLocked(code="connectionLocked")}
    )
    assert (outcome.kind, outcome.changes) == ("locked", {"resumed": False})
    lost = {"resume_connection": api.OutcomeUnknown(may_have_acted=True)}
    outcome, _ = await told("resume", SENDING, lost)
    assert (outcome.kind, outcome.changes) == ("unknown", {"resumed": False})
