"""Callbacks over HTTP: signed, at least once, in order, and patient with who does not answer."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, field
from standardwebhooks import Webhook, WebhookVerificationError

from powens_flow import events as e
from powens_flow.lanes import TellLater
from powens_flow.listeners import Change, Listeners, Subscription
from powens_flow.outgoing import OutgoingWebhook
from powens_flow.secret import Secret
from powens_flow.testing import Script, world
from tests.small_world import SmallWorld, small_world

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLDER = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()


@define
class Receiver:
    """An integrator's backend: answers as it is told to, and remembers what it got."""

    answers: list[int] = field(factory=list)
    usual: int = 204
    got: list[web.Request] = field(factory=list)
    bodies: list[bytes] = field(factory=list)
    gate: asyncio.Event | None = None
    url: str = ""
    headers: dict[str, str] = field(factory=dict)
    cuts: int = 0
    never: str = ""
    cuts_that: bool = False
    came: asyncio.Event = field(factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(request)
        self.came.set()
        self.bodies.append(await request.read())
        if self.gate is not None:
            await self.gate.wait()
        if self.cuts > 0 and request.transport is not None:
            self.cuts -= 1
            request.transport.abort()  # it was heard, and the answer is lost
        status = self.answers.pop(0) if self.answers else self.usual
        if self.data()[-1]["attempt"] == self.never:
            status = 422
            if self.cuts_that and request.transport is not None:
                request.transport.abort()
        return web.Response(status=status, headers=self.headers)

    def data(self) -> list[dict[str, Any]]:
        return [json.loads(body)["data"] for body in self.bodies]

    def seqs(self, attempt_id: str) -> list[int]:
        return [one["seq"] for one in self.data() if one["attempt"] == attempt_id]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


@pytest.fixture
async def hook(receiver: Receiver, here: SmallWorld) -> AsyncIterator[OutgoingWebhook]:
    """A webhook of the world's engine."""
    options: dict[str, Any] = {"clock": here.clock, "chance": lambda: 1.0}
    async with OutgoingWebhook(receiver.url, [SECRET], **options) as made:
        here.engine.on()(made)
        yield made


async def rung(here: SmallWorld) -> str:
    attempt_id = await here.started()
    await here.engine.for_owner("owner-1").send(attempt_id, e.Acted())
    await here.engine.settled()
    return attempt_id


async def retold(here: SmallWorld, after: float) -> None:
    here.clock.advance(after)
    await here.engine._listeners.retell()
    await here.engine.settled()


# --- what is sent -------------------------------------------------------------------------------


async def test_each_transition_is_delivered_once_in_order(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    attempt_id = await rung(here)
    assert receiver.seqs(attempt_id) == [1, 2, 3]
    assert await here.store.untold(10) == ()
    first = json.loads(receiver.bodies[0])
    assert first == {
        "type": "attempt.moved",
        "timestamp": here.clock.now().isoformat(),
        "data": {
            "attempt": attempt_id,
            "owner": "owner-1",
            "machine": "bell",
            "seq": 1,
            "from": "asking",
            "to": "ringing",
            "trigger": "acted",
        },
    }


async def test_the_signature_is_what_the_standards_own_package_expects(
    here: SmallWorld, receiver: Receiver
) -> None:
    async with OutgoingWebhook(receiver.url, [Secret(SECRET), OLDER]) as hook:
        here.engine.on()(hook)
        await rung(here)
    for secret in (SECRET, OLDER):  # each of both, while a receiver goes over to the new one
        body, headers = receiver.bodies[0], dict(receiver.got[0].headers)
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    stranger = Webhook("whsec_" + base64.b64encode(b"x" * 32).decode())
    with pytest.raises(WebhookVerificationError):
        stranger.verify(receiver.bodies[0], dict(receiver.got[0].headers))


async def test_the_end_is_told_with_ids_and_without_the_holders_data(receiver: Receiver) -> None:
    async with world() as w, OutgoingWebhook(receiver.url, [SECRET], clock=w.clock) as hook:
        w.engine.on(state="completed")(hook)
        end = await w.driver(Script(connector="40", login="S3cr3t-login")).run()
        await w.engine.settled()
        attempt = await w.store.load(end.attempt_id)
    [body] = receiver.bodies
    told = json.loads(body)
    assert told["type"] == "attempt.ended"
    assert end.result is not None
    assert told["data"]["result"]["id_connection"] == end.result.id_connection
    assert told["data"]["result"]["accounts"] == list(end.result.accounts)
    assert told["data"]["problem"] is None
    assert attempt is not None
    assert b"S3cr3t" not in body
    assert b"FR76" not in body


async def test_a_failure_is_told_with_its_message_key(receiver: Receiver) -> None:
    async with world() as w, OutgoingWebhook(receiver.url, [SECRET], clock=w.clock) as hook:
        w.engine.on()(hook)
        view = await w.engine.for_owner("ann").start("add_connection")
        await w.engine.for_owner("ann").send(view.attempt_id, e.Cancel())
        await w.engine.settled()
    last = json.loads(receiver.bodies[-1])
    assert last["type"] == "attempt.ended"
    assert last["data"]["to"] == "cancelled"
    assert last["data"]["result"] is None


# --- at least once ------------------------------------------------------------------------------


async def test_a_lost_answer_is_sent_again_under_the_same_id(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.cuts = 1
    attempt_id = await rung(here)
    assert receiver.seqs(attempt_id) == [1]
    await retold(here, 30)
    assert receiver.seqs(attempt_id) == [1, 1, 2, 3]
    ids = [one.headers["webhook-id"] for one in receiver.got]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    stamps = [one.headers["webhook-timestamp"] for one in receiver.got]
    assert int(stamps[1]) - int(stamps[0]) == 30  # signed anew: old ones are refused


async def test_a_crash_between_hearing_and_remembering_sends_it_again(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    here.store.fails = 10**6
    attempt_id = await rung(here)
    assert receiver.seqs(attempt_id) == [1, 2, 3]
    here.store.fails = 0
    async with OutgoingWebhook(receiver.url, [SECRET], clock=here.clock) as again:
        next_process = Listeners(here.store, here.clock)
        next_process.add(Subscription(again))
        await next_process.retell()
        await next_process.settled()
    assert receiver.seqs(attempt_id) == [1, 2, 3, 1, 2, 3]
    ids = [one.headers["webhook-id"] for one in receiver.got]
    assert ids[:3] == ids[3:]
    assert await here.store.untold(10) == ()


async def test_a_process_that_dies_while_it_delivers_leaves_it_to_the_next(
    here: SmallWorld, receiver: Receiver
) -> None:
    receiver.gate = asyncio.Event()
    async with OutgoingWebhook(receiver.url, [SECRET], clock=here.clock) as hook:
        here.engine.on()(hook)
        attempt_id = await here.started()
        await here.engine.for_owner("owner-1").send(attempt_id, e.Acted())
        await receiver.came.wait()
        await here.engine._listeners.close(within=0)
    receiver.gate.set()
    async with (
        OutgoingWebhook(receiver.url, [SECRET], clock=here.clock) as hook,
        here.another_engine() as other,
    ):
        other.on()(hook)
        await other._listeners.retell()
        await other.settled()
    assert receiver.seqs(attempt_id) == [1, 1, 2, 3]


# --- patience -----------------------------------------------------------------------------------


async def test_a_receiver_that_is_down_for_an_hour_is_asked_a_few_times(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.usual = 503
    ids = [await rung(here) for _ in range(30)]
    for _ in range(120):
        await retold(here, 30)
    assert 5 < len(receiver.got) < 15
    receiver.usual = 204
    asked = len(receiver.got)
    for _ in range(30):
        await retold(here, 30)
    assert len(receiver.got) - asked == 90
    for attempt_id in ids:
        assert receiver.seqs(attempt_id)[-3:] == [1, 2, 3]
    assert await here.store.untold(10) == ()


@pytest.mark.parametrize("usual", [503, None])
async def test_deliveries_that_fail_together_are_one_failure(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver, usual: int | None
) -> None:
    """A restart of the receiver, with eight deliveries under way, is no quarter of an hour."""
    await rung(here)
    receiver.gate = asyncio.Event()
    ids = [await here.started() for _ in range(8)]
    for attempt_id in ids:
        await here.engine.for_owner("owner-1").send(attempt_id, e.Acted())
    while len(receiver.got) < 3 + 8:
        receiver.came.clear()
        await receiver.came.wait()
    receiver.usual, receiver.cuts = usual or 204, 0 if usual else 8
    receiver.gate.set()
    await here.engine.settled()
    receiver.usual = 204
    await retold(here, 30)
    for attempt_id in ids:
        assert receiver.seqs(attempt_id) == [1, 1, 2, 3]


async def test_one_attempt_that_is_refused_hinders_no_other(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    await rung(here)
    receiver.answers = [422]
    refused = await rung(here)
    other = await rung(here)
    assert receiver.seqs(refused) == [1]
    assert receiver.seqs(other) == [1, 2, 3]
    await retold(here, 30)
    assert receiver.seqs(refused) == [1, 1, 2, 3]


@pytest.mark.parametrize("cuts_that", [False, True])
async def test_one_attempt_that_is_never_taken_does_not_keep_all_others_for_ever(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver, cuts_that: bool
) -> None:
    receiver.never = await here.started()
    receiver.cuts_that = cuts_that
    await here.engine.for_owner("owner-1").send(receiver.never, e.Acted())
    for _ in range(120):
        await retold(here, 30)
    assert len(receiver.got) > 5
    others = [await rung(here) for _ in range(3)]
    for _ in range(40):
        await retold(here, 30)
    for other in others:
        assert receiver.seqs(other) == [1, 2, 3]


async def test_an_answer_about_one_attempt_holds_up_that_one_alone(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.never = await here.started()
    await here.engine.for_owner("owner-1").send(receiver.never, e.Acted())
    for _ in range(120):
        await retold(here, 30)
    other = await rung(here)
    assert receiver.seqs(other) == [1, 2, 3]


async def test_who_asks_for_time_gets_it(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = [429], {"Retry-After": "300"}
    attempt_id = await rung(here)
    await retold(here, 299)
    assert receiver.seqs(attempt_id) == [1]
    await retold(here, 1)
    assert receiver.seqs(attempt_id) == [1, 1, 2, 3]


async def test_a_redirect_is_not_followed_and_is_not_taken(
    here: SmallWorld, hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = [307], {"Location": receiver.url}
    attempt_id = await rung(here)
    assert receiver.seqs(attempt_id) == [1]


async def test_a_receiver_that_does_not_answer_in_time_has_not_heard(
    here: SmallWorld, receiver: Receiver
) -> None:
    receiver.gate = asyncio.Event()
    async with OutgoingWebhook(receiver.url, [SECRET], timeout=0.05, clock=here.clock) as hook:
        with pytest.raises(TellLater) as raised:
            await hook(await a_change(here))
    receiver.gate.set()
    assert raised.value.everything


async def a_change(here: SmallWorld) -> Change:
    attempt_id = await rung(here)
    attempt = await here.store.load(attempt_id)
    assert attempt is not None
    return Change(attempt, (await here.store.history(attempt_id))[0])


async def test_the_documented_example_delivers(here: SmallWorld, receiver: Receiver) -> None:
    text = (Path(__file__).parents[1] / "docs" / "callbacks.md").read_text("utf-8")
    found = re.search(r"<!-- outgoing: .*? -->\n```python\n(.*?)```", text, re.S)
    assert found is not None
    defined: dict[str, Any] = {}
    exec(compile(found[1], "docs/callbacks.md", "exec"), defined)  # noqa: S102 - our own page
    async with await defined["tell_the_backend"](here.engine, receiver.url, SECRET):
        assert receiver.seqs(await rung(here)) == [1, 2, 3]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "secrets", "said"),
    [
        ("http://backend.example/hook", [SECRET], "plain http"),
        ("ftp://backend.example/hook", [SECRET], "https URL"),
        ("https://ann:S3cr3t@backend.example/", [SECRET], "no user"),
        (None, [SECRET], "is an https URL"),
        ("https://backend..example/hook", [SECRET], "host is no name"),
        ("https://backend.example/hook", SECRET, "a list of at least one secret"),
        ("https://backend.example/hook", [None], "a webhook secret is `whsec_`"),
        ("https://backend.example/hook", [], "at least one secret"),
        ("https://backend.example/hook", ["S3cr3t"], "whsec_"),
        ("https://backend.example/hook", ["whsec_c2hvcnQ="], "24 to 64 bytes"),
        ("https://backend.example/hook", ["whsec_!!!!"], "base64"),
    ],
)
def test_what_cannot_be_used_is_refused(url: str, secrets: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        OutgoingWebhook(url, secrets)
    assert "S3cr3t" not in str(raised.value)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": None}, {"at_once": 0}])
def test_a_delivery_takes_time_and_one_attempt_at_least(wrong: dict[str, Any]) -> None:
    [name] = wrong
    with pytest.raises(ValueError, match=f"^{name} must be "):
        OutgoingWebhook("https://backend.example/", [SECRET], **wrong)


def test_its_repr_shows_no_secret() -> None:
    hook = OutgoingWebhook("https://backend.example/hook/S3cr3t", [SECRET])
    assert repr(hook) == "OutgoingWebhook('https://backend.example')"


async def test_it_is_used_while_it_is_open(here: SmallWorld) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await OutgoingWebhook("https://backend.example/", [SECRET])(await a_change(here))
