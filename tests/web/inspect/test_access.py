"""Who may look, by which methods, and what every answer forbids a browser."""

import re
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import StoreError
from powens_flow.web import connect_app
from powens_flow.web.inspect import inspect_app
from powens_flow.web.inspect.routes import ROUTES
from tests.web.inspect.desk import authenticate_staff, desk

WAITS = "state.additionalInformationNeeded"
PATHS = (
    "/",
    "/attempts",
    "/attempts/{id}",
    "/attempts/{id}/picture.svg",
    "/machines/add_connection",
    "/machines/add_connection/picture.svg?part=source",
    "/funnel",
    "/find?q=maya",
    "/json/fleet",
    "/json/attempts",
    "/json/attempts/{id}",
    "/json/attempts/{id}/consent",
    "/json/funnel",
    "/files/inspect.css",
    "/files/inspect.js",
    "/files/inspect.svg",
    "",
)


def test_the_paths_are_all_there_are() -> None:
    patterns = [re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route.path)) for route in ROUTES]
    plain = [path.partition("?")[0] for path in PATHS]

    for pattern in patterns:
        assert any(re.fullmatch(pattern, path) for path in plain), pattern


def test_it_is_not_made_without_a_hook_for_staff() -> None:
    with pytest.raises(TypeError):
        inspect_app(MemoryStore())  # type: ignore[call-arg]  # what is tried
    with pytest.raises(TypeError, match="authenticate_staff"):
        inspect_app(MemoryStore(), authenticate_staff=None)  # type: ignore[arg-type]  # what is tried


def test_what_cannot_be_looked_at_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(TypeError, match=r"object cannot be looked at: it has no .*losses"):
        inspect_app(object(), authenticate_staff=authenticate_staff)  # type: ignore[arg-type]  # what is tried


async def test_nobody_sees_anything() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        for path in (*PATHS, "/nothing/here", "/json/nothing"):
            address = path.replace("{id}", view.attempt_id)
            response = await d.ask(address, staff=None)
            text = await response.text()
            assert response.status == 401, address
            assert view.attempt_id not in text
            is_json = path.startswith("/json/")
            assert response.content_type == ("application/problem+json" if is_json else "text/html")
            if is_json:
                assert (await response.json(content_type=None))["code"] == "unauthenticated"
            else:
                assert "Nobody of the staff is signed in." in text


async def test_an_end_users_session_opens_nothing() -> None:
    async with desk() as d:
        response = await d.ask(
            "/", staff=None, headers={"X-User": "maya", "Cookie": "session=maya"}
        )

    assert response.status == 401


async def test_it_is_no_part_of_the_sub_application_for_end_users() -> None:
    async with desk() as d:
        app = connect_app(d.world.engine, authenticate=lambda _: "maya")
        async with TestClient(TestServer(app)) as client:
            response = await client.get("/inspect/")

    assert response.status == 404


async def test_nothing_can_act() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        before = await d.world.store.load(view.attempt_id)
        for path in PATHS:
            address = path.replace("{id}", view.attempt_id)
            for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"):
                response = await d.ask(address, method=method)
                assert response.status == 405, (method, address)
                assert response.headers["Allow"] == "GET, HEAD"
            seen, head = await d.ask(address), await d.ask(address, method="HEAD")
            assert (head.status, await head.read()) == (seen.status, b"")
            if seen.content_type == "text/html":
                assert not re.search(r"<(form|button|input|textarea|select)\b", await seen.text())
        assert await d.world.store.load(view.attempt_id) == before


async def test_every_answer_forbids_what_it_does_not_need() -> None:
    async with desk() as d:
        view = await d.waiting(WAITS, login="sms")
        for path in (*PATHS, "/nothing", "/attempts/none", "/attempts?state=none"):
            response = await d.ask(path.replace("{id}", view.attempt_id))
            headers, text = response.headers, await response.text()
            is_file = path.startswith("/files/")
            assert headers["Cache-Control"] == ("no-cache" if is_file else "no-store")
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "no-referrer"
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=|javascript:", text)


async def test_the_hook_may_wait_forbid_and_lead_elsewhere() -> None:
    async def forbids(_: web.Request) -> str:
        raise web.HTTPForbidden(text="a secret reason")

    def asks(_: web.Request) -> str:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="staff"'})

    def leads(_: web.Request) -> str:
        found = web.HTTPFound("/sign-in", headers={"X-Why": "session"})
        found.set_cookie("oidc_state", "opaque", httponly=True)
        raise found

    async def breaks(_: web.Request) -> str:
        raise RuntimeError("a secret reason")

    wanted: tuple[tuple[Any, int, str], ...] = (
        (forbids, 403, "forbidden"),
        (asks, 401, "unauthenticated"),
        (breaks, 503, "unavailable"),
    )
    for hook, status, code in wanted:
        async with desk(options={"authenticate_staff": hook}) as d:
            response = await d.ask("/json/fleet")
            assert (response.status, (await response.json(content_type=None))["code"]) == (
                status,
                code,
            )
            assert "secret" not in await response.text()
            assert response.headers.get("WWW-Authenticate") == (
                'Basic realm="staff"' if hook is asks else None
            )
            page = await d.ask("/")
            assert (page.status, page.content_type) == (status, "text/html")
    async with desk(options={"authenticate_staff": leads}) as d:
        response = await d.ask("/attempts")
        assert (response.status, response.headers["Location"]) == (302, "/sign-in")
        assert response.headers["X-Why"] == "session"
        assert response.cookies["oidc_state"].value == "opaque"
        assert response.headers["Cache-Control"] == "no-store"


async def test_a_hook_that_answers_nothing_new_is_passed_on() -> None:
    def same(_: web.Request) -> str:
        raise web.HTTPNotModified

    async with desk(options={"authenticate_staff": same}) as d:
        response = await d.ask("/attempts")
        assert (response.status, response.headers["X-Frame-Options"]) == (304, "DENY")


async def test_a_name_that_is_no_text_is_nobodys() -> None:
    async with desk(options={"authenticate_staff": lambda _: "nora\udc80"}) as d:
        assert (await d.ask("/")).status == 401


async def test_what_is_not_there_is_a_404() -> None:
    async with desk() as d:
        for path, code in (
            ("/json/attempts/none", "no_such_attempt"),
            (f"/json/attempts/{'a' * 201}", "no_such_attempt"),
            ("/json/attempts/%00", "no_such_attempt"),
            ("/json/attempts/%ED%A0%80", "no_such_attempt"),
            ("/json/nothing", "not_found"),
        ):
            problem = await d.json(path, status=404)
            assert (problem["status"], problem["code"]) == (404, code)
            assert problem["type"] == f"urn:powens-flow:problem:{code}"
        for path in ("/attempts/none", "/nothing", "/machines/none", "/files/none.css"):
            assert "There is no" in await d.text(path, status=404)


async def test_a_store_that_fails_is_a_503_that_tells_nothing() -> None:
    class Failing(MemoryStore):
        async def counts(self, **_: Any) -> Any:
            raise StoreError("a secret reason")

    async with desk(store=Failing()) as d:
        for path in ("/", "/json/fleet"):
            response = await d.ask(path)
            assert (response.status, response.headers["Retry-After"]) == (503, "5")
            assert "secret" not in await response.text()


async def test_the_mount_point_leads_to_the_first_page() -> None:
    async with desk() as d:
        response = await d.client.get("/inspect", headers={"X-Staff": "nora"})

    assert (response.status, response.url.path) == (200, "/inspect/")
