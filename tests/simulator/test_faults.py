"""Faults: what goes wrong on purpose, and whether the call acted all the same."""

import asyncio
from typing import Any

import aiohttp
import pytest

from powens_flow.simulator import Fault
from tests.simulator.client import Client, until

pytestmark = pytest.mark.usefixtures("user")
CONNECTIONS = "users/me/connections"


def on_creation(kind: str, **facts: Any) -> Fault:
    known: Any = kind
    return Fault(known, method="POST", path="/users/me/connections", **facts)


def count(client: Client) -> int:
    return len(client.simulator.connections)


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_dropped_call_acted_or_did_not(client: Client, kind: str, made: int) -> None:
    client.simulator.add_fault(on_creation(kind))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create()
    assert count(client) == made
    assert client.simulator.received[-1].status is None
    assert (await client.create()).status == 201


async def test_a_dropped_call_acts_later(client: Client) -> None:
    client.simulator.add_fault(on_creation("drop_and_act_later", seconds=20))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create()
    await until(lambda: client.simulator.clock.sleepers)
    client.simulator.advance(19)
    await client.simulator.settle()
    assert count(client) == 0
    client.simulator.advance(1)
    await client.simulator.settle()
    assert count(client) == 1


@pytest.mark.parametrize("kind", ["wait", "silence"])
async def test_ten_minutes_of_silence_before_or_after_acting(client: Client, kind: str) -> None:
    fault = on_creation(kind, seconds=600)
    client.simulator.add_fault(fault)
    await client.sealed(login="camille")
    creation = asyncio.create_task(client.create())
    await until(lambda: client.simulator.clock.sleepers)
    assert count(client) == (1 if kind == "silence" else 0)
    client.simulator.advance(600)
    assert (await creation).status == 201
    assert count(client) == 1


async def test_a_server_stops_while_calls_wait(client: Client) -> None:
    client.simulator.add_fault(Fault("wait", seconds=600))
    waiting = asyncio.create_task(client.get(CONNECTIONS))
    await until(lambda: client.simulator.clock.sleepers)
    assert (await client.get("connectors")).status == 200
    waiting.cancel()


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("status", status=500), 500, "internalServerError"),
        (Fault("status", status=503), 503, "maintenance"),
        (Fault("status", status=429), 429, "tooManyRequests"),
        (Fault("status", status=401), 401, "unauthorized"),
        (Fault("status", status=404), 404, "notFound"),
        (Fault("status", status=418, code="teapot"), 418, "teapot"),
        (Fault("error", code="connectionLocked"), 409, "connectionLocked"),
        (Fault("error", code="bug"), 500, "bug"),
    ],
)
async def test_a_status_or_code_is_answered_instead(
    client: Client, fault: Fault, status: int, code: str
) -> None:
    client.simulator.add_fault(fault)
    answer = await client.get(CONNECTIONS)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert "Retry-After" not in answer.headers
    assert (await client.get(CONNECTIONS)).status == 200


async def test_retry_after_and_the_banks_message_are_passed_on(client: Client) -> None:
    client.simulator.add_fault(
        Fault("error", code="tooManySync", retry_after=7, message="Plus tard.")
    )
    answer = await client.get(CONNECTIONS)
    assert (answer.headers["Retry-After"], answer.body["message"]) == ("7", "Plus tard.")


async def test_retry_after_may_be_a_date(client: Client) -> None:
    date = "Mon, 10 Mar 2025 12:00:30 GMT"
    client.simulator.add_fault(Fault("status", status=429, retry_after=date))
    assert (await client.get(CONNECTIONS)).headers["Retry-After"] == date


async def test_an_error_may_come_after_the_call_acted(client: Client) -> None:
    client.simulator.add_fault(on_creation("status", status=500, acts=True))
    assert (await client.create()).status == 500
    assert count(client) == 1


async def test_a_body_is_cut_short(client: Client) -> None:
    client.simulator.add_fault(on_creation("cut_body"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.create()
    assert count(client) == 1


async def test_an_answer_is_no_json(client: Client) -> None:
    client.simulator.add_fault(on_creation("not_json"))
    answer = await client.create()
    assert (answer.status, answer.body) == (200, None)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert count(client) == 1


async def test_an_answer_has_the_wrong_shape(client: Client) -> None:
    client.simulator.add_fault(on_creation("wrong_shape"))
    client.simulator.add_fault(on_creation("wrong_shape", acts=False, body={"id": None}))
    assert (await client.create()).body == ["wrong shape"]
    assert (await client.create()).body == {"id": None}
    assert count(client) == 1


async def test_the_first_calls_are_let_through_and_then_always(client: Client) -> None:
    client.simulator.add_fault(Fault("status", times=None, after=2, path="/users/me/connections"))
    statuses = [(await client.get(CONNECTIONS)).status for _ in range(5)]
    assert statuses == [200, 200, 500, 500, 500]
    client.simulator.faults.clear()
    assert (await client.get(CONNECTIONS)).status == 200


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("/users/me/connections/*", True),
        ("users/me/connections/*", True),
        ("/users/me/**", True),
        ("**", True),
        ("/users/*", False),
        ("/users/me/connections", False),
    ],
)
def test_a_path_is_matched_by_segments(path: str, matches: bool) -> None:
    assert Fault("wait", path=path).matches("GET", "/users/me/connections/7") is matches


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        Fault("explode")  # type: ignore[arg-type] # that is what is refused
