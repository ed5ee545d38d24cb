"""The page in a real browser: seen, read aloud, by keyboard, narrow, dark, live, without script."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from powens_flow.inspection import spoken
from powens_flow.web.inspect.static import content
from tests.web.inspect.browsing import PATIENCE, Watched, another_process, axe, watched

expect.set_options(timeout=PATIENCE)


def pages(seen: Watched) -> dict[str, str]:
    """Each kind of page by name."""
    attempts = {f"attempt-{name}": seen.attempt(name) for name in seen.attempts}
    return {
        "now": "/",
        "attempts": "/attempts",
        "attempts-stuck": "/attempts?show=stuck",
        "funnel": "/funnel",
        "machine": "/machines/add_connection",
        "machine-part": "/machines/add_connection?part=source.state",
        "not-found": "/attempts/none",
        **attempts,
    }


def chosen(seen: Watched, name: str) -> dict[str, str]:
    """All pages where they are wide; else of the attempts' pages those that differ most."""
    alike = {"attempt-two-sources", "attempt-sms", "attempt-sms-twice", "attempt-accounts"}
    return {one: at for one, at in pages(seen).items() if name == "wide" or one not in alike}


async def settled(tab: Page) -> None:
    """Pictures are there, and the page has looked once whether it is up to date."""
    await tab.wait_for_load_state("load")
    if await tab.locator("#live").count():
        await expect(tab.locator("#live")).to_have_text(re.compile("^Live"))
    for image in await tab.locator(".paper img").all():
        assert await image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 100


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("wide", {"viewport": {"width": 1280, "height": 900}}),
        ("dark", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}),
        ("narrow", {"viewport": {"width": 320, "height": 700}}),
    ],
)
async def test_every_page_is_accessible_and_fits(
    tmp_path: Path, name: str, context: dict[str, object]
) -> None:
    script = axe()
    async with watched(tmp_path, **context, bypass_csp=True) as seen:
        for page, path in chosen(seen, name).items():
            tab = await seen.page(path)
            await settled(tab)
            await seen.shot(tab, f"{page}-{name}")
            for details in await tab.locator("details:not([open]) > summary").all():
                await details.click()
            wide = await tab.evaluate("document.documentElement.scrollWidth")
            assert wide <= await tab.evaluate("innerWidth"), (page, wide)
            await tab.add_script_tag(path=script)
            found = await tab.evaluate("axe.run()")
            wrong = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
            assert wrong == [], page
            await tab.close()
        seen.faults[:] = [one for one in seen.faults if "404" not in one]


