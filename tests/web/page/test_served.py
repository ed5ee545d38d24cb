"""`powens-flow serve` in a process of its own: a person gets through each of the three options."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.web.page.capture import Capture
from tests.web.page.conftest import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "Secret-of-a-served-process"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where a process serves the page; its log and its files hold nothing that was typed."""
    folder = tmp_path_factory.mktemp("served")
    command = (
        "-m",
        "powens_flow",
        "serve",
        "--port",
        "0",
        "--store",
        str(folder / "kept.sqlite"),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    first = (await process.stdout.readline()).decode()
    found = re.match(r"Open (\S+)/ ", first)
    assert found, first + (await process.stdout.read()).decode()
    yield found[1]
    process.terminate()
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    Capture().check_kept(said + kept_in(folder), {PASSWORD})


def kept_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, capture: Capture, address: str) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    capture.follow(context, address)
    capture.type(PASSWORD)
    page = await context.new_page()
    said = heard(page)
    await page.goto(address)
    yield page
    await context.close()
    assert said == []


def heard(page: Page) -> list[str]:
    """Errors of scripts, and what the content security policy refuses.

    The attempt of the person before is not the new person's: that it is not found is an answer.
    """
    said: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if message.type == "error" and "(Not Found)" not in message.text:
            said.append(message.text)

    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", told)
    return said


async def as_somebody_with(page: Page, option: str) -> None:
    await page.get_by_text("Simulated banks: how to play").click()
    await page.get_by_label(option).check()
    await page.get_by_role("button", name="Begin as a new person").click()
    await page.get_by_role("option", name="Crédit Maritime et Rural").click()


async def to_the_bank_and_back(page: Page) -> None:
    await page.get_by_role("link", name="Continue to").click()
    await page.get_by_role("button", name="Autoriser").click()


async def signs_in(page: Page, place: str = "") -> None:
    await page.get_by_label(f"Identifiant{place}", exact=True).fill("camille")
    password = page.locator("input[type=password]")
    await password.fill(PASSWORD if place else "160217")
    await page.get_by_role("button", name="Continue securely").click()


async def shares(page: Page, count: int) -> None:
    await expect(page.get_by_role("heading", level=2)).to_have_text("Choose what to share")
    boxes = page.get_by_role("checkbox")
    await expect(boxes).to_have_count(count)
    for box in await boxes.all():
        await box.check()
    await page.locator('[data-event="choose_accounts"]').click()
    await expect(page.get_by_role("heading", level=2)).to_have_text("Your bank is connected")


async def test_offer(page: Page) -> None:
    await as_somebody_with(page, "offer the next one")
    await to_the_bank_and_back(page)
    await page.get_by_role("button", name="Add: Savings").click()
    await signs_in(page)
    await shares(page, 3)


async def test_restrict(page: Page) -> None:
    await as_somebody_with(page, "only savings accounts")
    await signs_in(page)
    await shares(page, 2)


async def test_chain(page: Page) -> None:
    await as_somebody_with(page, "all, one after the other")
    await to_the_bank_and_back(page)
    await signs_in(page)
    await signs_in(page, " Patrimoine")
    await shares(page, 4)
