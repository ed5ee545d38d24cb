"""An attempt followed live."""

import asyncio
import json
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

from aiohttp import ClientResponse
from structlog.testing import capture_logs

from powens_flow.engine import Engine
from powens_flow.testing import ManualClock, counted_ids
from powens_flow.web import Limits
from powens_flow.web.call import CONNECT
from powens_flow.web.watching import Watching, within
from tests.web.site import Site, site

T = TypeVar("T")
CHOOSE = {"type": "choose_connector", "connector": "40"}


async def soon(what: Awaitable[T]) -> T:
    """A stream that hangs fails its test."""
    async with asyncio.timeout(20):
        return await what


async def block(stream: ClientResponse) -> dict[str, str]:
    """The next block of the stream; empty at its end. A comment has an empty name."""
    lines: dict[str, str] = {}
    while line := (await soon(stream.content.readline())).decode().rstrip("\n"):
        name, _, value = line.partition(": ") if not line.startswith(":") else ("", "", line)
        lines[name] = value
    return lines


def id_of(view: dict[str, Any]) -> str:
    return f"{view['version']}{'w' if view['prompt']['kind'] == 'working' else ''}"


async def told(stream: ClientResponse) -> dict[str, Any]:
    """The next view of the stream; comments are passed over."""
    while "data" not in (lines := await block(stream)):
        assert lines, "the stream has ended"
    view: dict[str, Any] = json.loads(lines["data"])
    assert (lines["id"], lines["event"]) == (id_of(view), "view")
    return view


async def opened(s: Site, view: dict[str, Any], known: object = None) -> ClientResponse:
    headers = {} if known is None else {"Last-Event-ID": str(known)}
    stream = await s.get(f"/attempts/{view['attempt_id']}/stream", headers=headers)
    assert (stream.status, stream.content_type) == (200, "text/event-stream")
    assert stream.headers["Cache-Control"] == "no-store"
    return stream


async def passed(s: Site, seconds: float) -> None:
    """Time goes by, once whoever waits for it sleeps."""
    for _ in range(50):
        await asyncio.sleep(0)
    s.world.clock.advance(seconds)


def watching(s: Site) -> Watching:
    app = s.client.app
    assert app is not None
    return app._subapps[0][CONNECT].watching


async def test_the_view_now_then_each_change_until_the_end() -> None:
    async with site() as s:
        view = await s.started()
        stream = await opened(s, view)
        assert await told(stream) == view
        view = await s.sent(view, **CHOOSE)
        assert await told(stream) == view
        view = await s.sent(view, type="cancel")
        assert await told(stream) == view
        assert await soon(stream.content.read()) == b""


async def test_who_comes_back_gets_what_is_new_and_nothing_twice() -> None:
    async with site() as s:
        view = await s.started()
        first = await opened(s, view)
        seen = await told(first)
        first.close()
        known = await opened(s, view, seen["version"])
        view = await s.sent(view, **CHOOSE)
        assert await told(known) == view  # the first that it is told
        behind = await opened(s, view, seen["version"])
        assert await told(behind) == view
        odd = await opened(s, view)
        assert await told(odd) == view


async def test_who_was_left_on_working_is_told_of_the_rest() -> None:
    async with site() as s:
        view = await s.started()
        behind = await opened(s, view, f"{view['version']}w")
        assert await told(behind) == view


async def test_what_fails_in_an_open_stream_ends_it_and_is_no_second_answer() -> None:
    async with site() as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        await s.world.engine.erase("maya")
        with capture_logs() as logs:
            await passed(s, 1000)
            assert b"HTTP/1.1" not in await soon(stream.content.read())
        assert {
            "event": "web.stream_failed",
            "error": "NoSuchAttempt",
            "log_level": "error",
        } in logs


async def test_who_knows_the_end_is_told_to_ask_no_more() -> None:
    async with site() as s:
        view = await s.started()
        view = await s.sent(view, type="cancel")
        path = f"/attempts/{view['attempt_id']}/stream"
        known = await s.get(path, headers={"Last-Event-ID": str(view["version"])})
        assert known.status == 204
        unknown = await s.get(path, headers={"Last-Event-ID": "1"})
        assert await told(unknown) == view
        assert await soon(unknown.content.read()) == b""