async def test_nothing_is_asked_of_another_host_and_no_policy_is_broken(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        asked: list[str] = []
        seen.context.on("request", lambda one: asked.append(f"{one.method} {one.url}"))
        for path in pages(seen).values():
            tab = await seen.page(path)
            await settled(tab)
            await tab.close()

        assert {one.split("/inspect/")[0] for one in asked} == {f"GET {seen.origin}"}
        seen.faults[:] = [one for one in seen.faults if "404" not in one]


async def test_an_attempt_is_followed_while_another_process_moves_it(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen, another_process(seen.world, tmp_path) as other:
        tab = await seen.page(seen.attempt("accounts"))
        verdict = tab.locator("#verdict .sentence")
        await expect(verdict).to_contain_text("it waits for the user, to choose accounts")
        before = await tab.locator(".paper img").get_attribute("src")
        await other.for_owner("owner-of-accounts").send(
            seen.attempts["accounts"], {"type": "cancel"}
        )
        await expect(verdict).to_contain_text("ended as cancelled")
        await expect(tab.locator("#way")).to_contain_text("delete_user")
        await expect(tab.get_by_role("status")).to_have_text("ended: cancelled")
        assert await tab.locator(".paper img").get_attribute("src") != before


async def test_the_first_page_follows_the_fleet(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        await expect(tab.locator(".tiles")).to_contain_text("1 stuck")
        await expect(tab.locator(".tiles")).to_contain_text("6 under way")
        await seen.world.engine.for_owner("new").start()
        seen.world.clock.advance(1)
        await expect(tab.locator(".tiles")).to_contain_text("7 under way")


async def test_what_the_reader_does_stays_when_the_page_changes(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page(seen.attempt("sms-twice"))
        await settled(tab)
        await tab.locator("#stays summary").click()
        await tab.evaluate("document.querySelector('.paper').scrollTo(120, 60)")
        await tab.locator("#facts a").first.focus()
        before = await tab.locator(".paper img").get_attribute("src")
        owner = seen.world.engine.for_owner("owner-of-sms-twice")
        event = await owner.seal(seen.attempts["sms-twice"], {"code": "123456"})
        await owner.send(seen.attempts["sms-twice"], event)
        await expect(tab.locator("#stays")).to_contain_text("source.state.answering")

        assert await tab.locator("#stays").get_attribute("open") is not None
        assert await tab.evaluate("document.activeElement.textContent") == "owner-of-sms-twice"
        assert await tab.evaluate("document.querySelector('.paper').scrollTop") == 60
        assert await tab.locator(".paper img").get_attribute("src") != before


async def test_updating_can_be_paused_and_a_lost_server_is_said(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        await settled(tab)
        await tab.get_by_role("button", name="Pause updating").click()
        await expect(tab.locator("#live")).to_have_text(re.compile("^Paused"))
        await seen.world.engine.for_owner("new").start()
        seen.world.clock.advance(1)
        await tab.get_by_role("button", name="Go on updating").click()
        await expect(tab.locator(".tiles")).to_contain_text("7 under way")
        await seen.context.set_offline(True)
        await expect(tab.locator("#live")).to_contain_text("Not up to date")
        await seen.context.set_offline(False)
        await expect(tab.locator("#live")).to_have_text(re.compile("^Live"))
        seen.faults[:] = [one for one in seen.faults if "ERR_INTERNET_DISCONNECTED" not in one]


async def test_an_answer_that_comes_after_the_pause_changes_nothing(tmp_path: Path) -> None:
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def held(route: Route) -> None:
        asked.set()
        await let_go.wait()
        await route.continue_()

    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        await settled(tab)
        await tab.route("**/inspect/", held)
        await seen.world.engine.for_owner("new").start()
        seen.world.clock.advance(1)
        await asked.wait()
        await tab.get_by_role("button", name="Pause updating").click()
        async with tab.expect_request_finished():
            let_go.set()
        await tab.evaluate("new Promise(done => setTimeout(done))")
        await expect(tab.locator("#live")).to_have_text(re.compile("^Paused"))
        await expect(tab.locator(".tiles")).to_contain_text("6 under way")
        await tab.get_by_role("button", name="Go on updating").click()
        await expect(tab.locator(".tiles")).to_contain_text("7 under way")


@pytest.mark.parametrize(
    "away",
    [{"status": 401}, {"status": 302, "headers": {"Location": "/sign-in"}}],
    ids=["a refusal", "a redirect"],
)
async def test_who_is_signed_out_is_told_and_may_go_on_later(
    tmp_path: Path, away: dict[str, Any]
) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        await settled(tab)
        await tab.route("**/inspect/", lambda route: route.fulfill(**away))
        await expect(tab.locator("#live")).to_contain_text("No longer updated: signed out")
        await tab.unroute("**/inspect/")
        await tab.get_by_role("button", name="Go on updating").click()
        await expect(tab.locator("#live")).to_have_text(re.compile("^Live"))
        await expect(tab.locator("#pause")).to_have_text("Pause updating")
        seen.faults[:] = [one for one in seen.faults if "401" not in one]


async def test_a_tab_that_is_not_seen_asks_nothing(tmp_path: Path) -> None:
    hidden = "Object.defineProperty(document, 'hidden', {get: () => %s, configurable: true})"
    changed = "document.dispatchEvent(new Event('visibilitychange'))"
    async with watched(tmp_path) as seen:
        tab = await seen.page("/", clock=True)
        await settled(tab)
        await tab.evaluate(f"{hidden % 'true'}; {changed}")
        async with tab.expect_response("**/inspect.svg"):  # after all that were asked before
            await tab.evaluate("fetch(document.querySelector('link[rel=icon]').href)")
        asked: list[str] = []
        tab.on("request", lambda one: asked.append(one.url))
        await tab.clock.run_for(60_000)
        assert asked == []
        async with tab.expect_response("**/inspect/"):
            await tab.evaluate(f"{hidden % 'false'}; {changed}")


async def test_by_keyboard_one_gets_everywhere(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        await settled(tab)
        await tab.keyboard.press("Tab")
        assert await tab.evaluate("document.activeElement.textContent") == "Skip to content"
        await tab.keyboard.press("Enter")
        assert await tab.evaluate("document.activeElement.id") == "main"
        await tab.locator("#find").fill(seen.attempts["stuck"])
        await tab.locator("#find").press("Enter")
        await expect(tab).to_have_url(re.compile(seen.attempts["stuck"]))
        await tab.locator(".paper").focus()
        await tab.keyboard.press("ArrowRight")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await tab.evaluate(outline) == "solid"


async def test_the_picture_begins_where_the_attempt_is(tmp_path: Path) -> None:
    context = {"viewport": {"width": 640, "height": 500}}
    async with watched(tmp_path, **context) as seen:
        tab = await seen.page(seen.attempt("approving"))
        await settled(tab)
        frame = "(one => [one.scrollLeft, one.scrollTop])(document.querySelector('.paper'))"
        await tab.wait_for_function(f"{frame}.some(one => one > 0)")


async def test_without_script_everything_but_updating_is_there(tmp_path: Path) -> None:
    async with watched(tmp_path, java_script_enabled=False) as seen:
        tab = await seen.page("/")
        await expect(tab.locator("#live")).to_contain_text("Reload to see what is new.")
        await tab.get_by_role("link", name="1 stuck").click()
        await tab.locator("a.id").first.click()
        await expect(tab.locator("#verdict")).to_contain_text("somebody has to decide")
        await tab.locator("#stays summary").click()
        await expect(tab.locator("#stays")).to_contain_text("here now")
        await tab.get_by_role("link", name="source", exact=True).click()
        await expect(tab).to_have_url(re.compile(r"part=source#path$"))
        await seen.shot(tab, "attempt-without-script")


async def test_what_the_script_says_of_time_is_what_the_server_says(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        tab = await seen.page("/")
        source = content("inspect.js").text
        found = re.search(r"function spoken\(seconds\) \{.*?\n\}", source, re.S)
        assert found is not None
        seconds = [0, 10, 59, 60, 61, 72, 3600, 3661, 86400, 90061, 28_000_000]
        told = await tab.evaluate(f"{json.dumps(seconds)}.map({found[0]})")

        assert told == [spoken(one) for one in seconds]
