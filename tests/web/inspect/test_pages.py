"""What the pages say of attempts."""

import asyncio
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from powens_flow import Engine, SQLiteStore
from powens_flow.diagrams import graphviz
from powens_flow.keyring import Keyring
from powens_flow.testing import Script, counted_ids, world
from powens_flow.vault import StoreVault
from powens_flow.web.inspect import inspect_app
from tests.store.values import an_attempt, at_rest
from tests.web.inspect.desk import Desk, authenticate_staff, desk

WAITS = "state.additionalInformationNeeded"


def words(html: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def section(html: str, name: str) -> str:
    """The HTML of one section."""
    found = re.search(rf'<section id="{name}".*?</section>', html, re.S)
    assert found, name
    return found[0]


async def test_the_first_page_says_how_it_stands() -> None:
    async with desk() as d:
        waits = await d.waiting(WAITS, login="sms")
        await d.ended(owner="noah")
        d.later()
        text = await d.text("/")

        assert "0 stuck" in words(section(text, "now"))
        assert "1 under way" in words(section(text, "now"))
        assert "1 ended" in words(section(text, "now"))
        assert "None: every attempt gets on by itself." in text
        assert f'href="attempts/{waits.attempt_id}"' in section(text, "newest")
        assert 'src="machines/add_connection/picture.svg?' in text
        assert "source.state.asking_information" in section(text, "machine-add_connection")


async def test_what_is_stuck_stands_first_with_its_reason() -> None:
    async with desk() as d:
        stuck = await d.waiting("state.unknown", login="unknown-state")
        d.later()
        shown = words(section(await d.text("/"), "stuck"))

        assert stuck.attempt_id in shown
        assert "somebody has to decide" in shown


async def test_why_is_answered_in_one_sentence() -> None:
    async with desk() as d:
        view = await d.waiting("state.unknown", login="unknown-state")
        d.later(72)
        sentence = words(section(await d.text(f"/attempts/{view.attempt_id}"), "verdict"))
        row = (await d.world.engine.history(view.attempt_id))[-1]

        assert "stuck in source.state.stuck for 1 m 12 s (since 2026-01-05 09:0" in sentence
        assert "somebody has to decide" in sentence
        assert "is in state solarEclipse" in sentence
        assert "it waits for the user, to try again or give up" in sentence
        assert "at most until 2026-01-05 09:15:00 UTC, in 13 m 48 s" in sentence
        assert f"the last was connection, 200, request_id {row.calls[-1].request_id}" in sentence


async def test_the_last_error_has_its_code_and_request_id() -> None:
    async with desk() as d:
        driver = d.world.driver(Script(login="wrongpass"), owner="maya")
        view = await driver.step(await driver.until("fill_in_fields"))
        shown = words(section(await d.text(f"/attempts/{view.attempt_id}"), "verdict"))
        attempt = await d.world.store.load(view.attempt_id)
        assert attempt is not None
        assert attempt.problem is not None

        assert "waiting in source.filling_in" in shown
        assert "it waits for the user, to fill in login, password" in shown
        assert f"code wrongpass, request_id {attempt.problem.request_id}" in shown


async def test_an_attempts_page_tells_its_whole_story() -> None:
    async with desk() as d:
        view = await d.ended(login="sms")
        text = await d.text(f"/attempts/{view.attempt_id}")
        rows = await d.world.engine.history(view.attempt_id)

        assert "ended as completed" in words(section(text, "verdict"))
        for row in rows:
            for call in row.calls:
                assert str(call.request_id) in section(text, "way")
                assert str(call.request_id) in section(text, "sequence")
        assert "5001, 5002" in words(section(text, "consent"))
        assert "active" in words(section(text, "consent"))
        assert "source.state.asking_information" in section(text, "path")
        consent = await d.json(f"/json/attempts/{view.attempt_id}/consent")
        assert consent["status"] == "active"
        story = await d.json(f"/json/attempts/{view.attempt_id}")
        assert [row["seq"] for row in story["journal"]] == [row.seq for row in rows]
        assert story["verdict"]["stands"] == "ended"


async def test_pictures_mark_where_the_attempt_is_and_how_many_are_where() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        text = await d.text(f"/attempts/{view.attempt_id}")
        address = re.search(r'src="\.\./(attempts/[^"]+picture\.svg[^"]*)"', text)
        assert address is not None
        path = await d.ask("/" + address[1].replace("&amp;", "&"))
        assert path.content_type == "image/svg+xml"
        assert ">● asking_information<" in await path.text()
        assert "here since 09:00:00 UTC" in await path.text()
        live = await d.text("/machines/add_connection/picture.svg?part=source.state")
        assert "1 here" in live
        assert "there are: add_connection, reconnect" in await d.text("/machines/no", status=404)
        wrong = await d.text("/machines/add_connection?part=no", status=400)
        assert "source.state" in wrong


async def test_a_picture_is_drawn_once_for_what_it_shows() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        first = await d.text(f"/attempts/{view.attempt_id}/picture.svg")
        d.later()
        again = await d.ask(
            f"/attempts/{view.attempt_id}/picture.svg", headers={"If-None-Match": "*"}
        )

        assert again.status == 304
        assert first == await d.text(f"/attempts/{view.attempt_id}/picture.svg")


async def test_without_graphviz_it_says_what_to_install() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pygraphviz", None)
        graphviz.version.cache_clear()
        async with desk() as d:
            view = await d.waiting(WAITS, login="sms")
            d.later()
            pages = ("/", "/machines/add_connection", f"/attempts/{view.attempt_id}")
            for page in pages:
                text = await d.text(page)
                assert "pip install &#x27;powens-flow[diagrams]&#x27;" in text
                assert "<img" not in text
                assert "source.state.asking_information" in text
            picture = await d.ask("/machines/add_connection/picture.svg")
            assert picture.status == 501
            assert "powens-flow[diagrams]" in await picture.text()
    graphviz.version.cache_clear()


async def test_the_funnel_by_step_and_by_connector() -> None:
    async with desk() as d:
        await d.ended(owner="noah")
        waits = await d.waiting(WAITS, login="sms")
        await d.world.engine.for_owner("maya").send(waits.attempt_id, {"type": "cancel"})
        d.later()
        shown = words(section(await d.text("/funnel"), "funnel-add_connection"))

        assert "2 attempts: 1 completed (50.0 %), 0 under way, 1 lost" in shown
        assert "1 at source.state.asking_information by cancel" in shown
        assert "Connecteur de test" in shown
        told = await d.json("/json/funnel?since=day")
        assert told["funnels"][0]["lost"] == 1
        assert "one of: hour, day" in await d.text("/funnel?since=ever", status=400)
        d.later(timedelta(days=2).total_seconds())
        assert "No attempt began in this time." in await d.text("/funnel?since=hour")


async def test_the_funnel_says_what_it_leaves_out() -> None:
    async with desk() as d:
        await at_rest(d.world.store, an_attempt("theirs", machine="acme"))
        text = await d.text("/funnel")

        assert "1 attempts of acme, which is not loaded here" in words(section(text, "left-out"))
        assert "No attempt began" not in text
        told = await d.json("/json/funnel")
        assert told == {"funnels": [], "left_out": {"acme": 1}}


async def test_find_leads_to_an_attempt_or_to_an_owner() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        attempt = await d.ask(f"/find?q={view.attempt_id}")
        owner = await d.ask("/find?q=maya")

        assert (attempt.status, attempt.headers["Location"]) == (303, f"attempts/{view.attempt_id}")
        assert owner.headers["Location"] == "attempts?owner=maya"
        assert (await d.ask("/find?q=")).status == 400


# --- updating ------------------------------------------------------------------------------------


async def changed(d: Desk, path: str, tag: str) -> bool:
    """Whether the page has another tag, or the same."""
    response = await d.ask(path, headers={"If-None-Match": tag})
    assert response.status in (200, 304)
    return response.status == 200


async def test_a_page_is_the_same_as_long_as_nothing_happens() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        d.later()
        for path in (f"/attempts/{view.attempt_id}", "/attempts", "/", "/funnel"):
            tag = (await d.ask(path)).headers["ETag"]
            d.later(5)
            assert not await changed(d, path, tag), path
            assert await changed(d, path, '"another"'), path


async def test_what_another_process_does_is_seen(tmp_path: Path) -> None:
    keyring, file = Keyring.generate(), tmp_path / "flow.db"
    async with (
        SQLiteStore(file) as ours,
        SQLiteStore(file) as theirs,
        world(store=ours, vault=StoreVault(ours, keyring), keyring=keyring) as w,
    ):
        view = await w.driver(Script(login="sms")).until(WAITS)
        app = web.Application()
        app.add_subapp("/inspect", inspect_app(w.engine, authenticate_staff=authenticate_staff))
        async with TestClient(TestServer(app)) as client:
            d = Desk(w, client)
            path = f"/attempts/{view.attempt_id}"
            tag = (await d.ask(path)).headers["ETag"]
            assert not await changed(d, path, tag)
            vault = StoreVault(theirs, keyring)
            ids = counted_ids("theirs")
            async with Engine(w.api, theirs, vault, keyring, clock=w.clock, new_id=ids) as other:
                await other.for_owner("owner-1").send(view.attempt_id, {"type": "cancel"})
            assert await changed(d, path, tag)
            assert "ended as cancelled" in words(await d.text(path))


async def test_ten_tabs_ask_the_store_once() -> None:
    async with desk() as d:
        await d.waiting(WAITS, login="sms")
        d.later()
        asked = []
        counts = d.world.store.counts  # type: ignore[attr-defined]  # a Fleet

        async def counting(**how: object) -> object:
            asked.append(how)
            return await counts(**how)

        d.world.store.counts = counting  # type: ignore[attr-defined]  # a Fleet
        await asyncio.gather(*(d.text("/") for _ in range(10)))
        assert len(asked) == 1
        d.later(1)
        await d.text("/")
        assert len(asked) == 1
        d.later(3)
        await d.text("/")
        assert len(asked) == 2
