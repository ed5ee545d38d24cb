"""What bad input gets: a problem with a stable code, and the attempt as it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from powens_flow.simulator.faults import Fault
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import StoreError
from powens_flow.web import KINDS, Limits
from tests.e2e.story import soon
from tests.web.site import Site, site

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def here() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


async def problem(answer: Any) -> dict[str, Any]:
    """The problem document, sound in itself."""
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = await answer.json()
    kind = KINDS[told["code"]]
    assert (told["status"], told["title"]) == (answer.status, kind.title)
    assert told["type"] == f"urn:powens-flow:problem:{told['code']}"
    assert answer.status == kind.status
    return told


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"machine": NaN}',
        b'{"machine": Infinity}',
        b'{"machine": "add_connection", "machine": "reconnect"}',
        b"[" * 9 + b"]" * 9,
        b"[" * 100_000,
        b"1" * 5000,
        b'\xef\xbb\xbf{"machine": "add_connection"}',
        b'{"machine": "add_connection"} {}',
    ],
)
async def test_a_body_that_is_no_plain_json_is_malformed(here: Site, body: bytes) -> None:
    answer = await here.ask("POST", "/attempts", data=body, headers=JSON)
    told = await problem(answer)
    assert (answer.status, told["code"]) == (400, "malformed")
    assert await here.world.store.live("maya") == ()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ([], []),
        ("add_connection", []),
        (None, []),
        ({"machine": "fly"}, ["machine"]),
        ({"machine": ["add_connection"]}, ["machine"]),
        ({"machine": "add_connection", "id_connection": 1}, ["id_connection"]),
        ({"machine": "reconnect"}, ["id_connection"]),
        (
            {"machine": "reconnect", "id_connection": "1", "refresh": 1},
            ["id_connection", "refresh"],
        ),
        ({"machine": "reconnect", "id_connection": True}, ["id_connection"]),
        ({"machine": "reconnect", "id_connection": 2**63}, ["id_connection"]),
        ({"policy": {}, "machine": "add_connection"}, ["policy"]),
    ],
)
async def test_a_start_names_what_is_wrong(here: Site, body: Any, wrong: list[str]) -> None:
    answer = await here.ask("POST", "/attempts", data=json.dumps(body), headers=JSON)
    told = await problem(answer)
    assert (answer.status, told["code"]) == (400, "invalid")
    assert sorted(told.get("fields", {})) == wrong


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ([], []),
        ({}, ["type"]),
        ({"type": "fly"}, ["type"]),
        ({"type": "poll"}, ["type"]),
        ({"type": "choose_connector"}, ["connector"]),
        ({"type": "choose_connector", "connector": "../x", "más": 1}, ["connector", "más"]),
        ({"type": "submit_values", "values": {"login": 1}}, ["values"]),
        ({"type": "cancel", "idempotency_key": {"name": "x"}}, ["idempotency_key"]),
        ({"type": "choose_connector", "connector": "\ud800"}, ["connector"]),
    ],
)
async def test_an_event_names_what_is_wrong(here: Site, event: Any, wrong: list[str]) -> None:
    view = await here.started()
    answer = await here.post(f"/attempts/{view['attempt_id']}/events", event)
    told = await problem(answer)
    assert (answer.status, told["code"]) == (400, "invalid")
    assert sorted(told.get("fields", {})) == wrong


async def test_a_clients_own_names_are_repeated_in_short_only(here: Site) -> None:
    view = await here.started()
    event = {"type": "cancel", **{f"{number}-{'x' * 500}": 1 for number in range(200)}}
    answer = await here.post(f"/attempts/{view['attempt_id']}/events", event)
    assert len(await answer.text()) < 20_000
    assert len((await problem(answer))["fields"]) == 50


async def test_a_large_body_is_refused_whether_it_says_so_or_not(here: Site) -> None:
    large = b'{"machine": "' + b"x" * 300_000 + b'"}'

    async def in_parts() -> AsyncIterator[bytes]:
        for at in range(0, len(large), 10_000):
            yield large[at : at + 10_000]

    for body in (large, in_parts()):
        answer = await here.ask("POST", "/attempts", data=body, headers=JSON)
        assert (answer.status, (await problem(answer))["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/problem+json"},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_of_another_type_is_not_taken(here: Site, headers: dict[str, str]) -> None:
    answer = await here.ask("POST", "/attempts", data=b"{}", headers=headers)
    assert answer.status in (415, 400)  # aiohttp itself refuses what says gzip and is none
    assert answer.status == 415 or "Content-Encoding" in headers


# --- events that do not fit ---------------------------------------------------------------------


async def test_a_stale_event_is_answered_with_the_view_that_stands(here: Site) -> None:
    view = await here.started()
    after = await here.sent(view, type="choose_connector", connector="40")
    answer = await here.post(
        f"/attempts/{view['attempt_id']}/events", {"type": "choose_connector", "connector": "40"}
    )
    told = await problem(answer)
    assert (answer.status, told["code"], told["view"]) == (409, "not_accepted", after)


async def test_a_choice_that_is_not_there_is_refused_with_its_field(here: Site) -> None:
    view = await here.started()
    view = await here.sent(view, type="choose_connector", connector="40")
    view = await here.sealed(view, login="camille", password="9876")
    answer = await here.post(
        f"/attempts/{view['attempt_id']}/events", {"type": "choose_accounts", "accounts": [999]}
    )
    told = await problem(answer)
    assert (answer.status, told["code"], told["view"]) == (422, "refused", view)
    assert list(told["fields"]) == ["accounts"]


async def test_values_that_are_not_sealed_are_refused_and_not_repeated(here: Site) -> None:
    view = await here.started()
    view = await here.sent(view, type="choose_connector", connector="40")
    values = {"login": "camille", "password": "S3cr3t"}
    answer = await here.post(
        f"/attempts/{view['attempt_id']}/events", {"type": "submit_values", "values": values}
    )
    told = await problem(answer)
    assert (answer.status, told["code"]) == (422, "seal_again")
    assert told["fields"] == {"login": "values.not_sealed", "password": "values.not_sealed"}
    assert told["view"]["prompt"]["error"]["fields"] == told["fields"]
    assert "S3cr3t" not in await answer.text()


async def test_values_for_other_fields_are_wrong(here: Site) -> None:
    view = await here.started()
    view = await here.sent(view, type="choose_connector", connector="40")
    answer = await here.post(
        f"/attempts/{view['attempt_id']}/events", {"type": "submit_values", "values": {"pin": "x"}}
    )
    told = await problem(answer)
    assert (answer.status, told["code"]) == (422, "wrong_values")
    assert "pin" in told["fields"]
    assert told["view"]["prompt"]["kind"] == "fill_in_fields"


# --- addresses and methods ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/attempts/x/y", "/attempts/x/events/y", "/page/../app.py"]
)
async def test_what_is_nowhere_is_not_found(here: Site, path: str) -> None:
    answer = await here.get(path)
    assert (answer.status, (await problem(answer))["code"]) == (404, "not_found")


@pytest.mark.parametrize("named", ["nobody", "x" * 300, "%00", "%F0%28", "a%0Ab"])
async def test_an_attempt_that_is_not_there_is_no_such_attempt(here: Site, named: str) -> None:
    for answer in (
        await here.get(f"/attempts/{named}"),
        await here.get(f"/attempts/{named}/stream"),
        await here.get(f"/attempts/{named}/connectors"),
        await here.post(f"/attempts/{named}/events", {"type": "cancel"}),
    ):
        assert (answer.status, (await problem(answer))["code"]) == (404, "no_such_attempt")


async def test_another_method_is_told_which_ones_there_are(here: Site) -> None:
    for method, path, allowed in (
        ("GET", "/attempts", "POST"),
        ("DELETE", "/attempts/x", "GET"),
        ("PUT", "/publickey", "GET"),
    ):
        answer = await here.ask(method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)
        assert (await problem(answer))["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"page": "0"}, "page"),
        ({"page": "x"}, "page"),
        ({"size": "201"}, "size"),
        ({"size": "-1"}, "size"),
        ({"page": "١"}, "page"),
        ({"page": "9" * 30}, "page"),
        ({"q": "x" * 201}, "q"),
    ],
)
async def test_a_search_names_what_is_wrong(here: Site, query: dict[str, str], wrong: str) -> None:
    view = await here.started()
    answer = await here.get(f"/attempts/{view['attempt_id']}/connectors", params=query)
    told = await problem(answer)
    assert (answer.status, told["code"], list(told["fields"])) == (400, "invalid", [wrong])


# --- too much -----------------------------------------------------------------------------------


async def test_an_owner_who_asks_too_often_waits_and_the_others_do_not() -> None:
    async with site(options={"limits": Limits(changes=3)}) as s:
        for _ in range(3):
            assert (await s.post("/attempts", {})).status == 201
        answer = await s.post("/attempts", {})
        assert (answer.status, (await problem(answer))["code"]) == (429, "too_many_requests")
        assert (await s.post("/attempts", {}, user="eve")).status == 201
        assert (await s.get("/publickey")).status == 200
        s.world.clock.advance(float(answer.headers["Retry-After"]))
        assert (await s.post("/attempts", {})).status == 201
        assert (await s.post("/attempts", {})).status == 429


async def test_nobody_waits_for_the_hour_by_which_the_clock_is_set_back() -> None:
    async with site(options={"limits": Limits(changes=3)}) as s:
        for _ in range(3):
            await s.post("/attempts", {})
        s.world.clock.set_back(3600)
        assert (await s.post("/attempts", {})).status == 201


class Meanwhile(MemoryStore):
    """A store in which something happens just before an attempt is read, once."""

    happens: Callable[[], Awaitable[object]] | None = None

    async def load(self, attempt_id: str) -> Any:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return await super().load(attempt_id)


async def test_a_call_that_has_ended_by_now_is_not_told_as_under_way() -> None:
    """The view is the attempt as it stands: a page would wait for what the stream told before."""
    store = Meanwhile()
    async with site(store=store) as s:
        view = await s.sent(await s.started(), type="choose_connector", connector="40")
        owner = s.world.engine.for_owner("maya")
        event = await owner.seal(view["attempt_id"], {"login": "slow-5", "password": "1"})
        first = asyncio.create_task(owner.send(view["attempt_id"], event))
        await soon(lambda: s.world.simulator.clock.sleepers)

        async def ended() -> None:
            s.world.clock.advance(5)
            await first

        store.happens = ended
        path = f"/attempts/{view['attempt_id']}/events"
        answer = await s.post(path, event.to_json())
        assert (answer.status, (await problem(answer))["code"]) == (409, "working")
        assert (await answer.json())["view"] == (await first).to_json()


# --- what cannot be reached ---------------------------------------------------------------------


class Broken(MemoryStore):
    """A store that can be switched off."""

    fails: Exception | None = None

    async def load(self, attempt_id: str) -> Any:
        if self.fails is not None:
            raise self.fails
        return await super().load(attempt_id)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreError("S3cr3t"), "store_unavailable"),
        (RuntimeError("S3cr3t"), "unavailable"),
        (KeyError("S3cr3t"), "unavailable"),
    ],
)
async def test_whatever_fails_is_no_500_and_tells_nothing_of_itself(
    error: Exception, code: str
) -> None:
    store = Broken()
    async with site(store=store) as s:
        view = await s.started()
        store.fails = error
        answer = await s.get(f"/attempts/{view['attempt_id']}")
        told = await problem(answer)
        assert (answer.status, told["code"]) == (503, code)
        assert int(answer.headers["Retry-After"]) > 0
        assert "S3cr3t" not in await answer.text()
        back = await s.get("/callback", params={"state": f"pf.{view['attempt_id']}.x"}, user=None)
        assert back.status in (303, 503)
        store.fails = None
        assert (await s.get(f"/attempts/{view['attempt_id']}")).status == 200


async def test_powens_out_of_reach_is_told() -> None:
    async with site() as s:
        view = await s.started()
        s.world.simulator.add_fault(Fault(path="/connectors", kind="status", status=503, times=9))
        answer = await s.get(f"/attempts/{view['attempt_id']}/connectors")
        assert (answer.status, (await problem(answer))["code"]) == (503, "powens_unavailable")
        assert int(answer.headers["Retry-After"]) > 0


async def test_what_authenticate_raises_for_itself_stays() -> None:
    def to_the_login(request: web.Request) -> str:
        raise web.HTTPSeeOther("/login")

    async with site(options={"authenticate": to_the_login}) as s:
        path = "/connect/publickey"  # this answer is the integrator's, not the document's
        async with s.client.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/login")


async def test_authenticate_may_be_async() -> None:
    async def somebody(request: web.Request) -> str:
        return "maya"

    async with site(options={"authenticate": somebody}) as s:
        assert (await s.post("/attempts", {}, user=None)).status == 201
        assert len(await s.world.store.live("maya")) == 1


async def test_an_answer_of_powens_that_nobody_can_use_is_told() -> None:
    async with site() as s:
        s.world.simulator.add_fault(Fault(path="/publickey", kind="wrong_shape"))
        answer = await s.get("/publickey")
        assert (answer.status, (await problem(answer))["code"]) == (502, "powens_refused")
        assert (await s.get("/publickey")).status == 200
