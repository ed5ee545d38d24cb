"""A person before the page: what they see, type and press."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import field, frozen
from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from tests import needs
from tests.web.page.capture import Capture
from tests.web.page.stage import Stage

PICTURES = Path(__file__).parents[3] / "build" / "screenshots"
AXE = needs.PACKAGES / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
RUN_AXE = """async (runOnly) => {
    const found = await axe.run(document, { runOnly });
    return found.violations.flatMap((rule) => rule.nodes.map(
        (node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""


def unique(scenario: str = "") -> str:
    """A login that nobody else types: the simulator's scenario, and a name it knows nothing of."""
    own = f"c-{secrets.token_hex(4)}"
    return f"{scenario},{own}" if scenario else own


@frozen(eq=False)
class Person:
    """One person with one tab."""

    page: Page
    stage: Stage
    capture: Capture
    faults: list[str] = field(factory=list)
    inspected: list[str] = field(factory=list)

    def heard(self, kind: str, text: str) -> None:
        """What the console complains of, but for answers that were refused and networks that are
        down, and for the styles that the inspector's own tools add to the page."""
        known = ["Failed to load resource", "net::"]
        known += ["Applying inline style"] if self.inspected else []
        if kind in ("error", "warning") and not any(one in text for one in known):
            self.faults.append(f"{kind}: {text}")

    # --- what they see -------------------------------------------------------------------------

    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=2)

    async def sees(self, title: str) -> None:
        """The screen of this title, and with it, once there was another, focus on its heading."""
        await expect(self.heading()).to_have_text(title)

    async def sees_text(self, text: str) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def box(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    # --- what they do ---------------------------------------------------------------------------

    async def opens(self, path: str = "/") -> None:
        await self.page.goto(f"{self.stage.origin}{path}")

    async def reloads(self) -> None:
        await self.page.reload()

    async def turns_to_it(self) -> None:
        """Bring this tab to the front: one behind another is drawn seldom."""
        await self.page.bring_to_front()

    async def presses(self, name: str) -> None:
        await self.button(name).click()

    async def chooses_bank(self, name: str) -> None:
        await self.page.get_by_role("combobox").fill(name)
        await self.page.get_by_role("option", name=re.compile(re.escape(name))).click()

    async def types(self, label: str, value: str) -> str:
        """Type into a field; the value is one to be found nowhere afterwards."""
        await self.box(label).fill(self.capture.type(value))
        return value

    async def signs_in(self, login: str, *, labels: tuple[str, str] | None = None) -> None:
        first, second = labels or TEST_BANK
        await self.types(first, login)
        await self.types(second, f"Secret-{secrets.token_hex(8)}")
        await self.presses("Continue securely")

    async def types_code(self, code: str) -> None:
        code = self.capture.type(code)
        await self.page.locator('[autocomplete="one-time-code"]').fill(code)

    async def at_the_bank(self, decision: str = "Autoriser") -> None:
        """Follow the link to the bank's page, decide there, and come back."""
        await self.page.get_by_role("link", name=re.compile("^Continue to")).click()
        await self.page.get_by_role("button", name=decision).click()
        await self.page.wait_for_url(f"{self.stage.origin}/**")

    async def waits_for_the_bank(self, seconds: float) -> None:
        """Let the bank finish a check that takes so long, once it has begun."""
        simulator = self.stage.world.simulator
        await self.until(lambda: simulator.clock.sleepers > 0)
        await simulator.settle()
        self.stage.world.clock.advance(seconds)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Look on, picture by picture, until something is so."""
        async with asyncio.timeout(20):
            while not is_so():
                await self.page.evaluate("() => new Promise(requestAnimationFrame)")

    async def shares_all(self) -> None:
        await expect(self.page.locator('[data-event="choose_accounts"]')).to_be_visible()
        for box in await self.page.get_by_role("checkbox").all():
            await box.check()
        await self.page.locator('[data-event="choose_accounts"]').click()

    async def is_shown(self, change: Callable[[dict[str, Any]], None]) -> None:
        """From now on every view that comes is changed on its way to the browser."""

        async def changed(route: Route) -> None:
            answer = await route.fetch()
            view = await answer.json()
            if "prompt" in view:
                change(view)
            await route.fulfill(response=answer, json=view)

        await self.page.route("**/stream", lambda route: route.abort())
        for path in ("**/attempts", "**/attempts/*", "**/attempts/*/events"):
            await self.page.route(path, changed)

    # --- what an inspector does ------------------------------------------------------------------

    async def shown(self, name: str, *, dark: bool = True) -> None:
        """A picture of the screen, in both colour schemes, and axe's word on each."""
        for scheme in ("light", "dark") if dark else ("light",):
            if dark:
                await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            path = self.picture(name if scheme == "light" else f"{name}-dark")
            self.inspected.append(name)
            await self.page.screenshot(path=path, full_page=True, animations="disabled")
            assert await self.axe(STANDARDS if scheme == "light" else COLOURS) == [], (name, scheme)
        if dark:
            await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    @staticmethod
    def picture(name: str) -> Path:
        """Where the picture of that name is kept."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        return PICTURES / f"{name}.png"

    async def axe(self, rules: list[str]) -> list[str]:
        needs.npm_package("axe-core")
        self.inspected.append(self.page.url)
        if not await self.page.evaluate("() => Boolean(window.axe)"):
            await self.page.evaluate(AXE.read_text("utf-8"))
        found: list[str] = await self.page.evaluate(RUN_AXE, rules)
        return found

    async def remembered(self) -> str:
        """Everything that this browser's storage holds."""
        script = "() => JSON.stringify([{...localStorage}, {...sessionStorage}])"
        text: str = await self.page.evaluate(script)
        return text

    async def attempts(self) -> list[str]:
        """The attempts of this person that are under way on the server."""
        return list(await self.stage.world.store.live("camille"))

    async def focused(self) -> str:
        """The id of the element within ours that has focus."""
        script = "() => document.querySelector('powens-connect').shadowRoot.activeElement?.id ?? ''"
        found: str = await self.page.evaluate(script)
        return found

    async def another_tab(self, context: BrowserContext) -> Person:
        return await person_in(context, self.stage, self.capture)


TEST_BANK = ("Identifiant", "Mot de passe")


async def person_in(context: BrowserContext, stage: Stage, capture: Capture) -> Person:
    """A person with a new tab, whose faults are noted."""
    page = await context.new_page()
    person = Person(page, stage, capture)
    page.on("pageerror", lambda error: person.faults.append(str(error)))
    page.on("console", lambda said: person.heard(said.type, said.text))
    await page.emulate_media(reduced_motion="reduce")
    return person


def launch_options() -> dict[str, Any]:
    """How the system's browser is started."""
    return {
        "executable_path": needs.browser(),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }
