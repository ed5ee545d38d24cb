"""One browser for all tests of the page, a served backend and a person for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from attrs import frozen
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests.web.page.capture import Capture, capturing
from tests.web.page.person import Person, launch_options, person_in
from tests.web.page.stage import Stage, staged

PATIENCE = 20_000
"""Milliseconds that a browser on a busy machine may take for a step."""


@pytest.fixture(scope="session")
def capture() -> Iterator[Capture]:
    """What the whole suite sent, logged and kept; at its end none of it holds what was typed."""
    with capturing() as made:
        yield made
        made.check()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    options = launch_options()
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(**options)
        yield made
        await made.close()


@frozen(eq=False)
class Scene:
    """A person on a stage, and the browser that their tabs are in."""

    stage: Stage
    context: BrowserContext
    person: Person


@pytest_asyncio.fixture(loop_scope="session")
async def scene(
    request: pytest.FixtureRequest, browser: Browser, capture: Capture, tmp_path: Path
) -> AsyncIterator[Scene]:
    """Set up by the marker `stage` (see `staged`) and `context` (see Playwright's contexts)."""
    before = set(capture.typed)
    async with staged(tmp_path, **_marked(request, "stage")) as stage:
        options = {"locale": "en-GB", "viewport": {"width": 640, "height": 900}}
        context = await browser.new_context(**{**options, **_marked(request, "context")})
        context.set_default_timeout(PATIENCE)
        capture.follow(context, stage.origin)
        person = await person_in(context, stage, capture)
        yield Scene(stage, context, person)
        for page in context.pages:  # what a test put in between may be at work on a last look
            await page.unroute_all(behavior="ignoreErrors")
        await context.close()
        await stage.world.engine.settled(within=5.0)
        assert not stage.world.simulator.violations
        assert person.faults == []
        capture.check_kept(stage.kept(), capture.typed - before)


def _marked(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    marker = request.node.get_closest_marker(name)
    return dict(marker.kwargs) if marker else {}
