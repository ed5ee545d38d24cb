"""A backend with the sub-application, over real HTTP, in a small world; and a browser's part."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from attrs import frozen

from powens_flow.testing import World, world
from powens_flow.web import connect_app

Client = TestClient[web.Request, web.Application]


def authenticate(request: web.Request) -> str | None:
    """Who the request says it is."""
    return request.headers.get("X-User")


@frozen(eq=False)
class Site:
    """The world, the backend in it, and a client that is `maya` unless it says otherwise."""

    world: World
    client: Client

    async def get(self, path: str, *, user: str | None = "maya", **options: Any) -> ClientResponse:
        return await self.ask("GET", path, user=user, **options)

    async def post(
        self, path: str, body: Any = None, *, user: str | None = "maya", **options: Any
    ) -> ClientResponse:
        return await self.ask("POST", path, user=user, json=body, **options)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        user: str | None = "maya",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ClientResponse:
        """One request, its answer read to the end."""
        sent = {**({"X-User": user} if user else {}), **(headers or {})}
        response = await self.client.request(
            method, f"/connect{path}", headers=sent, allow_redirects=False, **options
        )
        if response.content_type != "text/event-stream":
            await response.read()
        return response

    async def started(self, *, user: str = "maya", **options: Any) -> dict[str, Any]:
        """The view of a new attempt."""
        response = await self.post("/attempts", {"machine": "add_connection"}, user=user, **options)
        assert response.status == 201, await response.text()
        view: dict[str, Any] = await response.json()
        return view

    async def sent(self, view: Mapping[str, Any], **event: Any) -> dict[str, Any]:
        """The view after an event that is taken."""
        response = await self.post(f"/attempts/{view['attempt_id']}/events", event)
        assert response.status == 200, await response.text()
        after: dict[str, Any] = await response.json()
        return after

    async def sealed(self, view: Mapping[str, Any], **values: str) -> dict[str, Any]:
        """The view after values that a browser would have sealed."""
        owner = self.world.engine.for_owner("maya")
        event = await owner.seal(view["attempt_id"], values)
        return await self.sent(view, **event.to_json())


@asynccontextmanager
async def site(*, options: Mapping[str, Any] | None = None, **given: Any) -> AsyncIterator[Site]:
    """A site for as long as the block runs: `options` are the factory's, the rest the world's."""
    async with world(**given) as w:
        app = web.Application()
        chosen = {"authenticate": authenticate, "return_to": "/bank", **(options or {})}
        app.add_subapp("/connect", connect_app(w.engine, **chosen))
        async with TestClient(TestServer(app)) as client:
            yield Site(w, client)
