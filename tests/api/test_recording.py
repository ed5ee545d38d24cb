import asyncio

import pytest

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import Gone
from powens_flow.api.recording import recorded_calls
from powens_flow.attempt import CallRecord
from tests.api.conftest import TOKEN, Host, raw_server


async def test_each_call_is_recorded_as_it_ended(host: Host) -> None:
    seconds = iter([10.0, 10.25, 20.0, 20.5])
    host.answers({"id": 1}, status=202, headers={"X-Request-Id": "r-1"})
    host.answers({"code": "notFound", "request_id": "r-2"}, status=404)
    async with PowensClient(host.url, "1", stopwatch=lambda: next(seconds)) as client:
        with recorded_calls() as calls:
            await client.create_connection(TOKEN, id_connector=1)
            with pytest.raises(Gone):
                await client.connection(TOKEN, 1)
    assert calls == [
        CallRecord("create_connection", 202, None, "r-1", 0.25),
        CallRecord("connection", 404, "notFound", "r-2", 0.5),
    ]


async def test_a_bad_answer_is_recorded_with_its_status(host: Host, client: PowensClient) -> None:
    host.answers(raw=b"{", headers={"X-Request-Id": "r-3"})
    with recorded_calls() as calls:
        await asyncio.gather(client.public_key(), return_exceptions=True)
    assert [(one.name, one.status, one.request_id) for one in calls] == [("public_key", 200, "r-3")]


async def test_a_cancelled_call_is_recorded_too() -> None:
    async with raw_server(None) as url, PowensClient(url, "1") as client:
        with recorded_calls() as calls:
            task = asyncio.ensure_future(client.connection(TOKEN, 1))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert [(one.name, one.status) for one in calls] == [("connection", None)]


async def test_only_what_is_called_inside_is_recorded(host: Host, client: PowensClient) -> None:
    host.answers({"id": 1})
    await client.connection(TOKEN, 1)
    with recorded_calls() as outer:
        await client.connection(TOKEN, 1)
        with recorded_calls() as inner:
            await client.connection(TOKEN, 1)
    await client.connection(TOKEN, 1)
    assert (len(outer), len(inner)) == (1, 1)


async def test_attempts_that_run_at_once_record_apart(host: Host, client: PowensClient) -> None:
    host.answers({"id": 1})

    async def attempt(number: int) -> int:
        with recorded_calls() as calls:
            for _ in range(number):
                await client.connection(TOKEN, number)
        return len(calls)

    assert await asyncio.gather(*[attempt(number) for number in (1, 2, 3)]) == [1, 2, 3]
