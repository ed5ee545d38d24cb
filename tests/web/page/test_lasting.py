"""The page survives reloads, other tabs, closed tabs, the back button and a lost network."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Request, Route, expect

from tests.web.page.conftest import Scene
from tests.web.page.person import Person, unique
from tests.web.page.stage import CODE, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"
EVENTS = "**/attempts/*/events"


async def causes(stage: Stage, attempt_id: str) -> list[str]:
    """The triggers of the attempt's transitions, in order."""
    return [row.trigger for row in await stage.world.engine.history(attempt_id)]


async def the_attempt(p: Person) -> str:
    (attempt_id,) = await p.attempts()
    return attempt_id


async def test_a_reload_at_each_step(scene: Scene) -> None:
    p = scene.person

    async def still(title: str) -> None:
        await p.sees(title)
        await p.reloads()
        await p.sees(title)

    await p.opens()
    await still("Choose your bank")
    await p.chooses_bank(BANK)
    await still(f"Sign in to {BANK}")
    await p.signs_in(unique("sms+decoupled-1+action-needed+unavailable-8+webauth"))
    await still(f"Enter the code from {BANK}")
    await p.types_code(CODE)
    await p.presses("Confirm")
    await still("Approve in your bank's app")
    await scene.stage.pass_time(3)
    await still(f"{BANK} needs something from you first")
    await p.presses("I have done it")
    await still(f"{BANK} is not available right now")
    await scene.stage.pass_time(12)
    await still(f"Continue on the site of {BANK}")
    await p.page.get_by_role("link", name="Continue to").click()
    await p.page.reload()
    await p.page.get_by_role("button", name="Autoriser").click()
    await still("Choose what to share")
    await p.shares_all()
    await still("Your bank is connected")
    assert len(scene.stage.world.simulator.users) == 1


async def test_a_reload_while_the_bank_checks(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("slow-5"))
    await p.sees(f"{BANK} is checking your details")
    await p.reloads()
    await p.sees("One moment…")
    await p.waits_for_the_bank(5)
    await p.sees("Choose what to share")


