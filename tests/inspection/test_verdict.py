"""Why an attempt is where it is, in one sentence."""

from datetime import timedelta

from attrs import evolve

from powens_flow.attempt import AskedField, CallRecord, Problem, Reading
from powens_flow.inspection import Story, trouble, verdict_of
from powens_flow.inspection.verdict import Verdict
from powens_flow.store.fleet import Listed
from tests.inspection.stories import NINE, a_call, a_row, a_story, at, machines


def judged(
    story: Story, *, later: float = 60, wakes: float | None = 90, driven: bool = False
) -> Verdict:
    """The verdict so many seconds after the attempt began; it is looked at again at `wakes`."""
    attempt, now = story.attempt, at(later)
    listed = Listed(
        place=1,
        id=attempt.id,
        owner=attempt.owner,
        machine=attempt.machine,
        state=attempt.state,
        created_at=attempt.created_at,
        entered_at=attempt.entered_at,
        wakes_at=None if wakes is None else at(wakes),
        driven=driven,
    )
    return verdict_of(story, listed, trouble(machines(), now), now)


def test_one_that_waits_for_the_user() -> None:
    story = a_story(
        state="source.state.asking_information",
        asked=(AskedField("code"),),
        deadline_at=at(900),
        reading=Reading(state="additionalInformationNeeded"),
    )

    assert judged(story).sentence() == (
        "source.state.asking_information, waiting, since 2026-01-05 09:00:00 UTC (for 1 m);"
        " the connection is in state additionalInformationNeeded;"
        " waits for the user, to fill in code; until 2026-01-05 09:15:00 UTC."
    )


def test_one_whose_problem_is_the_last_error() -> None:
    problem = Problem("wrong_credentials", code="wrongpass", request_id="req-7")
    verdict = judged(a_story(state="source.filling_in", problem=problem))

    assert verdict.sentence().endswith(
        "last error: wrong_credentials, code wrongpass, request_id req-7."
    )
    assert verdict.error is not None
    assert not verdict.error.is_past


def test_one_that_has_got_over_a_failed_call_still_tells_it() -> None:
    failed = a_call("accounts", 500, code="internalServerError")
    row = a_row(1, "listing_accounts", "retry", "listing_accounts", cause="clock", calls=(failed,))
    verdict = judged(a_story(row, state="choosing_accounts"))

    assert verdict.error is not None
    assert verdict.error.is_past
    assert str(verdict.error) == (
        "accounts, status 500, code internalServerError, request_id req-accounts"
    )


def test_one_whose_call_had_no_answer() -> None:
    lost = CallRecord("create_connection")
    row = a_row(1, "source.submitting", "unknown", "source.looking", calls=(lost,))
    verdict = judged(a_story(row))

    assert str(verdict.error) == "create_connection, no answer"
    assert verdict.stands == "working"
    assert verdict.waits_for == "look_for_source, to be answered"


def test_one_that_is_tried_again() -> None:
    verdict = judged(a_story(state="listing_accounts", tries=2), driven=True)

    assert (verdict.stands, verdict.driven) == ("working", True)
    assert verdict.waits_for == "list_accounts, to be tried again"
    assert verdict.next_look == at(90)
    assert verdict.until is None


def test_a_warning_and_a_further_try_are_no_new_beginning() -> None:
    came = a_row(1, "choosing_connector", "choose_connector", "fetching_connector")
    again = a_row(40, "fetching_connector", "retry", "fetching_connector", cause="clock")
    verdict = judged(a_story(came, again))

    assert verdict.since == at(1)


def test_one_that_nobody_takes_up_is_stuck() -> None:
    verdict = judged(a_story(state="choosing_connector"), later=300, wakes=30)

    assert verdict.stands == "stuck"
    assert "overdue for 4 m 30 s: no backend takes it up" in verdict.sentence()


def test_one_of_another_version_is_stuck() -> None:
    verdict = judged(a_story(state="nowhere"))

    assert verdict.stands == "stuck"
    assert "its state fits nowhere in this version" in verdict.sentence()
    assert "can only be cancelled" in verdict.sentence()


def test_one_whose_machine_is_not_loaded_may_be_well() -> None:
    verdict = judged(evolve(a_story(machine="acme", state="booking"), machine=None))

    assert verdict.why == ("its machine is not loaded here",)
    assert verdict.waits_for is None
    assert "cancelled" not in verdict.sentence()


def test_one_that_has_ended() -> None:
    story = a_story(state="completed")
    verdict = verdict_of(story, None, trouble(machines(), at(0)), NINE + timedelta(hours=2))

    assert verdict.sentence() == ("completed, ended, since 2026-01-05 09:00:00 UTC (2 h ago).")
    assert verdict.to_json()["error"] is None


def test_as_json_it_has_the_sentence_and_its_parts() -> None:
    problem = Problem("temporary", code="websiteUnavailable", request_id="req-9")
    story = evolve(
        a_story(state="source.state.waiting_out", problem=problem), posted=("try_again",)
    )
    told = judged(story).to_json()

    assert told["sentence"] == judged(story).sentence()
    assert told["error"]["request_id"] == "req-9"
    assert told["inbox"] == ["try_again"]
