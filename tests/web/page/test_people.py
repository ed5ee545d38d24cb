"""The page is for everybody: by keyboard, on a small screen, read aloud, in French."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from tests.web.page.conftest import Scene
from tests.web.page.person import COLOURS, STANDARDS, Person, unique
from tests.web.page.stage import CODE

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"
RIVES = ("Numéro client", "Code secret")


async def focus_is_on_the_heading(p: Person) -> None:
    await expect(p.heading()).to_be_focused()


async def test_the_whole_way_by_keyboard_alone(scene: Scene) -> None:
    p = scene.person
    keys = p.page.keyboard

    async def tabbed_to(name: str) -> None:
        target = p.page.locator(f'[data-event="{name}"], [type="{name}"]')
        for _ in range(20):
            await keys.press("Tab")
            if await target.evaluate("(one) => one.matches(':focus')"):
                return
        raise AssertionError(f"no key leads to {name}")

    await p.opens()
    await expect(p.page.get_by_role("option").first).to_be_visible()
    await keys.press("Tab")
    await expect(p.page.get_by_role("combobox")).to_be_focused()
    await keys.type("connecteur")
    await p.sees_text("1 bank found")
    await keys.press("ArrowDown")
    await expect(p.page.get_by_role("option", selected=True)).to_contain_text(BANK)
    await keys.press("Enter")
    await p.sees(f"Sign in to {BANK}")
    await focus_is_on_the_heading(p)
    await keys.press("Tab")
    await keys.type(p.capture.type(unique("sms")))
    await keys.press("Tab")
    await keys.type(p.capture.type("Secret-by-keyboard"))
    await keys.press("Enter")
    await p.sees(f"Enter the code from {BANK}")
    await focus_is_on_the_heading(p)
    await keys.press("Tab")
    await keys.type(p.capture.type(CODE))
    await keys.press("Enter")
    await p.sees("Choose what to share")
    await focus_is_on_the_heading(p)
    await keys.press("Tab")  # Select all
    await keys.press("Tab")
    await keys.press("Space")
    await tabbed_to("choose_accounts")
    await keys.press("Enter")
    await p.sees("Your bank is connected")
    await focus_is_on_the_heading(p)
    await p.sees_text("1 account shared")


async def test_focus_and_words_follow_the_steps(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    assert await p.focused() == ""
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await focus_is_on_the_heading(p)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await focus_is_on_the_heading(p)
    await p.page.evaluate(
        """() => {
            const own = document.createElement("button");
            own.textContent = "Elsewhere";
            document.querySelector("main").append(own);
            own.focus();
        }"""
    )
    await scene.stage.pass_time(3)
    await p.sees("Choose what to share")
    await expect(p.button("Elsewhere")).to_be_focused()
    await expect(p.page.locator(".spoken")).to_have_text("Choose what to share")


async def test_focus_follows_the_steps_also_within_another_element(scene: Scene) -> None:
    """As in a design system's dialog: the document then has focus on that, on nothing in it."""
    p = scene.person
    await p.opens("/before")
    await p.page.evaluate(
        """async () => {
            const { PowensConnect } = await import("/connect/page/powens-flow.js");
            const around = document.createElement("div");
            document.body.append(around);
            const own = document.createElement("button");
            own.textContent = "Elsewhere";
            around.attachShadow({ mode: "open" }).append(own, new PowensConnect());
        }"""
    )
    await p.page.get_by_role("combobox").fill(BANK)
    await p.sees_text("1 bank found")
    await p.page.keyboard.press("Enter")
    await p.sees(f"Sign in to {BANK}")
    await focus_is_on_the_heading(p)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await focus_is_on_the_heading(p)
    await p.button("Elsewhere").focus()
    await scene.stage.pass_time(3)
    await p.sees("Choose what to share")
    await expect(p.button("Elsewhere")).to_be_focused()