async def test_a_closed_tab_and_the_return(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.close()
    again = await p.another_tab(scene.context)
    await again.opens()
    await again.sees(f"Sign in to {BANK}")
    await again.signs_in(unique())
    await again.shares_all()
    await again.sees("Your bank is connected")
    await again.page.close()
    later = await p.another_tab(scene.context)
    await later.opens()
    await later.sees("Choose your bank")


async def test_the_back_button_leaves_and_forward_returns(scene: Scene) -> None:
    p = scene.person
    await p.opens("/before")
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await p.page.go_back()
    await expect(p.page).to_have_title("Before")
    await p.page.go_forward()
    await p.sees(f"Sign in to {BANK}")
    await p.signs_in(unique())
    await p.sees("Choose what to share")


async def test_two_tabs_show_the_same_step(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    other = await p.another_tab(scene.context)
    await other.opens()
    await other.sees("Choose your bank")
    await p.turns_to_it()
    await p.chooses_bank(BANK)
    await other.sees(f"Sign in to {BANK}")
    await other.turns_to_it()
    await other.signs_in(unique())
    await p.sees("Choose what to share")
    await p.turns_to_it()
    await p.shares_all()
    await other.sees("Your bank is connected")
    assert other.faults == []


async def test_two_tabs_opened_at_once_start_one_attempt(scene: Scene) -> None:
    p = scene.person
    await p.opens("/before")
    await p.page.evaluate(
        "() => localStorage.setItem('powens-flow:start:/connect||', `one ${Date.now()}`)"
    )
    other = await p.another_tab(scene.context)
    held: list[Route] = []
    for one in (p, other):
        await one.page.route("**/connect/attempts", lambda route: _hold(held, route))
    await p.page.goto(scene.stage.origin, wait_until="commit")
    await other.page.goto(scene.stage.origin, wait_until="commit")
    await p.until(lambda: len(held) == 2)
    for route in held:
        await route.continue_()
    await p.sees("Choose your bank")
    await other.sees("Choose your bank")
    assert len(await p.attempts()) == 1


async def _hold(held: list[Route], route: Route) -> None:
    held.append(route)


async def test_a_stale_screen_is_told_the_present_step(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    other = await p.another_tab(scene.context)
    await other.page.route("**/stream", lambda route: route.abort())
    await other.opens()
    await other.sees("Choose your bank")
    await other.page.route("**/attempts/*", lambda route: route.abort())
    await p.turns_to_it()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    await other.turns_to_it()
    await other.page.get_by_role("option", name="Banco del Puente").click()
    await other.sees(f"Sign in to {BANK}")
    await other.sees_text("This step was already completed")
    await other.shown("notice-elsewhere")


async def test_offline_and_back(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await expect(p.page.get_by_role("option", name=BANK)).to_be_visible()
    attempt = await the_attempt(p)
    await scene.context.set_offline(True)
    await p.page.get_by_role("option", name=BANK).click()
    await p.sees_text("You are offline.")
    await p.sees("Choose your bank")
    await p.shown("notice-offline")
    await scene.context.set_offline(False)
    await p.sees(f"Sign in to {BANK}")
    await p.sees_text("You are back online.")
    assert (await causes(scene.stage, attempt)).count("choose_connector") == 1


async def test_offline_while_a_form_is_sent(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    attempt = await the_attempt(p)
    await scene.context.set_offline(True)
    await p.signs_in(unique())
    await p.sees_text("You are offline.")
    await scene.context.set_offline(False)
    await p.sees("Choose what to share")
    assert (await causes(scene.stage, attempt)).count("submit_values") == 1


async def test_what_happens_meanwhile_is_seen_when_the_network_is_back(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await scene.context.set_offline(True)
    await scene.stage.pass_time(3)
    await scene.context.set_offline(False)
    await p.sees("Choose what to share")


async def test_a_lost_answer_is_asked_for_again_and_acts_once(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")
    attempt = await the_attempt(p)
    keys: list[str] = []
    await p.page.route("**/stream", lambda route: route.abort())
    await p.page.route(EVENTS, _losing(keys))
    await p.signs_in(unique())
    await p.sees("Choose what to share")
    await p.until(lambda: len(keys) == 2)
    assert len(set(keys)) == 1
    assert (await causes(scene.stage, attempt)).count("submit_values") == 1
    assert sum(len(user.connections) for user in scene.stage.world.simulator.users) == 1


def _losing(keys: list[str]) -> Callable[[Route, Request], Awaitable[None]]:
    """The first answer is lost after the server acted."""

    async def lose(route: Route, request: Request) -> None:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    return lose


async def test_a_lost_answer_to_the_start_starts_once(scene: Scene) -> None:
    p = scene.person
    keys: list[str] = []
    await p.page.route("**/connect/attempts", _losing(keys))
    await p.opens()
    await p.sees("Choose your bank")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(await p.attempts()) == 1
    assert len(scene.stage.world.simulator.users) == 1


async def test_an_answer_that_breaks_off_is_asked_for_again(scene: Scene) -> None:
    p = scene.person
    keys: list[str] = []

    async def broken_off(route: Route, request: Request) -> None:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            await route.fetch()
            await route.continue_(url=f"http://127.0.0.1:{port}/")
        else:
            await route.continue_()

    server = await asyncio.start_server(_half_an_answer, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server:
        await p.page.route("**/connect/attempts", broken_off)
        await p.opens()
        await p.sees("Choose your bank")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(await p.attempts()) == 1


async def _half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    writer.write(head + b'{"attempt_id": "a-')
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("statuses", [(503, 429), (408,)])
async def test_a_server_that_is_busy_or_lost_patience_is_asked_again(
    scene: Scene, statuses: tuple[int, ...]
) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    answers = iter(statuses)
    await p.page.route(EVENTS, lambda route: _refused(route, next(answers, 0)))
    await p.chooses_bank(BANK)
    await p.sees(f"Sign in to {BANK}")


async def _refused(route: Route, status: int) -> None:
    body = json.dumps({"status": status, "code": "unavailable"})
    if status:
        await route.fulfill(status=status, body=body, content_type="application/problem+json")
    else:
        await route.continue_()


async def test_without_a_stream_the_page_looks_by_itself(scene: Scene) -> None:
    p = scene.person
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-1"))
    await p.sees("Approve in your bank's app")
    await scene.stage.pass_time(3)
    await p.sees("Choose what to share")


async def test_an_attempt_that_is_forgotten_is_begun_anew(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await scene.stage.world.engine.erase("camille")
    await p.reloads()
    await p.sees("Choose your bank")
    assert len(await p.attempts()) == 1
    await scene.stage.world.engine.erase("camille")
    await p.chooses_bank(BANK)
    await p.sees("Something went wrong")
    await p.sees_text("This attempt no longer exists.")
    await p.shown("problem-no_such_attempt")
    await p.presses("Start again")
    await p.sees("Choose your bank")


async def test_an_attempt_that_is_forgotten_is_not_looked_for(scene: Scene) -> None:
    p = scene.person
    await p.page.clock.install()
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.sees("Choose your bank")
    await scene.stage.world.engine.erase("camille")
    await p.sees_text("This attempt no longer exists.")
    asked: list[str] = []
    p.page.on("request", lambda request: asked.append(request.url))
    await p.page.clock.fast_forward(60_000)
    await p.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert asked == []


async def test_what_was_refused_is_told_where_the_person_is(scene: Scene) -> None:
    """Also at the end of a long page, and until they go on: not until the next look."""
    p = scene.person
    await p.page.set_viewport_size({"width": 320, "height": 480})
    looks: list[str] = []
    p.page.on("response", lambda answer: looks.append(answer.url))
    await p.page.route("**/stream", lambda route: route.abort())
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique())
    await p.sees("Choose what to share")
    await p.page.route(EVENTS, lambda route: _refused(route, 400), times=1)
    await p.page.locator('[data-event="choose_accounts"]').click()
    notice = p.page.locator(".notice")
    await expect(notice).to_have_text(
        "The service does not answer at the moment. Please try again in a little while."
    )
    await expect(notice).to_be_in_viewport(ratio=1)
    seen = len(looks)
    await p.until(lambda: len(looks) > seen + 1)
    await expect(notice).to_be_in_viewport(ratio=1)
    await p.shown("notice-refused")
    await p.shares_all()
    await p.sees("Your bank is connected")
    await expect(notice).to_have_text("")


async def test_a_stream_that_was_refused_is_tried_again(scene: Scene) -> None:
    p = scene.person
    refused = []

    async def refuse(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) > 2:
            await route.continue_()
        else:
            await route.fulfill(status=429)

    await p.page.route("**/stream", refuse)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("decoupled-9"))
    await p.sees("Approve in your bank's app")
    await p.until(lambda: len(refused) > 2)
