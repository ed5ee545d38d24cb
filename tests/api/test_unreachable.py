"""A call without an answer: its reason is on the error, in the journal's call and in the log."""

import asyncio

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from structlog.testing import capture_logs

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import OutcomeUnknown, PowensError, TemporaryFailure
from powens_flow.api.failures import translated
from powens_flow.api.recording import recorded_calls
from powens_flow.testing import ManualClock
from tests.api.conftest import TOKEN, Host, raw_server
from tests.simulator.client import StillClock


def nowhere() -> str:
    return f"http://127.0.0.1:{unused_port()}/"


async def failed(client: PowensClient) -> PowensError:
    with pytest.raises(PowensError) as caught:
        await client.connection(TOKEN, 1)
    return caught.value


async def told(client: PowensClient) -> list[str]:
    """What the log was told of a call that failed."""
    with capture_logs() as logs:
        await failed(client)
    assert all(one["event"] == "powens.unreachable" for one in logs)
    assert all(one["log_level"] == "warning" for one in logs)
    return [one["error"] for one in logs]


async def test_a_refused_connection_is_named_on_the_error_and_in_the_call() -> None:
    async with PowensClient(nowhere(), "1") as client:
        with recorded_calls() as calls:
            error = await failed(client)
    assert isinstance(error, TemporaryFailure)
    assert error.met == "ConnectionRefusedError"
    assert str(error) == "TemporaryFailure(met=ConnectionRefusedError)"
    assert error.code is None
    assert [(one.status, one.code) for one in calls] == [(None, "ConnectionRefusedError")]


async def test_a_name_that_cannot_be_looked_up_is_named() -> None:
    async with PowensClient("https://nobody.invalid/", "1") as client:
        error = await failed(client)
    assert error.met == "ClientConnectorDNSError"


async def test_a_drop_is_named_by_what_it_was_and_not_by_what_we_call_it() -> None:
    async with raw_server(b"") as url, PowensClient(url, "1") as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.delete_connection(TOKEN, 1)
    assert caught.value.met == "ServerDisconnectedError"


@pytest.mark.parametrize(
    ("error", "met"),
    [
        (TimeoutError("secret"), "TimeoutError"),
        (aiohttp.ConnectionTimeoutError("secret"), "ConnectionTimeoutError"),
        (aiohttp.ClientPayloadError("secret"), "ClientPayloadError"),
    ],
)
def test_nothing_but_the_name_of_the_class_is_kept(error: Exception, met: str) -> None:
    ours = translated(error, None)
    assert ours.met == met
    assert "secret" not in repr(vars(ours))


async def test_the_log_is_told_once_a_minute_for_each_client() -> None:
    clock = ManualClock()
    url = nowhere()
    async with PowensClient(url, "1", clock=clock) as client:
        assert await told(client) == ["ConnectionRefusedError"]
        clock.advance(59)
        assert await told(client) == []
        async with PowensClient(url, "1", clock=clock) as another:
            assert await told(another) == ["ConnectionRefusedError"]
        clock.advance(1)
        assert await told(client) == ["ConnectionRefusedError"]


async def test_a_clock_that_is_set_back_keeps_the_log_quiet_no_longer() -> None:
    clock = StillClock()
    async with PowensClient(nowhere(), "1", clock=clock) as client:
        await told(client)
        clock.move(-3600)
        assert await told(client) == ["ConnectionRefusedError"]


async def test_an_answer_is_nothing_to_tell_whatever_it_says(host: Host) -> None:
    host.answers({"code": "bug"}, status=500)
    host.answers(raw=b"<html>")
    async with PowensClient(host.url, "1") as client:
        assert await told(client) == await told(client) == []


async def test_a_call_that_is_called_off_is_nothing_to_tell() -> None:
    async with raw_server(None) as url, PowensClient(url, "1") as client:
        with capture_logs() as logs:
            task = asyncio.ensure_future(client.connection(TOKEN, 1))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert logs == []
