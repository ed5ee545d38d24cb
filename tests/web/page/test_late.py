"""What comes late belongs to the step it was asked for, not to the one that came meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from tests.web.page.conftest import Scene
from tests.web.page.person import Person, unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"
EVENTS = "**/attempts/*/events"


class Held:
    """Requests that wait until they are let go."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    async def __call__(self, route: Route) -> None:
        self.routes.append(route)

    def __bool__(self) -> bool:
        return bool(self.routes)


async def test_values_go_nowhere_where_the_person_stopped_while_they_were_sealed(
    scene: Scene,
) -> None:
    p = scene.person
    sent: list[str] = []
    p.page.on("request", lambda one: sent.append(one.post_data or ""))
    held = Held()
    await p.page.route("**/publickey", held)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique())
    await p.until(lambda: bool(held))
    async with p.page.expect_event("requestfailed", lambda one: one.url.endswith("/publickey")):
        await p.presses("Cancel")
        await p.presses("Stop")
        await p.sees("You stopped the connection")
    await held.routes[0].continue_()
    await p.page.evaluate("async () => await (await fetch('/before')).text()")
    await p.sees("You stopped the connection")
    assert not any("submit_values" in one for one in sent)


async def test_a_look_while_values_are_on_their_way_shows_no_form_again(scene: Scene) -> None:
    p = scene.person
    looks: list[str] = []
    held = Held()
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.route(EVENTS, held)
    await p.signs_in(unique())
    await p.until(lambda: bool(held))
    await p.sees(f"{BANK} is checking your details")
    p.page.on("requestfinished", lambda one: looks.append(one.url))
    await p.until(lambda: len(looks) > 1)
    await p.page.evaluate("async () => await (await fetch('/before')).text()")
    assert await p.heading().text_content() == f"{BANK} is checking your details"
    await held.routes[0].continue_()
    await p.sees("Choose what to share")


async def test_a_problem_is_not_covered_by_the_work_that_came_before_it(scene: Scene) -> None:
    """Work that is short is not shown: the screen before it stays for a moment."""
    p = scene.person
    await p.page.clock.install()
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    async def at_work(route: Route) -> None:
        answer = await route.fetch()
        working = {"kind": "working", "message_key": "working", "accepts": ["cancel"]}
        await route.fulfill(response=answer, json={**await answer.json(), "prompt": working})

    heard: list[str] = []

    def hear(kind: str) -> None:
        heard.append(kind)

    await p.page.expose_function("hear", hear)
    await p.page.evaluate(
        """() => addEventListener("powens-flow:view", ({ detail }) => hear(detail.kind))"""
    )
    await p.page.route("**/attempts/*", at_work)
    async with asyncio.timeout(20):
        while "working" not in heard:  # what a look began before tells may come between
            async with p.page.expect_response("**/attempts/*"):
                await p.page.evaluate("() => dispatchEvent(new Event('online'))")
    await p.page.unroute("**/attempts/*")
    await scene.stage.world.engine.erase("camille")
    await p.page.evaluate("() => dispatchEvent(new Event('online'))")
    await p.sees("Something went wrong")
    await p.page.clock.run_for(5_000)
    await p.sees("Something went wrong")
    await expect(p.button("Start again")).to_be_visible()


async def pressed_while_another_list_comes(p: Person, typed: str) -> None:
    """A finger is on a bank while the list of what was typed comes."""
    held = Held()
    await p.opens()
    bank = p.page.get_by_role("option", name=BANK)
    await bank.wait_for()
    await p.page.route(f"**/connectors?q={typed}*", held)
    await p.page.get_by_role("combobox").fill(typed)
    await p.until(lambda: bool(held))
    await bank.hover()
    await p.page.mouse.down()
    async with p.page.expect_event("requestfinished", lambda one: f"q={typed}" in one.url):
        await held.routes[0].continue_()
    await p.page.evaluate("async () => await (await fetch('/before')).text()")
    await expect(bank).to_be_visible()


async def test_a_list_that_comes_while_a_bank_is_being_pressed_takes_no_press(scene: Scene) -> None:
    p = scene.person
    await pressed_while_another_list_comes(p, "Conn")
    await p.page.mouse.up()
    await p.sees(f"Sign in to {BANK}")


async def test_a_list_that_came_while_another_was_held_is_shown_when_it_is_let_go(
    scene: Scene,
) -> None:
    p = scene.person
    await pressed_while_another_list_comes(p, "Puente")
    await p.page.mouse.move(0, 0)
    await p.page.mouse.up()
    await expect(p.page.get_by_role("option")).to_have_count(1)
    await p.sees("Choose your bank")
