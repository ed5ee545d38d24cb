"""Who approved what, when, in which wording: also nothing, also in vain."""

from powens_flow.events import AddSource, Cancel, ChooseAccounts
from powens_flow.inspection import Story, consent_of
from powens_flow.inspection.consent import (
    ACTIVE,
    APPROVED,
    DECLINED,
    NOT_GIVEN,
    PARTLY,
    UNDONE,
    UNSURE,
    Activation,
    Answer,
)
from powens_flow.policy import Policy
from powens_flow.simulator.faults import Fault
from powens_flow.testing import REDIRECT_URI, Script, World
from tests.inspection.stories import a_call, a_row, a_story, played, played_until


def status(story: Story) -> str:
    return consent_of(story.attempt, story.rows).status


async def test_what_was_approved_is_on_record_with_powens_own_reference(w: World) -> None:
    policy = Policy(redirect_uri=REDIRECT_URI, consent_wording="consent.v7")
    story = await played(w, Script(accounts=(5001,)), policy=policy)
    record = consent_of(story.attempt, story.rows)

    (user,) = w.simulator.users
    (connection,) = w.simulator.connections
    assert (record.owner, record.id_user) == ("owner-1", user.id)
    assert (record.id_connection, record.wording) == (connection.id, "consent.v7")
    assert record.status == ACTIVE
    (answer,) = record.answers
    (activation,) = record.activations
    assert (answer.accounts, answer.subscriptions) == ((5001,), ())
    assert activation.accounts == (5001,)
    assert len(activation.request_ids) == 1
    assert record.to_json()["answers"][0]["accounts"] == [5001]


async def test_a_call_that_failed_and_acted_all_the_same_is_on_record(w: World) -> None:
    w.simulator.faults.add(Fault("status", "PUT", "**/accounts/**", status=503, acts=True))
    story = await played(w)
    (failed,) = [c for row in story.rows for c in row.calls if c.name == "activate_accounts"]
    (activation,) = consent_of(story.attempt, story.rows).activations
    assert failed.request_id
    assert (failed.status, activation.request_ids) == (503, (failed.request_id,))


async def test_documents_are_approved_too(w: World) -> None:
    story = await played(w, Script(connector="102"))
    record = consent_of(story.attempt, story.rows)
    assert record.status == ACTIVE
    assert len(record.activations[-1].subscriptions) == 2


async def test_approving_nothing_is_an_answer(w: World) -> None:
    assert status(await played(w, Script(accounts="none"))) == DECLINED


async def test_one_who_was_not_asked_has_given_none(w: World) -> None:
    assert status(await played(w, Script(login="error-config"))) == NOT_GIVEN


async def test_one_who_was_asked_and_has_not_answered_has_given_none(w: World) -> None:
    assert status(await played_until(w, "choose_accounts")) == NOT_GIVEN


async def test_what_may_have_been_made_active_is_told(w: World) -> None:
    w.simulator.faults.add(Fault("status", "PUT", "**/accounts/**", status=503, times=None))
    story = await played_until(w, "working", "try_again")
    assert story.attempt.state.startswith("activating_accounts")
    assert status(story) == UNSURE


async def test_an_approval_that_was_deleted_with_its_connection_is_told(w: World) -> None:
    w.simulator.faults.add(Fault("error", "PUT", "**/accounts/**", code="config", status=400))
    story = await played(w)
    assert story.attempt.state == "failed"
    assert status(story) == UNDONE
    assert consent_of(story.attempt, story.rows).id_user == story.rows[0].facts["user"]


async def test_whose_it_was_is_told_where_what_was_made_is_left(w: World) -> None:
    w.simulator.faults.add(Fault("error", "PUT", "**/accounts/**", code="config", status=400))
    policy = Policy(redirect_uri=REDIRECT_URI, cleanup=False)
    story = await played(w, policy=policy)
    (user,) = w.simulator.users
    assert (story.attempt.state, story.attempt.cleanup) == ("failed", "kept")
    assert status(story) == APPROVED
    assert (story.id_user, consent_of(story.attempt, story.rows).id_user) == (user.id, user.id)


async def test_nothing_that_was_approved_is_no_approval_that_was_deleted(w: World) -> None:
    for path in ("/auth/token/access", "/auth/renew"):
        w.simulator.faults.add(Fault("status", "POST", path, status=503, times=None))
    script = Script(accounts="none", answers={"try_again": [Cancel()]})
    story = await played(w, script)
    assert (story.attempt.state, story.attempt.cleanup) == ("cancelled", "user")
    assert status(story) == DECLINED


async def test_asking_for_a_further_source_is_no_answer(w: World) -> None:
    script = Script(connector="59", answers={"choose_accounts": [AddSource()]})
    story = await played(w, script)
    assert len(consent_of(story.attempt, story.rows).answers) == 1


def test_the_last_answer_counts() -> None:
    first = a_row(1, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [1, 2]})
    done = a_row(
        2, "x", "done", "choosing_accounts", cause="activate_accounts", facts={"accounts": [1, 2]}
    )
    second = a_row(3, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [3]})
    assert status(a_story(first, done)) == ACTIVE
    assert status(a_story(first, done, second)) == APPROVED
    assert ChooseAccounts.trigger == first.trigger


def test_its_history_has_what_was_made_active_between_the_answers() -> None:
    first = a_row(1, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [1]})
    done = a_row(
        2, "x", "done", "choosing_accounts", cause="activate_accounts", facts={"accounts": [1]}
    )
    second = a_row(3, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [2]})
    story = a_story(first, done, second)
    history = consent_of(story.attempt, story.rows).history
    assert [(one.seq, type(one)) for one in history] == [(1, Answer), (2, Activation), (3, Answer)]


def test_what_is_active_in_part_is_not_told_to_be_inactive() -> None:
    both = {"accounts": [1], "subscriptions": [2]}
    answer = a_row(1, "choosing_accounts", "choose_accounts", "x", facts=both)
    first = a_row(2, "x", "done", "y", cause="activate_accounts", facts={"accounts": [1]})
    refused = a_call("activate_subscriptions", 400)
    second = a_row(3, "y", "rejected", "z", cause="activate_subscriptions", calls=(refused,))
    assert status(a_story(answer, first, second)) == PARTLY


def test_a_cancellation_that_came_while_it_was_made_active_leaves_it_unsure() -> None:
    answer = a_row(1, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [1]})
    cancelled = a_row(2, "x", "cancel", "y", calls=(a_call("activate_accounts"),))
    assert status(a_story(answer, cancelled)) == UNSURE


def test_a_run_after_a_crash_that_could_not_find_out_leaves_it_unsure() -> None:
    answer = a_row(1, "choosing_accounts", "choose_accounts", "x", facts={"accounts": [1]})
    asked = a_call("accounts", 503)
    again = a_row(2, "x", "temporary", "y", cause="activate_accounts", calls=(asked,))
    assert status(a_story(answer, again)) == UNSURE