async def test_every_tab_is_told() -> None:
    async with site() as s:
        view = await s.started()
        tabs = [await opened(s, view) for _ in range(3)]
        assert [await told(tab) for tab in tabs] == [view] * 3
        view = await s.sent(view, **CHOOSE)
        assert [await told(tab) for tab in tabs] == [view] * 3


async def test_what_another_process_does_is_seen_by_looking() -> None:
    async with site() as s:
        w = s.world
        other = Engine(
            w.api,
            w.store,
            w.vault,
            w.keyring,
            policy=None,
            clock=w.clock,
            new_id=counted_ids("other"),
            grace=0.0,
        )
        view = await s.started()
        stream = await opened(s, view)
        assert await told(stream) == view
        async with other:
            await other.for_owner("maya").send(view["attempt_id"], CHOOSE)
        telling = asyncio.create_task(told(stream))
        while not telling.done():
            await passed(s, Limits().poll)
        assert (await telling)["prompt"]["kind"] == "fill_in_fields"


async def test_a_quiet_stream_says_that_it_lives() -> None:
    async with site() as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        began = s.world.clock.now()
        heart = asyncio.create_task(block(stream))
        while not heart.done():
            await passed(s, Limits().poll)
        assert list(await heart) == [""]
        silence = s.world.clock.now() - began
        assert silence < timedelta(seconds=Limits().heartbeat + 3 * Limits().poll)


async def test_a_stream_ends_after_its_time_and_the_browser_comes_back() -> None:
    async with site(options={"limits": Limits(stream=10.0)}) as s:
        view = await s.started()
        stream = await opened(s, view)
        assert "retry" in await block(stream)
        assert await told(stream) == view
        ending = asyncio.create_task(soon(stream.content.read()))
        while not ending.done():
            await passed(s, 5.0)
        assert b"data" not in await ending


async def test_a_stream_lasts_no_longer_where_the_clock_is_set_back() -> None:
    async with site(options={"limits": Limits(stream=30.0)}) as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        s.world.clock.set_back(3600)
        at = s.world.clock.now()
        ending = asyncio.create_task(soon(stream.content.read()))
        while not ending.done() and s.world.clock.now() - at < timedelta(minutes=30):
            await passed(s, 2.0)
        assert ending.done()


async def test_one_owner_has_so_many_streams_and_no_more() -> None:
    async with site(options={"limits": Limits(streams=2)}) as s:
        view = await s.started()
        tabs = [await opened(s, view) for _ in range(2)]
        refused = await s.get(f"/attempts/{view['attempt_id']}/stream")
        assert refused.status == 429
        assert (await refused.json())["code"] == "too_many_streams"
        theirs = await s.started(user="eve")
        other = await s.get(f"/attempts/{theirs['attempt_id']}/stream", user="eve")
        assert other.status == 200
        tabs[0].close()
        while len(watching(s)) > 2:
            await passed(s, Limits().poll)
        assert (await s.get(f"/attempts/{view['attempt_id']}/stream")).status == 200


async def test_a_client_that_left_leaves_nothing_behind() -> None:
    async with site() as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        assert len(watching(s)) == 1
        stream.close()
        while len(watching(s)):
            await passed(s, Limits().poll)
        assert not watching(s)._watches


async def test_a_deadline_that_passes_is_told() -> None:
    async with site(options={"limits": Limits(stream=3600.0)}) as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        await passed(s, 1000)
        await s.world.engine.tick()
        await s.world.engine.settled()
        while (end := await told(stream))["prompt"]["kind"] == "working":
            pass
        assert (end["prompt"]["kind"], end["state"]) == ("failed", "expired")


async def test_streams_do_not_hold_up_the_end_of_the_application() -> None:
    async with site() as s:
        view = await s.started()
        stream = await opened(s, view)
        await told(stream)
        await soon(s.client.close())


async def test_work_that_does_not_end_in_its_time_is_left() -> None:
    clock = ManualClock()
    never = asyncio.Event()
    working = asyncio.create_task(within(clock, 30.0, never.wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.advance(30.0)
    assert await soon(working) is False
    never.set()
    assert await within(clock, 30.0, never.wait()) is True
