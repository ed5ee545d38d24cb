"""The simulator's webhooks, delivered over HTTP to a receiver, wake the attempts that wait."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import define, field

from powens_flow.secret import Secret
from powens_flow.simulator import Fault, Settings, at_the_bank
from powens_flow.testing import Script, World
from powens_flow.view import View
from powens_flow.webhooks import Answer, Receiver, Signature, UserToken, tokens_of
from tests.e2e.story import OWNER, OpenWorld, assert_completed, policy, run, run_until, shown

PERMANENT = policy(permanent_user=True)
PATH = "/hooks/powens"


@define
class Endpoint:
    """An integrator's route: what it answered, and what it answers instead, if told so."""

    receiver: Receiver
    answers: list[Answer] = field(factory=list)
    statuses: list[int] = field(factory=list)

    async def take(self, request: web.Request) -> web.Response:
        answer = await self.receiver.receive(
            request.method, request.path, request.headers, await request.read()
        )
        self.answers.append(answer)
        status = self.statuses.pop(0) if self.statuses else answer.status
        return web.Response(status=status)


@asynccontextmanager
async def listening(w: World, *, inflates: bool = False) -> AsyncIterator[Endpoint]:
    """A server that hands webhooks to a receiver, and is entered at the simulator."""
    settings = w.simulator.settings
    authentication = (
        Signature(Secret(settings.webhook_secret))
        if settings.webhook_auth == "signature"
        else UserToken(tokens_of(w.store, w.vault, w.keyring))
    )
    endpoint = Endpoint(Receiver(w.engine, authentication))
    app = web.Application()
    app.router.add_post(PATH, endpoint.take)
    runner = web.AppRunner(app, auto_decompress=inflates)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    w.simulator.configure(webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}")
    try:
        yield endpoint
    finally:
        await runner.cleanup()


async def delivered(w: World) -> None:
    """All webhooks were sent, and what they woke has come to rest."""
    w.simulator.tick()
    await w.simulator.outbox.drained()
    await w.engine.settled()


async def seen(w: World, view: View) -> View:
    return await w.engine.for_owner(OWNER).get(view.attempt_id)


async def at_the_page(w: World, view: View) -> None:
    """The user approves on the bank's page, and the redirect is lost."""
    async with aiohttp.ClientSession() as session:
        await at_the_bank(session, view.prompt.content["url"])


@pytest.mark.parametrize(
    ("login", "prompt"),
    [
        ("decoupled-never", "approve_on_device"),
        ("validating-never", "state.validating"),
        ("unavailable-never", "state.temporary"),
    ],
)
async def test_what_a_waiting_attempt_waits_for_is_seen_at_once(
    open_world: OpenWorld, login: str, prompt: str
) -> None:
    w = await open_world(policy=PERMANENT)
    async with listening(w):
        driver, view = await run_until(w, prompt, Script(login=login))
        await delivered(w)
        now = w.clock.now()
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        assert w.clock.now() == now
        view = await seen(w, view)
        assert shown(view) == ("choose_accounts", "accounts.choose")
        await assert_completed(w, await driver.run(view))


async def test_a_redirect_that_was_lost_is_made_up_for_at_once(open_world: OpenWorld) -> None:
    w = await open_world(policy=PERMANENT)
    async with listening(w):
        driver, view = await run_until(w, "open_url", Script(connector="160"))
        await at_the_page(w, view)
        await delivered(w)
        view = await seen(w, view)
        assert shown(view) == ("choose_accounts", "accounts.choose")
        end = await driver.run(view)
        await assert_completed(w, end, sources=("openapi",), active=("Cuenta corriente",))


SENT = {
    "signed": Settings(),
    "zipped": Settings(webhook_gzip=True),
    "zipped-signed-inflated": Settings(webhook_gzip=True, webhook_signs="inflated"),
    "bearer": Settings(webhook_auth="bearer"),
    "bearer-zipped": Settings(webhook_auth="bearer", webhook_gzip=True),
}


