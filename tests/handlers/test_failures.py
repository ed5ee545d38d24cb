"""The API's errors as outcomes."""

import pytest

from powens_flow.api import errors as api
from powens_flow.attempt import Problem
from powens_flow.handlers.failures import outcome_of

EVERY = [
    one
    for one in vars(api).values()
    if isinstance(one, type) and issubclass(one, api.PowensError) and one is not api.PowensError
]


def made(kind: type[api.PowensError], **more: object) -> api.PowensError:
    if kind is api.BadAnswer:
        return api.BadAnswer(api.Flaw.NOT_JSON, **more)  # type: ignore[arg-type]  # by name
    if kind is api.InteractionNeeded:
        more = {"code": "SCARequired", **more}
    return kind(**more)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("error", "kind", "key"),
    [
        (api.InputRefused, "refused_input", "values.refused"),
        (api.KeyRefused, "refused_input", "values.seal_again"),
        (api.UpToDate, "refused_input", "connection.up_to_date"),
        (api.ConnectionLocked, "locked", "connection.locked"),
        (api.RateLimited, "rate_limited", "rate_limited"),
        (api.BankMessage, "temporary", "bank.message"),
        (api.TemporaryFailure, "temporary", "temporary"),
        (api.Unauthorised, "unauthorised", "unauthorised"),
        (api.Gone, "gone", "gone"),
        (api.Unsupported, "unsupported", "unsupported"),
        (api.NoAccount, "interaction_needed", "no_account"),
        (api.Rejected, "rejected", "rejected"),
        (api.InteractionNeeded, "interaction_needed", "state.SCARequired"),
    ],
)
@pytest.mark.parametrize("writing", [True, False])
def test_each_error_is_one_outcome(
    error: type[api.PowensError], kind: str, key: str, writing: bool
) -> None:
    outcome = outcome_of(made(error), writing=writing)
    assert (outcome.kind, outcome.problem) == (
        kind,
        Problem(key, code="SCARequired" if error is api.InteractionNeeded else None),
    )


@pytest.mark.parametrize("error", [api.TemporaryFailure, api.OutcomeUnknown, api.BadAnswer])
def test_a_write_that_may_have_been_done_is_unknown(error: type[api.PowensError]) -> None:
    assert outcome_of(made(error, may_have_acted=True), writing=True).kind == "unknown"
    assert outcome_of(made(error, may_have_acted=False), writing=True).kind == "temporary"


def test_a_read_whose_answer_was_lost_is_only_tried_again() -> None:
    lost = made(api.OutcomeUnknown, may_have_acted=True)
    assert outcome_of(lost, writing=False).kind == "temporary"
    assert outcome_of(made(api.BadAnswer), writing=False).kind == "bad_answer"


@pytest.mark.parametrize("error", EVERY)
def test_no_error_is_forgotten(error: type[api.PowensError]) -> None:
    outcome = outcome_of(made(error), writing=False)
    assert outcome.problem is not None
    assert (outcome.problem.key == "bad_answer") is (error is api.BadAnswer)


def test_what_the_error_says_goes_on() -> None:
    error = api.RateLimited(
        code="tooManySync",
        message="Doucement",
        description="too many",
        request_id="r-1",
        retry_after=7.0,
    )
    outcome = outcome_of(error, writing=True, resumed=True)
    assert outcome.retry_after == 7.0
    assert outcome.changes == {"resumed": True}
    assert outcome.facts == {"code": "tooManySync", "answered": True}
    assert outcome.problem == Problem("rate_limited", "Doucement", "tooManySync", "too many", "r-1")


def test_a_code_of_a_state_says_which() -> None:
    facts = outcome_of(api.InteractionNeeded(code="webauthrequired"), writing=True).facts
    assert facts["state"] == "webauthRequired"


def test_without_a_code_nobody_answered() -> None:
    assert outcome_of(api.OutcomeUnknown(may_have_acted=True), writing=True).facts == {}


def test_the_banks_words_of_a_pending_webauth_are_not_kept_as_they_hold_its_address() -> None:
    error = api.InteractionNeeded(
        code="webauthRequired", message="Redirecting to https://bank.example/?code=S3cr3t"
    )
    assert "S3cr3t" not in str(outcome_of(error, writing=True).problem)
    problem = outcome_of(error, writing=True).problem
    assert problem is not None
    assert problem.message is None
