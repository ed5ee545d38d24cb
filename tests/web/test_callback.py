"""Back from the bank: told to the right attempt, or to none."""

import asyncio
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from powens_flow.simulator import Settings, at_the_bank
from powens_flow.simulator.faults import Fault
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import StoreError
from powens_flow.web import Limits
from tests.web.site import Site, authenticate, site

PUENTE = "160"
DIALECTS = ("connection_state", "absent")


async def at_the_page(s: Site, user: str = "maya") -> dict[str, Any]:
    """An attempt whose owner is sent to the bank."""
    view = await s.started(user=user)
    path = f"/attempts/{view['attempt_id']}/events"
    answer = await s.post(path, {"type": "choose_connector", "connector": PUENTE}, user=user)
    at_bank: dict[str, Any] = await answer.json()
    assert at_bank["prompt"]["kind"] == "open_url"
    return at_bank


async def visited(
    s: Site, view: dict[str, Any], decision: Literal["approve", "refuse", "fail"] = "approve"
) -> dict[str, str]:
    """The person acts on the bank's page: what it sends back with the browser."""
    url = view["prompt"]["url"]
    back = await at_the_bank(s.client.session, url, decision=decision, login="camille")
    return dict(parse_qsl(urlsplit(back).query, keep_blank_values=True))


async def back(s: Site, parameters: dict[str, str], user: str | None = None) -> str:
    """Where the browser is sent."""
    answer = await s.get("/callback", params=parameters, user=user)
    assert answer.status == 303
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.headers["Location"]


async def now(s: Site, view: dict[str, Any], user: str = "maya") -> dict[str, Any]:
    await s.world.engine.settled()
    answer = await s.get(f"/attempts/{view['attempt_id']}", user=user)
    stands: dict[str, Any] = await answer.json()
    return stands


def handed(location: str) -> dict[str, str]:
    """What the page reads from its fragment."""
    (returned,) = parse_qs(urlsplit(location).fragment)["returned"]
    return dict(parse_qsl(returned, keep_blank_values=True))


async def test_an_echoed_state_finds_its_attempt_without_anybody_signed_in() -> None:
    async with site() as s:
        view = await at_the_page(s)
        location = await back(s, await visited(s, view))
        assert location == f"/bank?attempt={view['attempt_id']}"
        assert (await now(s, view))["prompt"]["kind"] == "choose_accounts"


async def test_a_refusal_is_told_too() -> None:
    async with site() as s:
        view = await at_the_page(s)
        await back(s, await visited(s, view, "refuse"))
        after = await now(s, view)
        assert (after["prompt"]["kind"], after["prompt"]["error"]["key"]) == (
            "try_again",
            "webauth.refused",
        )


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_without_our_state_it_is_the_one_attempt_at_the_bank(dialect: Any) -> None:
    async with site(settings=Settings(webauth_state=dialect)) as s:
        other = await s.started()  # not at the bank
        view = await at_the_page(s)
        location = await back(s, await visited(s, view), user="maya")
        assert location == f"/bank?attempt={view['attempt_id']}"
        assert (await now(s, view))["prompt"]["kind"] == "choose_accounts"
        assert await now(s, other) == other


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("user", [None, "maya"])
async def test_where_the_attempt_is_not_known_the_page_is_handed_what_came(
    dialect: Any, user: str | None
) -> None:
    async with site(settings=Settings(webauth_state=dialect)) as s:
        view = await at_the_page(s)
        second = await at_the_page(s)  # two at the bank: which of them is not told
        came = await visited(s, view)
        location = await back(s, came, user=user)
        assert urlsplit(location).query == ""
        assert handed(location) == came
        assert [await now(s, one) for one in (view, second)] == [view, second]
        after = await s.sent(view, type="returned", parameters=handed(location))
        assert after["prompt"]["kind"] == "choose_accounts"


async def test_a_callback_that_comes_again_leads_to_the_page_and_changes_nothing() -> None:
    async with site() as s:
        view = await at_the_page(s)
        came = await visited(s, view)
        await back(s, came)
        after = await now(s, view)
        assert await back(s, came, user="maya") == f"/bank?attempt={view['attempt_id']}"
        assert await back(s, came) == "/bank"
        assert await now(s, view) == after


async def test_anothers_callback_changes_nothing_for_whoever_is_signed_in() -> None:
    async with site() as s:
        mine = await at_the_page(s)
        theirs = await at_the_page(s, user="eve")
        came = await visited(s, theirs)
        assert await back(s, came, user="maya") == "/bank"
        assert (await now(s, mine), await now(s, theirs, "eve")) == (mine, theirs)


