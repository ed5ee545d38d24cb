"""A member of the staff in a real browser, looking at attempts that are left under way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import field, frozen
from playwright.async_api import BrowserContext, Page, async_playwright

from powens_flow import Engine, SQLiteStore
from powens_flow.keyring import Keyring
from powens_flow.testing import Script, World, counted_ids, world
from powens_flow.vault import StoreVault
from powens_flow.web.inspect import InspectLimits, inspect_app
from tests.needs import browser, npm_package

FILE: Final = "flow.db"
SCREENSHOTS: Final = Path("build/screenshots/inspect")
PATIENCE: Final = 20_000
"""Milliseconds that a browser on a busy machine may take for a step."""

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@frozen(eq=False)
class Watched:
    """A world that is served, the attempts in it by what they are, and the browser."""

    world: World
    origin: str
    context: BrowserContext
    attempts: dict[str, str] = field(factory=dict)
    faults: list[str] = field(factory=list)

    async def page(self, path: str = "/", *, clock: bool = False) -> Page:
        """A tab at this address; what its console complains of is a fault. With `clock` its time
        is moved by hand."""
        tab = await self.context.new_page()
        if clock:
            await tab.clock.install()
        tab.on("console", lambda one: self._complaint(one.type, one.text))
        tab.on("pageerror", lambda error: self.faults.append(str(error)))
        await tab.goto(f"{self.origin}/inspect{path}")
        return tab

    def _complaint(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(text)

    def attempt(self, name: str) -> str:
        """The address of an attempt's page."""
        return f"/attempts/{self.attempts[name]}"

    async def shot(self, tab: Page, name: str) -> None:
        """A picture of the whole page, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await tab.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@asynccontextmanager
async def watched(folder: Path, **context: Any) -> AsyncIterator[Watched]:
    """A browser before a served world with attempts; nothing may have been complained of."""
    keyring, path = Keyring.generate(), folder / FILE
    limits = InspectLimits(figures=0.1, times=0.1, picture=0.1, poll=0.2)
    async with (
        SQLiteStore(path) as store,
        world(store=store, vault=StoreVault(store, keyring), keyring=keyring) as w,
    ):
        attempts = await _played(w)
        w.clock.advance(192)
        await w.engine.tick()
        await w.engine.settled(within=5.0)
        app = web.Application()
        options = {"authenticate_staff": lambda _: "nora", "limits": limits}
        app.add_subapp("/inspect", inspect_app(w.engine, **options))  # type: ignore[arg-type]
        async with TestServer(app) as server, async_playwright() as playing:
            chromium = await playing.chromium.launch(executable_path=browser(), args=list(FLAGS))
            made = await chromium.new_context(**{"locale": "en-GB", **context})
            made.set_default_timeout(PATIENCE)
            seen = Watched(w, str(server.make_url("")).rstrip("/"), made, attempts)
            yield seen
            await chromium.close()
            assert seen.faults == []


async def _played(w: World) -> dict[str, str]:
    """Attempts of each kind that staff see: by name their ids."""
    ended = {
        "completed": Script(login="decoupled-3"),
        "two-sources": Script(connector="59", further=1),
        "failed": Script(login="error-config"),
    }
    left = {
        "sms": (Script(login="sms"), "state.additionalInformationNeeded"),
        "sms-twice": (Script(login="sms-twice"), "state.additionalInformationNeeded"),
        "approving": (Script(login="decoupled-never"), "approve_on_device"),
        "at-bank": (Script(login="webauth"), "open_url"),
        "accounts": (Script(), "choose_accounts"),
        "stuck": (Script(login="unknown-state"), "state.unknown"),
    }
    ids = {
        name: (await w.driver(script, owner=f"owner-of-{name}").run()).attempt_id
        for name, script in ended.items()
    }
    for name, (script, key) in left.items():
        view = await w.driver(script, owner=f"owner-of-{name}").until(key)
        ids[name] = view.attempt_id
    return ids


@asynccontextmanager
async def another_process(w: World, folder: Path) -> AsyncIterator[Engine]:
    """An engine of another process on the same file."""
    async with SQLiteStore(folder / FILE) as store:
        vault = StoreVault(store, w.keyring)
        engine = Engine(w.api, store, vault, w.keyring, clock=w.clock, new_id=counted_ids("theirs"))
        async with engine as running:
            yield running


def axe() -> Path:
    """The script that finds what is not accessible."""
    return npm_package("axe-core") / "axe.min.js"
