"""The control API, and the simulator run on its own."""

import asyncio
import os
import signal
from typing import Any

import aiohttp
import pytest

from powens_flow.simulator import Server, Settings, serve
from tests.simulator.client import Client


@pytest.mark.parametrize("raw", [b"", b"[" * 100_000, b"\xff"])
async def test_a_body_that_is_no_json_is_told(client: Client, raw: bytes) -> None:
    url = f"{client.server.origin}/_sim/clock"
    async with client.session.post(url, data=raw) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].startswith("the body is not JSON")


async def test_the_clock_is_moved(client: Client, user: dict[str, Any]) -> None:
    assert [one["id"] for one in (await client.control("GET", "users"))["users"]] == [
        user["id_user"]
    ]
    moved = await client.control("POST", "clock", {"advance": 1800})
    assert moved == {"now": "2025-03-10T12:30:00+00:00"}
    assert (await client.control("GET", "users"))["users"] == []


@pytest.mark.usefixtures("user")
async def test_faults_are_added_listed_and_removed(client: Client) -> None:
    fault = {"kind": "status", "status": 503, "method": "GET", "path": "/publickey"}
    number = (await client.control("POST", "faults", fault))["id"]
    assert (await client.get("publickey")).status == 503
    (listed,) = (await client.control("GET", "faults"))["faults"]
    assert (listed["id"], listed["met"], listed["status"]) == (number, 1, 503)
    await client.control("DELETE", f"faults/{number}")
    assert (await client.control("GET", "faults")) == {"faults": []}


async def test_what_was_received_is_listed_without_values(client: Client) -> None:
    await client.post("auth/init", {"client_id": "10203040"})
    shown = await client.control("GET", "received")
    (call,) = shown["received"]
    assert (call["method"], call["path"], call["status"]) == ("POST", "/auth/init", 200)
    assert call["keys"] == ["client_id"]
    assert shown["calls"] == [{"method": "POST", "route": "/auth/init", "count": 1}]


async def test_violations_are_listed(client: Client) -> None:
    await client.get("connectors", colour="red")
    shown = await client.control("GET", "violations")
    assert shown["counts"] == {"unknown_query": 1}
    assert shown["violations"][0]["detail"] == "colour"


@pytest.mark.usefixtures("user")
async def test_what_changes_nothing_on_a_connection_is_told(client: Client) -> None:
    number = (await client.create()).body["id"]
    for body in ({}, {"message": "Signez."}, {"lock": 60, "source": "directaccess"}):
        told = await client.control("POST", f"connections/{number}", body)
        assert told["error"].startswith("state or lock is missing")


@pytest.mark.usefixtures("user")
async def test_a_connection_is_given_a_state_locked_and_deleted(client: Client) -> None:
    number = (await client.create()).body["id"]
    change = {"state": "actionNeeded", "message": "Signez.", "source": "directaccess"}
    await client.control("POST", f"connections/{number}", change)
    shown = await client.connection(number)
    assert (shown["state"], shown["error_message"]) == ("actionNeeded", "Signez.")
    await client.control("POST", f"connections/{number}", {"state": None, "lock": 60})
    (listed,) = (await client.control("GET", "connections"))["connections"]
    assert (listed["state"], len(listed["all_accounts"])) == (None, 2)
    assert (await client.post(f"users/me/connections/{number}")).status == 409
    await client.control("DELETE", f"connections/{number}")
    assert (await client.get(f"users/me/connections/{number}")).status == 404


async def test_a_state_that_waits_for_values_is_ended_by_them(client: Client) -> None:
    await client.new_user()
    number = (await client.create()).body["id"]
    await client.control("POST", f"connections/{number}", {"state": "wrongpass"})
    values = await client.sealed(login="camille", password="new")
    assert (await client.post(f"users/me/connections/{number}", values)).status == 200


async def test_settings_change_at_run_time_but_not_all_of_them(client: Client) -> None:
    assert await client.control("POST", "settings", {"dates": "zoned"}) == {}
    assert client.simulator.settings.dates == "zoned"
    for wrong in ({"seed": 3}, {"datez": "zoned"}, {"dates": "roman"}):
        assert "error" in await client.control("POST", "settings", wrong)


async def test_the_key_is_rotated(client: Client) -> None:
    before = (await client.get("publickey")).body
    assert before["kid"].startswith("rsa-")
    rotated = await client.control("POST", "rotate-key")
    after = (await client.get("publickey")).body
    assert after["kid"] == rotated["kid"] != before["kid"]


