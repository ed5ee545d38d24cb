"""Each refusal becomes the error that says what to do about it."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from powens_flow.api import errors
from powens_flow.api.client import PowensClient
from powens_flow.api.constants import CONNECTION_STATES
from powens_flow.api.errors import PowensError
from powens_flow.api.recording import recorded_calls
from powens_flow.api.refusals import MAX_RETRY_AFTER, redacted, refusal, retry_after
from powens_flow.secret import Secret
from tests.api.conftest import CLIENT_SECRET, TOKEN, Host


async def refused(client: PowensClient, values: dict[str, str] | None = None) -> PowensError:
    with pytest.raises(PowensError) as caught:
        await client.create_connection(TOKEN, id_connector=1, values=values or {"login": "jwe-1"})
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "wrongpass", errors.InputRefused),
        (400, "wrongPass", errors.InputRefused),
        (500, "WRONGPASS", errors.InputRefused),
        (400, "actionNeeded", errors.InteractionNeeded),
        (400, "keymanager", errors.KeyRefused),
        (409, "connectionLocked", errors.ConnectionLocked),
        (503, "websiteUnavailable", errors.TemporaryFailure),
        (400, "websiteUnavailable", errors.TemporaryFailure),
        (500, "bug", errors.TemporaryFailure),
        (400, "bankMessage", errors.BankMessage),
        (400, "tooManySync", errors.RateLimited),
        (400, "forbidden", errors.Unauthorised),
        (400, "notSupported", errors.Unsupported),
        (400, "noAccount", errors.NoAccount),
        (400, "invalidValue", errors.Rejected),
        (409, "invalidValue", errors.Rejected),
        (400, "missingParameter", errors.Rejected),
        (405, "methodNotAllowed", errors.Rejected),
        (400, "config", errors.Rejected),
        (400, "dataError", errors.Rejected),
        (400, "neverHeardOf", errors.Rejected),
        (500, "neverHeardOf", errors.TemporaryFailure),
        (429, "neverHeardOf", errors.RateLimited),
        (401, None, errors.Unauthorised),
        (403, None, errors.Unauthorised),
        (404, None, errors.Gone),
        (409, None, errors.Rejected),
        (418, None, errors.Rejected),
        (429, None, errors.RateLimited),
        (500, None, errors.TemporaryFailure),
        (503, None, errors.TemporaryFailure),
    ],
)
async def test_the_code_decides_and_the_status_after_it(
    host: Host, client: PowensClient, status: int, code: str | None, kind: type[PowensError]
) -> None:
    host.answers({"code": code, "description": "why", "request_id": "r-1"}, status=status)
    error = await refused(client)
    assert type(error) is kind
    assert (error.code, error.description, error.status) == (code, "why", status)
    assert error.request_id == "r-1"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("actionNeeded", "actionNeeded"),
        ("passwordExpired", "passwordExpired"),
        ("scarequired", "SCARequired"),
        ("webauthRequired", "webauthRequired"),
        ("additionalInformationNeeded", "additionalInformationNeeded"),
        ("Decoupled", "decoupled"),
    ],
)
async def test_an_interaction_names_its_state(
    host: Host, client: PowensClient, code: str, state: str
) -> None:
    host.answers({"code": code}, status=400)
    error = await refused(client)
    assert isinstance(error, errors.InteractionNeeded)
    assert error.state == state
    assert error.may_have_acted


@pytest.mark.parametrize(
    ("status", "code", "retryable_and_may_have_acted"),
    [
        (400, "wrongpass", (False, False)),
        (409, "connectionLocked", (True, False)),
        (429, None, (True, False)),
        (503, None, (True, True)),
        (500, "bug", (True, True)),
        (404, None, (False, False)),
        (400, "config", (False, False)),
        (400, "bankMessage", (True, False)),
    ],
)
async def test_an_error_says_whether_to_retry_and_what_may_have_happened(
    host: Host,
    client: PowensClient,
    status: int,
    code: str | None,
    retryable_and_may_have_acted: tuple[bool, bool],
) -> None:
    host.answers({"code": code}, status=status)
    error = await refused(client)
    assert (error.retryable, error.may_have_acted) == retryable_and_may_have_acted


async def test_a_refusal_that_is_no_json_is_taken_by_its_status(
    host: Host, client: PowensClient
) -> None:
    host.answers(raw=b"<html>down</html>", status=503, headers={"Retry-After": "7"})
    host.answers(raw=b"[1, 2]", status=404, headers={"X-Request-Id": "r-9"})
    down, gone = await refused(client), await refused(client)
    assert isinstance(down, errors.TemporaryFailure)
    assert down.retry_after == 7
    assert isinstance(gone, errors.Gone)
    assert gone.request_id == "r-9"


NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("12", 12),
        ("-4", 0),
        ("9" * 400, MAX_RETRY_AFTER),
        ("inf", MAX_RETRY_AFTER),
        ("nan", None),
        ("soon", None),
        ("٣", None),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30),
        (format_datetime(NOW - timedelta(days=3), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=3), usegmt=True), MAX_RETRY_AFTER),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_capped(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, NOW) == seconds


async def test_the_connection_that_needs_no_webauth_is_up_to_date(
    host: Host, client: PowensClient
) -> None:
    host.answers({"code": "invalidValue"}, status=409)
    with pytest.raises(errors.UpToDate):
        await client.webauth_url(TOKEN, "https://app.test/back", id_connection=7)


async def test_the_banks_words_are_for_the_user_and_not_for_a_log(
    host: Host, client: PowensClient
) -> None:
    host.answers({"code": "bankMessage", "message": "Bonjour Marie"}, status=400)
    error = await refused(client)
    assert error.message == "Bonjour Marie"
    assert "Marie" not in f"{error} {error!r} {error.args}"


async def test_no_error_repeats_what_was_sent(host: Host, client: PowensClient) -> None:
    echo = f"{TOKEN.reveal()} user-token-3e9a%2F%2B%3D {CLIENT_SECRET} s3cr3t-value"
    host.answers(
        {"code": echo, "description": echo, "message": echo, "request_id": echo}, status=400
    )
    error = await refused(client, {"password": "s3cr3t-value"})
    with pytest.raises(errors.Rejected) as exchange:
        await client.exchange_token(Secret("s3cr3t-value"))
    shown = repr(vars(error))
    assert "***" in shown
    for value in (TOKEN.reveal(), "user-token-3e9a%2F", "s3cr3t-value"):
        assert value not in shown
    for value in (CLIENT_SECRET, "s3cr3t-value"):
        assert value not in repr(vars(exchange.value))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (409, "invalidValue", errors.UpToDate),
        (400, "keymanager", errors.KeyRefused),
        (400, "websiteUnavailable", errors.TemporaryFailure),
        (400, "SCARequired", errors.InteractionNeeded),
    ],
)
@pytest.mark.parametrize("sent", [(), ("a",), ("e", "A"), ("keymanager", "invalid")])
def test_a_value_that_stands_in_a_code_changes_nothing_of_it(
    status: int, code: str, kind: type[PowensError], sent: tuple[str, ...]
) -> None:
    error = refusal(status, {"code": code}, {}, sent=sent, now=NOW, webauth=True)
    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize("state", sorted(CONNECTION_STATES))
def test_a_connection_state_as_a_code_is_shown_as_it_is(state: str) -> None:
    assert refusal(400, {"code": state}, {}, sent=tuple("aeio"), now=NOW).code == state


def test_a_code_that_nobody_knows_hides_what_was_sent() -> None:
    body = {"code": "no-s3cr3t", "description": "wrongpass", "message": "wrongpass"}
    error = refusal(400, body, {}, sent=("s3cr3t", "wrong"), now=NOW)
    assert (error.code, error.description, error.message) == ("no-***", "***pass", "***pass")


async def test_a_short_value_in_the_query_leaves_the_code_whole(
    host: Host, client: PowensClient
) -> None:
    host.answers({"code": "websiteUnavailable"}, status=503)
    with recorded_calls() as calls, pytest.raises(errors.TemporaryFailure):
        await client.webauth_url(TOKEN, "https://app.test/back", id_connection=7, state="a")
    assert [one.code for one in calls] == ["websiteUnavailable"]


async def test_what_a_server_says_is_cut_and_cannot_forge_a_line(
    host: Host, client: PowensClient
) -> None:
    host.answers(
        {"code": "x" * 5000, "description": "a\nb" * 5000, "request_id": "1\n2\x1b[31m"},
        status=400,
    )
    error = await refused(client)
    assert error.code == "x" * 64
    assert error.description is not None
    assert len(error.description) <= 500
    assert "\n" not in error.description
    assert error.request_id == "1 2 [31m"


async def test_members_of_the_wrong_type_are_left_out(host: Host, client: PowensClient) -> None:
    host.answers({"code": 7, "description": ["a"], "message": {}, "request_id": None}, status=400)
    error = await refused(client)
    assert (error.code, error.description, error.message) == (None, None, None)


def test_a_secret_that_holds_another_goes_whole() -> None:
    assert redacted("abc ab", ["ab", "abc", ""]) == "*** ***"


async def test_no_traceback_shows_a_secret_even_with_its_locals(
    host: Host, client: PowensClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    host.answers({"code": "wrongpass"}, status=400)
    with pytest.raises(PowensError) as caught:
        await client.exchange_token(TOKEN)
    error = caught.value
    assert error.__context__ is None
    assert error.__cause__ is None
    chain = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(chain.format(chain=True))
    assert "in exchange_token" in shown
    for secret in (TOKEN.reveal(), CLIENT_SECRET):
        assert secret not in shown
        assert secret not in caplog.text
