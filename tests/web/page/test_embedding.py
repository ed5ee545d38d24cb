"""What an integrator may do with the element: place, theme, translate, listen."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.async_api import Request, Route, expect

from tests.web.page.conftest import Scene
from tests.web.page.person import unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"
LISTENING = """
    window.heard = [];
    for (const name of ["view", "done", "failed", "problem"]) {
        addEventListener(`powens-flow:${name}`, ({ type, detail }) => heard.push([type, detail]));
    }
"""


async def heard(scene: Scene) -> list[tuple[str, dict[str, Any]]]:
    text = await scene.person.page.evaluate("() => JSON.stringify(window.heard)")
    return [(name, detail) for name, detail in json.loads(text)]


async def test_the_page_around_hears_how_it_goes(scene: Scene) -> None:
    p = scene.person
    await p.page.add_init_script(LISTENING)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique())
    await p.shares_all()
    await p.sees("Your bank is connected")
    said = await heard(scene)
    kinds = [detail["kind"] for name, detail in said if name == "powens-flow:view"]
    assert kinds[0] == "choose_connector"
    assert kinds[-1] == "done"
    name, detail = said[-1]
    assert name == "powens-flow:done"
    assert detail["machine"] == "add_connection"
    assert len(detail["result"]["accounts"]) == 2


async def test_the_page_around_hears_of_an_end_and_of_problems(scene: Scene) -> None:
    p = scene.person
    await p.page.add_init_script(LISTENING)
    await p.opens()
    await p.presses("Cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    name, detail = (await heard(scene))[-1]
    assert (name, detail["message_key"]) == ("powens-flow:failed", "ended.cancelled")
    await scene.context.add_cookies([{"name": "session", "value": "", "url": p.stage.origin}])
    await p.presses("Start again")
    await p.sees("Please sign in again")
    name, detail = (await heard(scene))[-1]
    assert (name, detail["status"], detail["code"]) == (
        "powens-flow:problem",
        401,
        "unauthenticated",
    )


@pytest.mark.stage(attributes='texts="/texts-{lang}.json" lang="de" after="/before" theme="dark"')
async def test_texts_a_way_on_and_the_scheme_can_be_given(scene: Scene) -> None:
    p = scene.person
    texts = {"connector.choose": "Wählen Sie Ihre Bank"}
    await p.page.route("**/texts-de.json", lambda route: route.fulfill(json=texts))
    await p.opens()
    await p.sees("Wählen Sie Ihre Bank")
    await p.sees_text("Search for the bank or provider")
    await expect(p.page.locator("section")).to_have_css("background-color", "rgb(21, 27, 43)")
    await p.chooses_bank(BANK)
    await p.signs_in(unique())
    await p.shares_all()
    await p.sees("Your bank is connected")
    await p.page.get_by_role("link", name="Continue").click()
    await expect(p.page).to_have_title("Before")


async def test_variables_theme_it(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await p.page.evaluate(
        """() => {
            const { style } = document.querySelector("powens-connect");
            style.setProperty("--powens-surface", "rgb(1, 2, 3)");
        }"""
    )
    await expect(p.page.locator("section")).to_have_css("background-color", "rgb(1, 2, 3)")


async def test_made_by_script_with_headers_and_texts_of_its_own(scene: Scene) -> None:
    """A backend that knows people by a header: an event stream cannot send any, so it looks."""
    p = scene.person
    seen: list[tuple[str, str | None]] = []

    def note(request: Request) -> None:
        if "/attempts" in request.url:
            seen.append((request.url, request.headers.get("x-token")))

    p.page.on("request", note)
    await p.opens("/before")
    await p.page.evaluate(
        """async () => {
            const { PowensConnect } = await import("/connect/page/powens-flow.js");
            const made = new PowensConnect();
            made.headers = async () => ({ "X-Token": "t-1" });
            made.texts = { "connector.choose": "Pick yours" };
            document.body.append(made);
        }"""
    )
    await p.sees("Pick yours")
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    assert {token for _, token in seen} == {"t-1"}
    assert not any(url.endswith("/stream") for url, _ in seen)


async def test_headers_that_cannot_be_had_offline_are_asked_for_again(scene: Scene) -> None:
    p = scene.person
    await p.opens("/before")
    await p.page.evaluate(
        """async () => {
            const { PowensConnect } = await import("/connect/page/powens-flow.js");
            const made = new PowensConnect();
            made.headers = async () => {
                if (!navigator.onLine) throw new TypeError("no token");
                return { "X-Token": "t-1" };
            };
            document.body.append(made);
        }"""
    )
    await p.sees("Choose your bank")
    await scene.context.set_offline(True)
    await p.page.get_by_role("option", name=BANK).click()
    await p.sees_text("You are offline.")
    await p.sees("Choose your bank")
    await scene.context.set_offline(False)
    await p.sees(f"Sign in to {BANK}")


async def test_taken_out_of_the_page_it_is_quiet(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    async with p.page.expect_event("requestfailed", lambda one: one.url.endswith("/stream")):
        await p.page.evaluate("() => document.querySelector('powens-connect').remove()")
    asked: list[str] = []
    p.page.on("request", lambda request: asked.append(request.url))
    await scene.stage.pass_time(3)
    await p.page.evaluate(
        "() => new Promise((done) => requestIdleCallback(done, { timeout: 1000 }))"
    )
    assert asked == []


async def test_taken_out_at_the_end_it_begins_afresh_when_it_is_put_in_again(scene: Scene) -> None:
    """As in a dialog that is closed on `powens-flow:done`; where it is moved, it shows the end."""
    p = scene.person
    await p.opens()
    await p.presses("Cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    await p.page.evaluate(
        """() => new Promise((done) => {
            addEventListener("powens-flow:failed", () => done(), { once: true });
            document.body.append(document.querySelector("powens-connect"));
        })"""
    )
    await p.sees("You stopped the connection")
    await p.page.evaluate(
        """async () => {
            const taken = document.querySelector("powens-connect");
            taken.remove();
            await new Promise((done) => setTimeout(done));
            document.body.append(taken);
        }"""
    )
    await p.sees("Choose your bank")


def showing(prompt: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Gives each view this prompt."""
    return lambda view: view.update(prompt=dict(prompt))


