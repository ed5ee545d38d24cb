"""A desk of the staff: a world whose attempts they look at over real HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from attrs import frozen

from powens_flow.testing import Script, World, world
from powens_flow.view import View
from powens_flow.web.inspect import inspect_app

Client = TestClient[web.Request, web.Application]


def authenticate_staff(request: web.Request) -> str | None:
    """Who of the staff the request says it is."""
    return request.headers.get("X-Staff")


@frozen(eq=False)
class Desk:
    """The world, and a client that is `nora` of the staff unless it says otherwise."""

    world: World
    client: Client

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        staff: str | None = "nora",
        headers: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        """One request, its answer read to the end."""
        sent = {**({"X-Staff": staff} if staff else {}), **(headers or {})}
        response = await self.client.request(
            method, f"/inspect{path}", headers=sent, allow_redirects=False
        )
        await response.read()
        return response

    async def text(self, path: str, *, status: int = 200) -> str:
        """The text of an answer that has this status."""
        response = await self.ask(path)
        text = await response.text()
        assert response.status == status, text
        return text

    async def json(self, path: str, *, status: int = 200) -> Any:
        """The JSON of an answer that has this status."""
        response = await self.ask(path)
        assert response.status == status, await response.text()
        return await response.json(content_type=None)

    async def waiting(self, key: str, *, owner: str = "maya", **script: Any) -> View:
        """An attempt that waits where the prompt of this message key is shown."""
        return await self.world.driver(Script(**script), owner=owner).until(key)

    async def ended(self, *, owner: str = "maya", **script: Any) -> View:
        """An attempt that was carried to its end."""
        return await self.world.driver(Script(**script), owner=owner).run()

    def later(self, seconds: float = 60.0) -> None:
        """Time goes by, so that no figures are kept from before."""
        self.world.clock.advance(seconds)


@asynccontextmanager
async def desk(*, options: Mapping[str, Any] | None = None, **given: Any) -> AsyncIterator[Desk]:
    """A desk for as long as the block runs: `options` are the factory's, the rest the world's."""
    async with world(**given) as w:
        app = web.Application()
        chosen = {"authenticate_staff": authenticate_staff, **(options or {})}
        app.add_subapp("/inspect", inspect_app(w.engine, **chosen))
        async with TestClient(TestServer(app)) as client:
            yield Desk(w, client)
