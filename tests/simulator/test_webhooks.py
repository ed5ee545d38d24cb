"""Webhooks: signed, sent, kept back, sent again."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from aiohttp import web

from powens_flow.simulator.webhooks import sign
from tests.simulator.client import Client, until


@attrs.define
class Receiver:
    """An integrator's endpoint: it keeps what it got, and answers the statuses it is told."""

    port: int = 0
    statuses: list[int] = attrs.field(factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = attrs.field(factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    def events(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _, _ in self.got]

    def body(self, event: str) -> dict[str, Any]:
        bodies = [body for path, _, body in self.got if path.endswith(f"/{event}")]
        shape: dict[str, Any] = json.loads(bodies[-1])
        return shape


@pytest.fixture
async def receiver(client: Client) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application(handler_args={"auto_decompress": False})
    app.router.add_post("/hooks/{event}", receiver.take)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/{{event}}"
    client.simulator.configure(webhook_url=url)
    yield receiver
    await runner.cleanup()


async def test_a_permanent_users_events_are_told(client: Client, receiver: Receiver) -> None:
    user = await client.new_user(permanent=True)
    made = (await client.create()).body
    account = client.simulator.connections[0].accounts()[0].id
    path = f"users/me/connections/{made['id']}"
    await client.put(f"{path}/accounts/{account}", {"disabled": False}, all="")
    await client.put(f"{path}/accounts/{account}", {"disabled": True}, all="")
    await client.delete(path)
    await client.delete("users/me")
    await client.simulator.outbox.drained()
    assert receiver.events() == [
        "USER_CREATED",
        "ACCOUNT_FOUND",
        "ACCOUNT_FOUND",
        "CONNECTION_SYNCED",
        "ACCOUNTS_FETCHED",
        "ACCOUNT_ENABLED",
        "ACCOUNT_DISABLED",
        "CONNECTION_DELETED",
        "USER_DELETED",
    ]
    synced = receiver.body("CONNECTION_SYNCED")
    assert synced["user"]["id"] == user["id_user"]
    assert synced["connection"]["id"] == made["id"]
    assert len(synced["connection"]["accounts"]) == 2
    assert synced["connection"]["sources"][0]["name"] == "directaccess"
    numbers = [json.loads(body)["id_webhook_data"] for _, _, body in receiver.got]
    assert len(set(numbers)) == len(numbers)


async def test_a_temporary_users_events_wait_until_it_turns_permanent(
    client: Client, receiver: Receiver
) -> None:
    await client.new_user()
    await client.create()
    await client.simulator.outbox.drained()
    assert receiver.got == []
    body = {"grant_type": "authorization_code", "code": client.token} | client.client_values()
    token = (await client.post("auth/token/access", body)).body["access_token"]
    client.simulator.configure(webhook_auth="bearer")
    await client.simulator.outbox.drained()
    assert receiver.events()[-2:] == ["CONNECTION_SYNCED", "ACCOUNTS_FETCHED"]
    assert receiver.got[-1][1]["Authorization"] == f"Bearer {token}"


async def test_a_healing_connection_is_told(client: Client, receiver: Receiver) -> None:
    await client.new_user(permanent=True)
    await client.create("bug-60")
    await client.simulator.outbox.drained()
    assert receiver.body("CONNECTION_SYNCED")["connection"]["state"] == "bug"
    client.simulator.advance(60)
    await client.simulator.outbox.drained()
    assert receiver.body("CONNECTION_SYNCED")["connection"]["state"] is None


@pytest.mark.parametrize("signs", ["sent", "inflated"])
async def test_a_webhook_is_signed_and_may_be_zipped(
    client: Client, receiver: Receiver, signs: Any
) -> None:
    client.simulator.configure(webhook_gzip=True, webhook_signs=signs)
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    path, headers, body = receiver.got[0]
    assert headers["Content-Encoding"] == "gzip"
    plain = gzip.decompress(body)
    assert json.loads(plain)["user"]["id"] == client.simulator.users[0].id
    secret = client.simulator.settings.webhook_secret
    signed = body if signs == "sent" else plain
    date = headers["BI-Signature-Date"]
    assert headers["BI-Signature"] == sign(secret, "POST", path, date, signed)
    assert date == "2025-03-10T12:00:00+00:00"


async def test_a_webhook_that_is_not_taken_is_sent_again(
    client: Client, receiver: Receiver
) -> None:
    receiver.statuses += [500, 404]
    await client.new_user(permanent=True)
    deliveries = client.simulator.outbox.deliveries
    await until(lambda: len(deliveries) == 1 and client.simulator.clock.sleepers)
    client.simulator.advance(10)
    await until(lambda: len(deliveries) == 2 and client.simulator.clock.sleepers)
    client.simulator.advance(10)
    await client.simulator.outbox.drained()
    assert [body for _, _, body in receiver.got[1:]] == [receiver.got[0][2]] * 2
    assert [one.status for one in client.simulator.outbox.deliveries] == [500, 404, 200]


async def test_ten_failures_in_a_row_stop_the_webhooks(client: Client, receiver: Receiver) -> None:
    client.simulator.configure(webhook_resend_seconds=0)
    receiver.statuses += [500] * 10
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    assert len(receiver.got) == 10
    assert client.simulator.outbox.stopped
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    assert len(receiver.got) == 10


async def test_a_webhook_url_starts_the_sending_again(client: Client, receiver: Receiver) -> None:
    client.simulator.configure(webhook_resend_seconds=0)
    receiver.statuses += [500] * 10
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    url = client.simulator.settings.webhook_url
    await client.control("POST", "settings", {"webhook_url": url})
    receiver.statuses += [500]
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    assert len(receiver.got) == 12
    assert not (await client.control("GET", "webhooks"))["stopped"]


async def test_a_redirect_is_no_taking(client: Client, receiver: Receiver) -> None:
    client.simulator.configure(webhook_resend_seconds=0)
    receiver.statuses += [302]
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    assert [one.status for one in client.simulator.outbox.deliveries] == [302, 200]


async def test_a_host_that_is_no_name_stops_the_webhooks_for_a_time_only(
    client: Client, receiver: Receiver
) -> None:
    there = client.simulator.settings.webhook_url
    nowhere = f"http://{'a' * 70}.example/"
    client.simulator.configure(webhook_url=nowhere, webhook_resend_seconds=0)
    await client.new_user(permanent=True)
    await asyncio.wait_for(client.simulator.outbox.drained(), 5)
    assert client.simulator.outbox.stopped
    client.simulator.configure(webhook_url=there)
    await client.new_user(permanent=True)
    await client.simulator.outbox.drained()
    assert receiver.events() == ["USER_CREATED"]


async def test_a_reset_forgets_what_was_sent_and_what_waits(
    client: Client, receiver: Receiver
) -> None:
    receiver.statuses += [500]
    await client.new_user(permanent=True)
    await until(lambda: client.simulator.outbox.deliveries and client.simulator.clock.sleepers)
    client.simulator.reset()
    assert (await client.control("GET", "webhooks"))["deliveries"] == []
    await client.new_user(permanent=True)
    await asyncio.wait_for(client.simulator.outbox.drained(), 5)
    shown = await client.control("GET", "webhooks")
    assert [one["status"] for one in shown["deliveries"]] == [200]