@pytest.mark.parametrize("user", [None, "maya", "eve"])
async def test_a_forged_state_changes_nothing(user: str | None) -> None:
    async with site() as s:
        view = await at_the_page(s)
        for state in (
            f"pf.{view['attempt_id']}.guessed",
            f"pf.{view['attempt_id']}.",
            f"pf.{view['attempt_id']}",
            "pf.nobody.guessed",
            "pf.",
            "pf.\x00.x",
        ):
            location = await back(s, {"state": state, "id_connection": "1"}, user=user)
            assert not urlsplit(location).fragment
        assert await now(s, view) == view


async def test_a_forged_connection_is_not_believed() -> None:
    async with site() as s:
        view = await at_the_page(s)
        came = await visited(s, await at_the_page(s, user="eve"))
        forged = {"id_connection": came["id_connection"]}
        location = await back(s, forged, user="maya")  # the one attempt at the bank
        assert location.endswith(view["attempt_id"])
        after = await now(s, view)
        assert after["prompt"]["kind"] != "choose_accounts"
        assert after["state"] not in ("completed", "failed")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=%FF%FE&id_connection=%00",
        "state=a&state=b&state=pf.x.y",
        "&".join(f"x{number}=1" for number in range(100)),
        "error=" + "x" * 4000,
    ],
)
async def test_whatever_comes_the_browser_is_sent_to_the_page(query: str) -> None:
    async with site(options={"return_to": "https://app.example/bank?tab=1#top"}) as s:
        for user in (None, "maya"):
            answer = await s.get(f"/callback?{query}", user=user)
            assert answer.status == 303
            assert answer.headers["Location"].startswith("https://app.example/bank?tab=1")


async def in_time(s: Site, answering: asyncio.Task[str]) -> str:
    """The answer, for which as much time goes by as it takes."""
    while not answering.done():
        for _ in range(50):
            await asyncio.sleep(0)
        s.world.clock.advance(1.0)
    return await answering


async def test_a_long_look_at_the_connection_does_not_keep_the_browser() -> None:
    async with site() as s:
        view = await at_the_page(s)
        came = await visited(s, view)
        s.world.simulator.add_fault(Fault("silence", path="/users/me/connections/*", seconds=20))
        answering = asyncio.create_task(back(s, came))
        assert (await in_time(s, answering)).endswith(view["attempt_id"])


class Down(MemoryStore):
    """A store that can be out of reach."""

    is_down = False

    async def load(self, attempt_id: str) -> Any:
        if self.is_down:
            raise StoreError("down")
        return await super().load(attempt_id)


async def test_while_the_store_is_down_the_page_is_handed_what_came() -> None:
    store = Down()
    async with site(store=store) as s:
        view = await at_the_page(s)
        came = await visited(s, view)
        store.is_down = True
        assert handed(await back(s, came)) == came
        store.is_down = False
        after = await s.sent(view, type="returned", parameters=came)
        assert after["prompt"]["kind"] == "choose_accounts"


async def test_while_nobody_can_be_signed_in_the_page_is_handed_what_came() -> None:
    is_down = False

    def sessions(request: web.Request) -> str | None:
        if is_down:
            raise RuntimeError("S3cr3t")
        return authenticate(request)

    async with site(options={"authenticate": sessions}) as s:
        view = await at_the_page(s)
        came = await visited(s, view)
        is_down = True
        with capture_logs() as logs:
            assert handed(await back(s, came)) == came
        assert [one["event"] for one in logs if one["log_level"] == "error"] == ["web.failed"]
        is_down = False
        after = await s.sent(view, type="returned", parameters=came)
        assert after["prompt"]["kind"] == "choose_accounts"


class Slow(MemoryStore):
    """A store that leases no attempt while its gate is shut, as one that another process locks."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, attempt_id: str, **given: Any) -> Any:
        await self.gate.wait()
        return await super().take(attempt_id, **given)


@pytest.mark.parametrize("seconds", [0, 3])
async def test_what_came_is_told_also_where_the_store_takes_longer_than_the_browser_waits(
    seconds: float,
) -> None:
    store = Slow()
    async with site(store=store, options={"limits": Limits(callback=seconds)}) as s:
        view = await at_the_page(s)
        came = await visited(s, view)
        store.gate.clear()
        answering = asyncio.create_task(back(s, came))
        assert (await in_time(s, answering)).endswith(view["attempt_id"])
        store.gate.set()
        for _ in range(50):
            await asyncio.sleep(0)
        assert (await now(s, view))["prompt"]["kind"] == "choose_accounts"
