"""Who comes back to the page: from the bank, from its app, without a session, as somebody else."""

from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.web.page.conftest import Scene
from tests.web.page.person import launch_options, unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"


async def test_another_persons_attempt_is_left_alone(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    cookie = {"name": "session", "value": "maya", "url": scene.stage.origin}
    await scene.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of Playwright's
    await p.reloads()
    await p.sees("Choose your bank")


@pytest.mark.stage(return_to="/?from=bank")
async def test_the_callback_hands_over_what_it_cannot_place(scene: Scene) -> None:
    """The bank gave our `state` not back, and the session's cookie did not come along."""
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.sees("Continue on the site of Banco del Puente")
    path = "/?from=bank#returned=error%3Daccess_denied"
    await p.opens(path)
    await p.sees("The access was not granted at Banco del Puente")
    assert p.page.url == f"{scene.stage.origin}/?from=bank"


@pytest.mark.parametrize(
    "away",
    [
        {"status": 302, "headers": {"Location": "/sign-in"}},
        {"status": 401, "body": "<h1>Sign in</h1>", "content_type": "text/html"},
    ],
    ids=["a redirect", "a page of a proxy"],
)
async def test_a_sign_in_of_the_backends_own_is_asked_for(
    scene: Scene, away: dict[str, Any]
) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.route("**/attempts/*", lambda route: route.fulfill(**away))
    await p.reloads()
    await p.sees("Please sign in again")
    await p.page.unroute("**/attempts/*")
    await p.presses("Try again")
    await p.sees(f"Sign in to {BANK}")


async def test_a_session_that_has_ended_is_told_once_and_found_again(scene: Scene) -> None:
    """It is looked again and again whether somebody has signed in: nobody is disturbed by that."""
    p = scene.person
    looks: list[int] = []
    p.page.on("response", lambda answer: looks.append(answer.status))
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.evaluate(
        "() => { heard = 0; addEventListener('powens-flow:problem', () => (heard += 1)); }"
    )
    cookie = {"name": "session", "value": "", "url": p.stage.origin}
    await scene.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of Playwright's
    await p.sees("Please sign in again")
    await expect(p.heading()).to_be_focused()
    await p.button("Try again").focus()
    seen = looks.count(401)
    await p.until(lambda: looks.count(401) >= seen + 2)
    await expect(p.button("Try again")).to_be_focused()
    assert await p.page.evaluate("() => heard") == 1
    await scene.context.clear_cookies()
    await p.sees(f"Sign in to {BANK}")
    await expect(p.heading()).to_be_focused()


async def signed_out(scene: Scene) -> None:
    cookie = {"name": "session", "value": "", "url": scene.stage.origin}
    await scene.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of Playwright's


async def test_a_session_that_has_ended_is_found_again_also_where_the_stream_flows(
    scene: Scene,
) -> None:
    """Its owner was known when it was opened: it says nothing of a sign-in either."""
    p = scene.person
    async with p.page.expect_response("**/stream"):
        await p.opens()
    await p.sees("Choose your bank")
    await signed_out(scene)
    await p.chooses_bank(BANK)
    await p.sees("Please sign in again")
    await scene.context.clear_cookies()
    await p.sees("Choose your bank")
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")


async def test_a_session_that_has_ended_is_told_also_where_values_are_to_be_sealed(
    scene: Scene,
) -> None:
    """The stream that is open knows nothing of it."""
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await signed_out(scene)
    await p.signs_in(unique())
    await p.sees("Please sign in again")
    await scene.context.clear_cookies()
    await p.sees(f"Sign in to {BANK}")


async def test_a_session_that_has_ended_is_told_also_where_banks_are_searched(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await expect(p.page.get_by_role("option", name=BANK)).to_be_visible()
    await signed_out(scene)
    await p.page.get_by_role("combobox").fill(BANK)
    await p.sees("Please sign in again")
    await scene.context.clear_cookies()
    await p.sees("Choose your bank")


async def test_who_comes_back_in_another_browser_goes_on_after_their_sign_in(
    scene: Scene, browser: Browser
) -> None:
    """A bank's app leads back to the browser that the phone prefers: nobody is signed in there."""
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    (attempt_id,) = await p.attempts()
    context = await browser.new_context(locale="en-GB")
    await context.add_cookies([{"name": "session", "value": "", "url": p.stage.origin}])
    there = await p.another_tab(context)
    await there.opens(f"/?attempt={attempt_id}")
    await there.sees("Please sign in again")
    await context.clear_cookies()
    await there.opens()
    await there.sees(f"Sign in to {BANK}")
    await there.opens("/?attempt=nobody")
    await there.sees(f"Sign in to {BANK}")
    assert await p.attempts() == [attempt_id]
    await context.close()


OFF = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { get() { throw new Error("it is off"); } });"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"


@pytest.mark.parametrize("storage", [OFF, FULL], ids=["off", "full"])
async def test_where_the_browser_keeps_nothing_the_attempt_lives_as_long_as_the_page(
    scene: Scene, storage: str
) -> None:
    """Also where the element is put elsewhere on it, or tries again after a problem."""
    p = scene.person
    await p.page.add_init_script(storage)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.evaluate(
        """() => new Promise((done) => {
            addEventListener("powens-flow:view", () => done(), { once: true });
            document.body.append(document.querySelector("powens-connect"));
        })"""
    )
    await p.sees(f"Sign in to {BANK}")
    assert len(await p.attempts()) == 1


async def test_who_comes_back_to_a_browser_that_keeps_nothing_goes_on(scene: Scene) -> None:
    p = scene.person
    await p.page.add_init_script(OFF)
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.at_the_bank()
    await p.sees("Choose what to share")


async def test_who_comes_back_to_a_page_that_the_browser_kept_is_not_stuck(scene: Scene) -> None:
    """Browsers of phones show the very page that was left, with whatever it was at."""
    options = {**launch_options(), "ignore_default_args": ["--disable-back-forward-cache"]}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**options)
        context = await browser.new_context(locale="en-GB")
        p = await scene.person.another_tab(context)
        await p.opens()
        await p.chooses_bank("Banco del Puente")
        await p.page.evaluate("() => addEventListener('pageshow', (e) => (kept = e.persisted))")
        await p.page.get_by_role("link", name="Continue to").click()
        await expect(p.button("Autoriser")).to_be_visible()
        await p.page.evaluate("() => history.back()")
        await p.sees("Waiting for Banco del Puente")
        assert await p.page.evaluate("() => kept")
        await p.presses("Open the bank's page again")
        await p.at_the_bank()
        await p.sees("Choose what to share")
        assert p.faults == []
        await browser.close()


async def test_who_comes_back_from_the_banks_app_is_not_stuck(scene: Scene) -> None:
    """The link opened an app, and this page is still where it was."""
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.sees("Continue on the site of Banco del Puente")
    bank = await p.page.get_by_role("link", name="Continue to").get_attribute("href")
    assert bank is not None
    await p.page.route(bank, lambda route: route.fulfill(status=204))
    await p.page.get_by_role("link", name="Continue to").click()
    await expect(p.page.get_by_role("link", name="Continue to")).to_have_attribute(
        "aria-busy", "true"
    )
    await p.page.evaluate(
        "() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"
    )
    await p.sees("Waiting for Banco del Puente")
    await expect(p.button("Open the bank's page again")).to_be_visible()