async def test_an_unknown_kind_and_key_take_a_generic_way(scene: Scene) -> None:
    p = scene.person
    prompt = {
        "kind": "dance",
        "message_key": "dance.tango",
        "accepts": ["try_again", "finish_later", "cancel"],
        "bank_message": "Dansez !",
        "error": {"key": "dance.trodden"},
    }
    await p.is_shown(showing(prompt))
    await p.opens()
    await p.sees("One more step")
    await p.sees_text("Dansez !")
    await p.sees_text("Something went wrong")
    await expect(p.button("Try again")).to_be_visible()
    await expect(p.button("Finish later")).to_be_visible()
    await p.shown("generic")


async def test_a_field_of_an_unknown_type_and_error_is_shown_as_text(scene: Scene) -> None:
    p = scene.person
    fields = [
        {"name": "a", "type": "hologram", "label": "A", "required": True, "error": "values.odd"},
        {
            "name": "b",
            "type": "list",
            "label": "B",
            "required": True,
            "values": [{"label": f"Choice {n}", "value": str(n)} for n in range(9)],
        },
    ]
    prompt = {
        "kind": "fill_in_fields",
        "message_key": "values.needed",
        "accepts": ["submit_values", "cancel"],
        "connector": BANK,
        "fields": fields,
        "sealed": True,
        "error": {"key": "values.wrong", "fields": {"a": "values.odd"}},
    }
    await p.is_shown(showing(prompt))
    await p.opens()
    await expect(p.box("A")).to_have_attribute("type", "text")
    await expect(p.box("A")).to_have_attribute("aria-invalid", "true")
    await expect(p.page.get_by_role("combobox", name="B")).to_be_visible()
    await p.sees_text("Some details need your attention.")
    await p.shown("fill_in_fields-unknown")


async def test_what_need_not_be_answered_can_be_taken_back_but_not_half_given(scene: Scene) -> None:
    p = scene.person
    choices = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    fields = [
        {"name": "day", "type": "date", "label": "Day", "required": False},
        {"name": "way", "type": "list", "label": "Way", "required": False, "values": choices},
    ]
    prompt = {
        "kind": "fill_in_fields",
        "message_key": "values.needed",
        "accepts": ["submit_values", "cancel"],
        "connector": BANK,
        "fields": fields,
        "sealed": True,
    }
    await p.is_shown(showing(prompt))
    await p.opens()
    way = p.page.get_by_role("combobox", name="Way")
    await way.select_option("2")
    await way.select_option("")
    day = p.page.locator("input[type=date]")
    await day.focus()
    await p.page.keyboard.type("12")
    await p.presses("Continue securely")
    await expect(day).to_have_accessible_description("Please enter a full date.")
    await expect(day).to_be_focused()