async def test_beginning_again_is_a_step_too(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await p.presses("Cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    await p.button("Start again").focus()
    await p.page.keyboard.press("Enter")
    await p.sees("Choose your bank")
    await focus_is_on_the_heading(p)


async def test_who_goes_on_is_led_to_the_step_that_came_meanwhile(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await p.presses("Cancel")
    await scene.stage.pass_time(3)
    await expect(p.page.locator("#title")).to_have_text("Choose what to share")
    await p.presses("Go on")
    await focus_is_on_the_heading(p)


async def test_there_is_no_question_where_there_is_nothing_to_stop(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.presses("Cancel")
    await scene.stage.pass_time(901)
    await expect(p.page.get_by_role("dialog")).to_have_count(0)
    await p.sees("The time has run out")
    await focus_is_on_the_heading(p)


async def test_one_can_stop_while_an_answer_is_waited_for(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await p.page.route("**/events", hold, times=1)
    await p.page.get_by_role("option", name=BANK).click()
    await p.until(lambda: bool(held))
    await p.presses("Cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    await held[0].continue_()


async def test_times_are_true_where_the_phones_clock_is_not(scene: Scene) -> None:
    p = scene.person
    await p.page.clock.install(time=datetime.now(UTC) - timedelta(hours=1))
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await expect(p.page.get_by_text("Time left")).to_have_text(re.compile(": [45] min"))


async def test_a_wait_that_is_looked_at_again_keeps_focus(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("validating-3"))
    await p.sees("Your approval is being processed")
    await p.button("Cancel").focus()
    await scene.stage.pass_time(3)
    await expect(p.button("Cancel")).to_be_focused()


@pytest.mark.context(locale="fr-FR")
@pytest.mark.stage(policy={"choose_source": True})
async def test_in_french(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choisissez votre banque")
    await expect(p.page.locator("section")).to_have_attribute("lang", "fr")
    await p.sees_text("12 banques trouvées")
    await p.shown("fr-choose_connector", dark=False)
    await p.chooses_bank("Banque des Deux Rives")
    await p.sees("Que souhaitez-vous connecter en premier ?")
    await p.sees_text("Épargne, titres et crédits")
    await p.shown("fr-choose_source", dark=False)
    await p.page.locator('[data-event="choose_source"]').first.click()
    await p.sees("Connectez-vous à Banque des Deux Rives")
    await p.shown("fr-fill_in_fields", dark=False)
    await p.presses("Continuer en sécurité")
    await p.sees_text("Merci de corriger 2 champs.")
    await p.types("Numéro client", unique("decoupled-1+unavailable-8"))
    await p.types("Code secret", "Secret-in-French")
    await p.presses("Continuer en sécurité")
    await p.sees("Validez dans l’application de votre banque")
    await p.shown("fr-approve_on_device", dark=False)
    await scene.stage.pass_time(3)
    await p.sees("Banque des Deux Rives n’est pas disponible pour le moment")
    await p.shown("fr-wait", dark=False)
    await scene.stage.pass_time(12)
    await p.sees("Choisissez ce que vous partagez")
    await p.sees_text("5\u202f400,00\u00a0€")
    await p.shown("fr-choose_accounts", dark=False)
    await p.presses("Tout sélectionner")
    await p.presses("Partager 2 comptes")
    await p.sees("Votre banque est connectée")
    await p.shown("fr-done", dark=False)


@pytest.mark.stage(attributes='lang="fr"')
async def test_the_language_can_be_given(scene: Scene) -> None:
    await scene.person.opens()
    await scene.person.sees("Choisissez votre banque")


@pytest.mark.context(locale="de-DE")
async def test_a_language_without_texts_gets_english(scene: Scene) -> None:
    await scene.person.opens()
    await scene.person.sees("Choose your bank")


@pytest.mark.context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
async def test_on_a_screen_of_320_pixels(scene: Scene) -> None:
    p = scene.person

    async def fits(name: str) -> None:
        wide = await p.page.evaluate("() => document.scrollingElement.scrollWidth")
        assert wide <= 320, name
        await p.shown(f"320-{name}", dark=False)

    await p.opens()
    await expect(p.page.get_by_role("option").first).to_be_visible()
    await fits("choose_connector")
    await p.page.get_by_role("option", name="Banque des Deux Rives").tap()
    await p.sees("Sign in to Banque des Deux Rives")
    await p.presses("Continue securely")
    await fits("fill_in_fields")
    await p.signs_in(unique("sms+decoupled-1"), labels=RIVES)
    await p.sees("Enter the code from Banque des Deux Rives")
    await fits("fill_in_fields-code")
    await p.types_code(CODE)
    await p.presses("Confirm")
    await p.sees("Approve in your bank's app")
    await fits("approve_on_device")
    await scene.stage.pass_time(3)
    await p.sees("Choose what to share")
    await fits("choose_accounts")
    await p.page.get_by_role("button", name="Add: Current accounts and cards").tap()
    await p.sees("Continue on the site of Banque des Deux Rives")
    await fits("open_url")
    await p.presses("Cancel")
    await fits("cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    await fits("failed")


async def test_in_forced_colours_and_without_motion(scene: Scene) -> None:
    p = scene.person
    await p.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    turning = p.page.locator(".ring")
    await expect(turning).to_have_css("animation-timing-function", "steps(12)")
    await p.page.screenshot(path=p.picture("forced-colors"), full_page=True)
    assert await p.axe([*STANDARDS]) == []


async def test_every_screen_has_a_visible_focus(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await expect(p.page.get_by_role("option").first).to_be_visible()
    await p.page.keyboard.press("Tab")
    await expect(p.page.get_by_role("combobox")).to_have_css("outline-style", "solid")
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    for _ in range(5):
        await p.page.keyboard.press("Tab")
        script = """() => getComputedStyle(
            document.querySelector('powens-connect').shadowRoot.activeElement).outlineStyle"""
        assert await p.page.evaluate(script) == "solid"
    assert await p.axe(COLOURS) == []
