"""The list: its filters, its pages, and what bad ones get."""

import re

from tests.web.inspect.desk import Desk, desk
from tests.web.inspect.test_pages import words

WAITS = "state.additionalInformationNeeded"


async def ids(d: Desk, query: str) -> list[str]:
    """The attempts that the list shows, which the JSON says too."""
    text = await d.text(f"/attempts{query}")
    shown = re.findall(r'<a href="attempts/([^"?/]+)" class="id">', text)
    told = await d.json(f"/json/attempts{query}")
    assert [one["id"] for one in told["attempts"]] == shown
    return shown


async def test_each_filter_shows_those_that_are_like_that() -> None:
    async with desk() as d:
        done = (await d.ended(owner="noah", connector="40")).attempt_id
        d.later(3600)
        stuck = (await d.waiting("state.unknown", owner="lea", login="unknown-state")).attempt_id
        waits = (await d.waiting(WAITS, owner="maya", login="sms")).attempt_id
        d.later(120)
        for query, found in (
            ("", [waits, stuck, done]),
            ("?show=live", [waits, stuck]),
            ("?show=ended", [done]),
            ("?show=stuck", [stuck]),
            ("?state=stuck", [stuck]),
            ("?state=source.state.stuck&state=completed", [stuck, done]),
            ("?machine=reconnect", []),
            ("?machine=add_connection&show=ended", [done]),
            ("?owner=maya", [waits]),
            ("?owner=nobody", []),
            ("?connector=40", [waits, stuck, done]),
            ("?older_than=30m", [done]),
            ("?newer_than=30m", [waits, stuck]),
            ("?unmoved_for=1h", [done]),
        ):
            assert await ids(d, query) == found, query


async def test_the_list_is_paged_by_links() -> None:
    async with desk() as d:
        started = [await d.world.engine.for_owner(f"o{n}").start() for n in range(5)]
        d.later()
        seen, query = [], "?limit=2&show=live"
        for _ in range(3):
            seen += await ids(d, query)
            text = await d.text(f"/attempts{query}")
            further = re.search(r'<a href="attempts(\?[^"]+)" rel="next">', text)
            query = further[1].replace("&amp;", "&") if further else ""

        assert seen == [one.attempt_id for one in reversed(started)]
        assert query == ""


async def test_filters_are_links_with_how_many_there_are() -> None:
    async with desk() as d:
        await d.ended(owner="noah")
        await d.waiting(WAITS, owner="maya", login="sms")
        d.later()
        text = await d.text("/attempts?show=ended")

        assert "all 2under way 1ended 1stuck" in words(text).replace("> ", ">")
        assert "state=completed" in text
        assert "without" in await d.text("/attempts?owner=maya")


async def test_what_is_no_filter_is_told_with_what_is_accepted() -> None:
    async with desk() as d:
        await d.waiting(WAITS, login="sms")
        d.later()
        for query, name, told in (
            ("?show=all", "show", "live, ended, stuck"),
            ("?state=nowhere", "state", "source.state.asking_information"),
            ("?machine=none", "machine", "add_connection"),
            ("?connector=none", "connector", "40 (Connecteur de test)"),
            ("?older_than=soon", "older_than", "90s, 15m"),
            ("?older_than=1000000d", "older_than", "a duration"),
            ("?limit=0", "limit", "1 to 200"),
            ("?limit=1000000000000000000000", "limit", "1 to 200"),
            ("?before=x", "before", "a number"),
            ("?owner=a&owner=b", "owner", "too often"),
            ("?owner=" + "a" * 300, "owner", "at most 200"),
            ("?owner=%00", "owner", "a line"),
            ("?%3Cb%3E=1", "<b>", "no such filter"),
        ):
            problem = await d.json(f"/json/attempts{query}", status=400)
            assert problem["code"] == "invalid"
            assert told in problem["fields"][name], query
            page = await d.text(f"/attempts{query}", status=400)
            assert "<b>" not in page


async def test_nothing_that_others_chose_becomes_html() -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    async with desk() as d:
        view = await d.waiting("open_url", owner=nasty, login="webauth")
        returned = {"type": "returned", "parameters": {nasty: nasty, "error": nasty}}
        await d.world.engine.for_owner(nasty).send(view.attempt_id, returned)
        d.later()
        for path in ("/", "/attempts", f"/attempts/{view.attempt_id}"):
            text = await d.text(path)
            assert "<script>" not in text
            assert "<img src=x" not in text
        assert "&lt;script&gt;" in await d.text(f"/attempts/{view.attempt_id}")
        listed = await d.text("/attempts")
        link = re.search(r'<a href="(attempts\?owner=[^"]+)"', listed)
        assert link is not None
        assert view.attempt_id in await d.text("/" + link[1].replace("&amp;", "&"))