@pytest.mark.stage(attributes='texts="/texts-{lang}.json"')
async def test_accounts_that_are_shared_already_are_selected_and_stay_so(scene: Scene) -> None:
    p = scene.person
    account = {"name": "Compte", "number": "1", "iban": None, "type": "odd", "usage": None}
    prompt = {
        "kind": "choose_accounts",
        "message_key": "accounts.choose_new",
        "accepts": ["choose_accounts", "cancel"],
        "accounts": [
            {"id": 1, "active": True, "balance": 1.5, "currency": "USD", **account},
            {"id": 2, "active": False, "balance": None, "currency": None, **account},
            {"id": 3, "active": False, "balance": 2.25, "currency": None, **account},
        ],
        "subscriptions": [],
        "offered": [],
        "at_least_one": False,
        "consent_wording": "consent.of_theirs",
    }
    texts = {"consent.of_theirs": "Words of their own, read by a lawyer."}
    await p.page.route("**/texts-en.json", lambda route: route.fulfill(json=texts))
    await p.is_shown(showing(prompt))
    await p.opens()
    await p.sees("More to share was found")
    await p.sees_text("Words of their own, read by a lawyer.")
    boxes = p.page.get_by_role("checkbox")
    await expect(boxes.first).to_be_checked()
    await expect(boxes.first).to_be_disabled()
    await expect(boxes.last).not_to_be_checked()
    await expect(p.page.locator(".money")).to_have_text(["US$1.50", "2.25"])
    await p.shown("choose_accounts-active")


@pytest.mark.parametrize(
    ("accounts", "contracts", "family"),
    [(1, 0, "account"), (0, 1, "contract"), (1, 1, "item")],
)
async def test_the_button_says_what_is_shared(
    scene: Scene, accounts: int, contracts: int, family: str
) -> None:
    p = scene.person
    about = {"number": "1", "iban": None, "type": "checking", "usage": None, "active": False}
    account = {"id": 1, "name": "Compte", "balance": 1.5, "currency": "EUR", **about}
    contract = {"id": 2, "label": "Contrat", "subscriber": "M. Martin", "number": "7"}
    prompt = {
        "kind": "choose_accounts",
        "message_key": "accounts.choose",
        "accepts": ["choose_accounts", "cancel"],
        "accounts": [account] * accounts,
        "subscriptions": [contract | {"active": False}] * contracts,
        "offered": [],
        "at_least_one": True,
        "consent_wording": "consent.default",
    }
    await p.is_shown(showing(prompt))
    await p.opens()
    await p.sees_text("Only what you select will be shared.")
    selected = "Share the selection" if family == "item" else f"Share selected {family}s"
    await expect(p.button(selected)).to_be_visible()
    for box in await p.page.get_by_role("checkbox").all():
        await box.check()
    count = accounts + contracts
    await expect(p.button(f"Share {count} {family}{'s' * (count > 1)}")).to_be_visible()


async def test_words_that_are_missing_cannot_be_agreed_to(scene: Scene) -> None:
    p = scene.person
    account = {"id": 1, "name": "Compte", "number": "1", "iban": None, "type": "checking"}
    more = {"usage": None, "balance": 1.5, "currency": "EUR", "active": False}
    prompt = {
        "kind": "choose_accounts",
        "message_key": "accounts.choose",
        "accepts": ["choose_accounts", "cancel"],
        "accounts": [account | more],
        "subscriptions": [],
        "offered": [],
        "at_least_one": False,
        "consent_wording": "consent.of_theirs",
    }
    await p.is_shown(showing(prompt))
    await p.opens()
    await p.sees("Choose what to share")
    await p.sees_text("The text that you would agree to is missing")
    await expect(p.page.locator('[data-event="choose_accounts"]')).to_have_count(0)
    await expect(p.button("Cancel")).to_be_visible()
    assert p.faults.pop() == "error: no text for consent.of_theirs"


async def test_a_page_whose_texts_do_not_come_says_so_and_tries_again(scene: Scene) -> None:
    p = scene.person
    await p.page.route("**/en.json", lambda route: route.abort())
    await p.opens()
    await p.sees_text("This page could not be loaded completely.")
    await p.page.unroute("**/en.json")
    await p.presses("Try again")
    await p.sees("Choose your bank")
    assert len(p.faults) == 1
    p.faults.clear()


@pytest.mark.parametrize("file", ["en.json", "powens-flow.css"])
async def test_a_file_that_never_comes_is_not_waited_for(scene: Scene, file: str) -> None:
    p = scene.person
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    came: list[str] = []
    p.page.on("requestfinished", lambda request: came.append(request.url.rpartition("/")[2]))
    await p.page.clock.install()
    await p.page.route(f"**/{file}", hold)
    await p.page.goto(p.stage.origin, wait_until="commit")
    await p.until(lambda: bool(held) and ({"en.json", "powens-flow.css"} - {file}) <= set(came))
    await p.page.evaluate("async () => await (await fetch('/before')).text()")  # what came is read
    await p.page.clock.fast_forward(15_000)
    if file == "en.json":  # without styles it is plain, without texts there is nothing to say
        await p.sees_text("This page could not be loaded completely.")
        assert len(p.faults) == 1
        p.faults.clear()
        await p.page.unroute(f"**/{file}")
        await p.presses("Try again")
    await p.sees("Choose your bank")
