"""The page around the page: who is who, what a browser is told, what is refused."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import aiohttp
import pytest

from powens_flow.keyring import Keyring
from powens_flow.serve import Served
from powens_flow.serve.sessions import Sessions
from powens_flow.serve.shell import TEXTS, language_of
from tests.serve.conftest import Serve


@pytest.fixture
async def here(served: Serve) -> Served:
    return await served()


@pytest.fixture
async def browser(here: Served) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(here.address, cookie_jar=jar) as session:
        yield session


async def started(browser: aiohttp.ClientSession) -> str:
    async with browser.post("/connect/attempts", json={"machine": "add_connection"}) as response:
        assert response.status == 201, await response.text()
        return str((await response.json())["attempt_id"])


def cookie_of(response: aiohttp.ClientResponse) -> str:
    """The session's cookie as it was set: `name=value`."""
    [morsel] = SimpleCookie(response.headers["Set-Cookie"]).values()
    return f"{morsel.key}={morsel.value}"


async def test_the_page_is_html_that_loads_the_element(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/") as response:
        text = await response.text()
    assert response.content_type == "text/html"
    assert '<script type="module" src="/connect/page/powens-flow.js">' in text
    assert '<powens-connect base="/connect" lang="en">' in text
    assert "Simulated banks" in text
    assert " style=" not in text  # none would be taken: see the policy


async def test_the_page_is_in_the_browsers_language(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/", headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}) as response:
        text = await response.text()
    assert '<html lang="fr">' in text
    assert "Banques simulées" in text
    assert TEXTS["fr"].keys() == TEXTS["en"].keys()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("de, fr;q=0.5", "fr"), ("fr;q=x, en;q=0.1", "en"), ("en, fr", "en"), ("*", "en")],
)
def test_the_language_is_the_one_wanted_first(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


async def test_a_browser_is_told_to_be_careful(browser: aiohttp.ClientSession) -> None:
    for path in ("/", "/static/shell.css", "/static/icon.svg", "/connect/publickey", "/nowhere"):
        async with browser.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.status == (404 if path == "/nowhere" else 200)


async def test_the_cookie_is_for_this_site_and_no_script(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/") as response:
        said = response.headers["Set-Cookie"]
        assert response.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Path=/" in said
    async with browser.get("/") as response:
        assert "Set-Cookie" not in response.headers


async def test_two_browsers_are_two_people(here: Served, browser: aiohttp.ClientSession) -> None:
    await browser.get("/")
    attempt_id = await started(browser)
    async with browser.get(f"/connect/attempts/{attempt_id}") as response:
        assert response.status == 200
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(here.address, cookie_jar=jar) as other:
        async with other.get(f"/connect/attempts/{attempt_id}") as response:
            assert response.status == 401
        await other.get("/")
        async with other.get(f"/connect/attempts/{attempt_id}") as response:
            assert response.status == 404


async def test_a_cookie_that_was_made_up_or_changed_is_nobodys(here: Served) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        async with session.get(f"{here.address}/") as response:
            name, _, value = cookie_of(response).partition("=")
        parts = value.split(".")
        forged = [
            "",
            "x",
            f"{'a' * 32}.{parts[1]}.{parts[2]}",
            f"{parts[0]}.chain.{parts[2]}",
            f"{value}x",
        ]
        for one in (*forged, value):
            headers = {"Cookie": f"{name}={one}"}
            async with session.post(
                f"{here.address}/connect/attempts", json={}, headers=headers
            ) as response:
                assert response.status == (201 if one == value else 401), one


async def test_beginning_anew_is_another_person(browser: aiohttp.ClientSession) -> None:
    await browser.get("/")
    attempt_id = await started(browser)
    async with browser.post("/person", data={"sources": "chain"}) as response:
        assert response.url.path == "/"
        assert 'value="chain" checked' in await response.text()
    async with browser.get(f"/connect/attempts/{attempt_id}") as response:
        assert response.status == 404


@pytest.mark.parametrize("sources", ["all", "", "../etc"])
async def test_an_option_that_is_none_is_not_taken(
    browser: aiohttp.ClientSession, sources: str
) -> None:
    async with browser.post("/person", data={"sources": sources}) as response:
        assert 'value="offer" checked' in await response.text()


async def test_no_other_site_makes_somebody_else_of_a_person(
    browser: aiohttp.ClientSession,
) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with browser.post("/person", data={}, headers=headers) as response:
            assert response.status == 403
            assert "Set-Cookie" not in response.headers


async def test_too_much_is_refused(browser: aiohttp.ClientSession) -> None:
    async with browser.post("/person", data={"sources": "x" * 20_000}) as response:
        assert response.status == 413


def test_sessions_outlive_a_change_of_keys() -> None:
    before = Keyring.generate("a")
    assert Sessions(before)._keys[0] == Sessions(before.changed("b"))._keys[1]
