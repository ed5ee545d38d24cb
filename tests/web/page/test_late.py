"""An answer that comes late belongs to the step it was asked for, not to one that came meanwhile."""

import pytest
from playwright.async_api import Route

from tests.web.page.conftest import Scene
from tests.web.page.person import unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"


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