@pytest.mark.usefixtures("user")
async def test_a_reset_forgets_everything(client: Client) -> None:
    await client.create()
    await client.control("POST", "reset")
    assert (await client.control("GET", "users")) == {"users": []}
    assert (await client.control("GET", "received")) == {"received": [], "calls": []}
    assert (await client.get("users/me/connections")).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "clock", {}, 400),
        ("POST", "clock", {"advance": -1}, 400),
        ("POST", "faults", {"kind": "explode"}, 400),
        ("POST", "faults", ["wait"], 400),
        ("POST", "connections/1", {"state": None}, 404),
        ("DELETE", "connections/1", None, 404),
    ],
)
async def test_a_request_that_cannot_be_followed_says_why(
    client: Client, method: str, path: str, body: Any, status: int
) -> None:
    url = f"{client.server.origin}/_sim/{path}"
    async with client.session.request(method, url, json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("settings", {"calls_a_minute": "x"}, "calls_a_minute is a whole number from 1"),
        ("settings", {"calls_a_minute": -1}, "calls_a_minute is a whole number from 1"),
        ("settings", {"calls_a_minute": True}, "calls_a_minute is a whole number from 1"),
        ("settings", {"client_id": 5}, "client_id is digits only"),
        ("settings", {"client_secret": 5}, "client_secret is text"),
        ("settings", {"webhook_url": 5}, "webhook_url is an absolute http(s) URL, or null"),
        ("settings", {"webhook_url": "zzz"}, "webhook_url is an absolute http(s) URL, or null"),
        ("settings", {"redirect_uris": "x"}, "redirect_uris is a list of absolute URLs"),
        ("settings", {"redirect_uris": ["x"]}, "redirect_uris is a list of absolute URLs"),
        ("settings", {"redirect_uris": []}, "one at least"),
        ("settings", {"redirect_uris": ["http://x/?a=b"]}, "without a query"),
        ("settings", {"temporary_seconds": 1e15}, "a number of seconds from 0 to 1000000000"),
        ("settings", {"temporary_seconds": float("nan")}, "a number of seconds from 0"),
        ("settings", {"webhook_gzip": "yes"}, "webhook_gzip is true or false"),
        ("settings", {"creation_status": 200.0}, "creation_status is one of 200, 201"),
        ("settings", {"dates": ["naive"]}, "dates is one of naive, zoned"),
        ("settings", {"datez": 1}, "'datez': nothing of that name is a setting"),
        ("faults", {"kind": "status", "path": 5}, "path is text"),
        ("faults", {"kind": "status", "times": "x"}, "times is a whole number from 1"),
        ("faults", {"kind": "status", "after": 1.5}, "after is a whole number from 0"),
        ("faults", {"kind": "status", "status": 20}, "status is a whole number from 200 to 599"),
        ("faults", {"kind": "status", "method": "get"}, "a method in capitals"),
        ("faults", {"kind": "status", "retry_after": "a\nb: c"}, "retry_after is a number"),
        ("faults", {"kind": "status", "retry_after": 10**400}, "retry_after is a number"),
        ("faults", {"kind": "wait", "seconds": "x"}, "seconds is a number of seconds"),
        ("faults", {"kind": "status", "acts": 1}, "acts is true, false or null"),
        ("faults", {"kind": ["status"]}, "kind is one of wait, silence"),
        ("faults", {}, "kind is missing: one of wait, silence"),
        ("faults", {"kind": "wait", "zz": 1}, "'zz': nothing of that name is part of a fault"),
        ("faults", {"kind": "error", "code": "\ud800"}, "code is text, or null"),
        ("faults", {"kind": "wrong_shape", "body": ["\ud800"]}, "body is JSON"),
        ("clock", {}, "advance is a number of seconds"),
        ("clock", {"advance": 1e15}, "advance is a number of seconds from 0 to 1000000000"),
        ("clock", {"advance": 1e308}, "advance is a number of seconds"),
        ("clock", {"advance": "5"}, "advance is a number of seconds"),
        ("connections/{id}", {"lock": "x"}, "lock is a number of seconds"),
        ("connections/{id}", {"lokc": 5}, "'lokc': nothing of that name is what a connection is"),
        ("connections/{id}", {"state": 5}, "state is text, or null"),
        (
            "connections/{id}",
            {"state": "decoupled", "until": "dawn"},
            "until is one of sync, values",
        ),
        ("connections/{id}", {"state": "decoupled", "n": "x"}, "n is a whole number from 0"),
    ],
)
@pytest.mark.usefixtures("user")
async def test_what_is_not_taken_is_named_with_what_is_and_changes_nothing(
    client: Client, path: str, body: Any, said: str
) -> None:
    number = (await client.create()).body["id"]
    url = f"{client.server.origin}/_sim/{path.format(id=number)}"
    async with client.session.post(url, json=body) as answer:
        assert answer.status == 400
        assert said in (await answer.json())["error"]
    assert (await client.get("publickey")).status == 200
    assert (await client.connection(number))["state"] is None


async def test_the_clock_is_not_moved_out_of_the_calendar(client: Client) -> None:
    still = {"now": ""}
    while "now" in (moved := await client.control("POST", "clock", {"advance": 10**9})):
        still = moved
    assert moved == {"error": "advance leads to the year 9000 at most"}
    assert await client.control("GET", "clock") == still
    assert (await client.new_user())["id_user"]


async def test_the_control_api_is_not_part_of_what_is_recorded(client: Client) -> None:
    await client.control("GET", "webhooks")
    assert not client.simulator.received


async def test_the_same_seed_gives_the_same_ids(client: Client) -> None:
    first = await client.new_user()
    client.simulator.reset()
    assert await client.new_user() == first


async def test_it_runs_on_its_own_until_it_is_stopped() -> None:
    stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
    settings = Settings(client_id="1")
    serving = asyncio.create_task(serve(settings, started=started.set_result, stop=stop))
    server: Server = await started
    assert server.simulator.settings.client_id == "1"
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}connectors") as answer,
    ):
        assert answer.status == 200
    stop.set()
    await serving


async def test_it_stops_on_sigterm() -> None:
    started = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(started=started.set_result))
    await started
    os.kill(os.getpid(), signal.SIGTERM)
    await serving


async def test_on_its_own_time_passes_though_nobody_calls() -> None:
    stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
    settings = Settings(temporary_seconds=0.01)
    serving = asyncio.create_task(serve(settings, started=started.set_result, stop=stop))
    simulator = (await started).simulator
    gone = asyncio.Event()
    simulator.new_user(permanent=False)
    simulator.later(0.02, gone.set)
    await gone.wait()
    assert simulator.users == []
    stop.set()
    await serving