@pytest.mark.parametrize(
    ("sent", "inflates"),
    # Where the framework inflates, what was signed as sent is not there any more.
    [
        (name, inflates)
        for name in SENT
        for inflates in (False, True)
        if (name, inflates) != ("zipped", True)
    ],
)
async def test_every_way_of_sending_is_taken(
    open_world: OpenWorld, sent: str, inflates: bool
) -> None:
    settings = SENT[sent]
    w = await open_world(policy=PERMANENT, settings=settings)
    async with listening(w, inflates=inflates) as endpoint:
        _, view = await run_until(w, "state.validating", Script(login="validating-never"))
        await delivered(w)
        endpoint.answers.clear()
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        assert (await seen(w, view)).state == "choosing_accounts"
        assert {answer.status for answer in endpoint.answers} == {200}


async def test_a_token_is_known_from_the_users_first_attempt_on(open_world: OpenWorld) -> None:
    """A refused webhook is sent again, and after ten refusals none is sent any more."""
    w = await open_world(policy=PERMANENT, settings=Settings(webhook_auth="bearer"))
    async with listening(w) as endpoint:
        _, view = await run_until(w, "state.validating", Script(login="validating-never"))
        assert await w.vault.get(OWNER) is None
        await delivered(w)
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        assert 401 not in {answer.status for answer in endpoint.answers}
        assert (await seen(w, view)).state == "choosing_accounts"


async def test_one_that_is_sent_again_changes_nothing(open_world: OpenWorld) -> None:
    """It was taken, and the answer did not arrive."""
    w = await open_world(policy=PERMANENT, settings=Settings(webhook_resend_seconds=0))
    async with listening(w) as endpoint:
        _, view = await run_until(w, "state.validating", Script(login="validating-never"))
        await delivered(w)
        endpoint.answers.clear()
        endpoint.statuses.extend([500, 500])
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        reasons = [answer.reason for answer in endpoint.answers]
        assert reasons[:3] == ["taken", "taken before", "taken before"]
        rows = await w.engine.history(view.attempt_id)
        assert [row.dest for row in rows].count("choosing_accounts") == 1


@pytest.mark.parametrize("auth", ["signature", "bearer"])
async def test_late_ones_change_nothing_of_what_has_ended(open_world: OpenWorld, auth: Any) -> None:
    """Nor are they refused: they come for years, each day, and ten refusals end them all."""
    settings = Settings(webhook_auth=auth, webhook_resend_seconds=0)
    w = await open_world(policy=PERMANENT, settings=settings)
    async with listening(w) as endpoint:
        _, end = await run(w, Script())
        await delivered(w)
        before = await w.store.load(end.attempt_id)
        w.simulator.set_state(w.simulator.connections[0].id, "wrongpass")
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        assert await w.store.load(end.attempt_id) == before
        assert {answer.status for answer in endpoint.answers} == {200}
        assert not w.simulator.outbox.stopped


async def test_one_that_comes_while_a_call_is_under_way_waits_for_it(
    open_world: OpenWorld,
) -> None:
    """The creation's own webhooks come before its answer."""
    w = await open_world(policy=PERMANENT, patience=0.3)
    async with listening(w) as endpoint:
        w.simulator.add_fault(Fault("silence", "POST", "/users/me/connections", seconds=5))
        driver, view = await run_until(w, "working", Script())
        await w.simulator.outbox.drained()
        assert {answer.status for answer in endpoint.answers} == {200}
        assert (await seen(w, view)).prompt.kind == "working"
        w.clock.advance(5)
        w.simulator.advance(0)
        await delivered(w)
        await assert_completed(w, await driver.run(await seen(w, view)))


async def test_one_that_comes_after_a_crash_does_not_hide_it(open_world: OpenWorld) -> None:
    """The attempt is taken up by whoever comes first, and finds out what its last call did."""
    w = await open_world(policy=PERMANENT, patience=0.3)
    w.simulator.add_fault(Fault("silence", "POST", "/users/me/connections", seconds=600))
    driver, view = await run_until(w, "working", Script())
    await w.engine.close()  # without grace: the drive is cut short, its lease is left to lapse
    w.clock.advance(31)
    async with listening(w) as endpoint:
        w.simulator.set_state(w.simulator.connections[0].id, None)
        await delivered(w)
        assert {answer.status for answer in endpoint.answers} == {200}
        view = await seen(w, view)
        assert shown(view) == ("choose_accounts", "accounts.choose")
        await assert_completed(w, await driver.run(view))
