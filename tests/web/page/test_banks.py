"""The list of banks: searched, walked by keyboard, longer than a page, of any names."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from tests.web.page.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"


async def test_the_list_of_banks_by_keyboard(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    box = p.page.get_by_role("combobox")
    chosen = p.page.get_by_role("option", selected=True)
    await expect(p.page.get_by_role("option")).to_have_count(12)
    await box.press("ArrowUp")
    await expect(chosen).to_contain_text("Épargne Salariale Unie")
    await box.press("ArrowDown")
    await expect(chosen).to_contain_text("Banco del Puente")
    active = await box.get_attribute("aria-activedescendant")
    assert await chosen.get_attribute("id") == active
    await box.press("PageDown")
    await expect(chosen).to_contain_text("Banque des Deux Rives")
    await box.fill("cré mar")
    await expect(p.page.get_by_role("option")).to_have_count(1)
    await expect(box).not_to_have_attribute("aria-activedescendant", "bank-0")
    await box.press("Escape")
    await expect(box).to_have_value("")
    await expect(p.page.get_by_role("option")).to_have_count(12)


async def test_a_key_chooses_nothing_of_a_list_that_is_stale(scene: Scene) -> None:
    """Letters that are typed are ahead of their answer, on a slow network by far."""
    p = scene.person
    await p.opens()
    box = p.page.get_by_role("combobox")
    options = p.page.get_by_role("option")
    await box.fill("connecteur")
    await expect(options).to_have_count(1)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await p.page.route("**/connectors?*", hold)
    await box.press("ArrowDown")
    await box.fill("banco")
    await expect(box).not_to_have_attribute("aria-activedescendant", "bank-0")
    await box.press("Enter")
    await p.until(lambda: bool(held))
    await box.press("Enter")
    await held[0].continue_()
    await expect(options).to_have_text([re.compile("Banco del Puente")])
    await p.sees("Choose your bank")
    await box.press("Enter")
    await p.sees("Continue on the site of Banco del Puente")


async def test_a_key_chooses_nothing_of_an_answer_that_came_too_late(scene: Scene) -> None:
    p = scene.person
    await p.page.clock.install()
    await p.opens()
    box = p.page.get_by_role("combobox")
    options = p.page.get_by_role("option")
    await expect(options).to_have_count(12)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await p.page.route("**/connectors?*", hold, times=1)
    await p.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=60))
    await box.fill("banco")
    async with p.page.expect_request("**/connectors?*"):
        await p.page.clock.run_for(200)
    await box.fill("connecteur")  # what is typed is asked for a moment later
    async with p.page.expect_response("**/connectors?*"):
        await held[0].continue_()
    await expect(options).to_have_text([re.compile("Banco del Puente")])
    await box.press("Enter")
    await p.page.clock.resume()
    await expect(options).to_have_text([re.compile(BANK)])
    await p.sees("Choose your bank")


async def test_a_bank_that_was_chosen_shows_that_it_is_at_work(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await p.page.route("**/events", hold)
    option = p.page.get_by_role("option", name=BANK)
    await option.click()
    await expect(option).to_have_attribute("aria-busy", "true")
    await p.until(lambda: bool(held))
    await held[0].fulfill(status=400, json={"status": 400, "code": "invalid"})
    await p.sees_text("This could not be accepted.")
    await expect(option).not_to_have_attribute("aria-busy", "true")


async def test_names_of_banks_may_be_anything(scene: Scene) -> None:
    p = scene.person
    names = ["", "  ", "🏦 A", "بنك (القاهرة)", "<b>x</b>", "X" * 90]

    async def renamed(route: Route) -> None:
        answer = await route.fetch()
        found = await answer.json()
        for bank, name in zip(found["connectors"], names, strict=False):
            bank["name"] = name
        await route.fulfill(response=answer, json=found)

    await p.page.route("**/connectors?*", renamed)
    await p.page.set_viewport_size({"width": 320, "height": 640})
    await p.opens()
    options = p.page.get_by_role("option")
    await expect(options).to_have_count(12)
    shown = await options.all_inner_texts()
    assert all(text.split() for text in shown)
    assert "\ufffd" not in "".join(shown)
    name = options.nth(3).locator(".name")
    await expect(name).to_have_css("unicode-bidi", "plaintext")
    assert await p.page.evaluate("() => document.scrollingElement.scrollWidth") == 320
    await p.shown("choose_connector-names")


async def test_more_banks_are_loaded_when_asked_for(scene: Scene) -> None:
    p = scene.person
    await p.page.route(
        "**/connectors?*",
        lambda route: route.continue_(url=route.request.url.replace("size=20", "size=5")),
    )
    await p.opens()
    options = p.page.get_by_role("option")
    await expect(options).to_have_count(5)
    await p.presses("Show more banks")
    await expect(options).to_have_count(10)
    box = p.page.get_by_role("combobox")
    await box.focus()
    for _ in range(4):
        await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(options).to_have_count(12)
    await expect(p.page.get_by_role("option", selected=True)).to_contain_text("Électricité")
    await expect(p.button("Show more banks")).to_be_hidden()
