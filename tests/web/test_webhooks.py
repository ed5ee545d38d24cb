"""Powens' webhooks through the sub-application."""

from typing import Literal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from powens_flow import Engine, Policy, Secret
from powens_flow.simulator import Settings
from powens_flow.testing import REDIRECT_URI, Script, world
from powens_flow.web import Limits, connect_app
from powens_flow.webhooks import Receiver, Signature
from tests.web.site import authenticate, site


def receiver(engine: Engine) -> Receiver:
    return Receiver(engine, Signature(Secret(Settings().webhook_secret)))


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return unused_port()


@pytest.mark.parametrize("signs", ["sent", "inflated"])
@pytest.mark.parametrize("gzip", [False, True])
async def test_what_powens_sends_is_taken(
    gzip: bool, signs: Literal["sent", "inflated"], port: int
) -> None:
    url = f"http://127.0.0.1:{port}/connect/webhooks/{{event}}"
    settings = Settings(webhook_url=url, webhook_gzip=gzip, webhook_signs=signs)
    policy = Policy(permanent_user=True, redirect_uri=REDIRECT_URI)
    async with world(settings=settings, policy=policy) as w:
        app = web.Application()
        connect = connect_app(w.engine, authenticate=authenticate, webhooks=receiver)
        app.add_subapp("/connect", connect)
        server = TestServer(app, port=port)
        await server.start_server(auto_decompress=False)  # as they were signed
        try:
            await w.driver(Script()).run()
            await w.simulator.outbox.drained()
        finally:
            await server.close()
        assert {one.status for one in w.simulator.outbox.deliveries} == {200}


async def test_a_forged_webhook_is_refused_and_changes_nothing() -> None:
    async with site(options={"webhooks": receiver}) as s:
        view = await s.started()
        answer = await s.post("/webhooks/CONNECTION_SYNCED", {"id_user": 1}, user=None)
        assert answer.status == 401
        answer = await s.ask("POST", "/webhooks/X", user=None, data=b"not json")
        assert answer.status == 401
        assert (await (await s.get(f"/attempts/{view['attempt_id']}")).json()) == view


async def test_a_webhook_that_is_too_large_is_refused() -> None:
    options = {"webhooks": receiver, "limits": Limits(webhook=1000)}
    async with site(options=options) as s:
        answer = await s.ask("POST", "/webhooks/X", user=None, data=b"x" * 2000)
        assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


async def test_a_webhook_that_is_not_of_its_encoding_is_refused() -> None:
    async with site(options={"webhooks": receiver}) as s:
        for encoding in ("gzip", "deflate"):
            answer = await s.ask(
                "POST",
                "/webhooks/X",
                user=None,
                data=b"not packed",
                headers={"Content-Encoding": encoding},
                compress=None,
            )
            assert (answer.status, answer.content_type) == (400, "text/plain")


async def test_without_a_receiver_there_is_nothing_to_take_webhooks() -> None:
    async with site() as s:
        answer = await s.post("/webhooks/X", {}, user=None)
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
