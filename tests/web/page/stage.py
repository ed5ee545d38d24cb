"""What the browser is shown: a backend with the sub-application, and a page with the element."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web
from attrs import evolve, frozen

from powens_flow import Policy, SQLiteStore
from powens_flow.handlers import default_registry
from powens_flow.machine import Machines, load_machines
from powens_flow.simulator import Settings
from powens_flow.simulator.settings import DATA
from powens_flow.testing import ManualClock, World, world
from powens_flow.web import connect_app

LOGINS = (DATA / "logins.toml", Path(__file__).with_name("logins.toml"))
CODE = "840217"

SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>My money</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/shell.css">
<script type="module" src="/connect/page/powens-flow.js"></script>
</head>
<body>
<main>
<h1>My money</h1>
<powens-connect base="/connect"{attributes}></powens-connect>
</main>
</body>
</html>
"""
SHELL_CSS = """
:root { color-scheme: light dark }
body { margin: 0; background: #f1f4fa; color: #16203a }
main { padding: 1rem }
h1 { max-width: 30rem; margin: .5rem auto 1rem; font: 650 1.125rem/1.4 system-ui, sans-serif }
@media (prefers-color-scheme: dark) { body { background: #0c111d; color: #edf1fa } }
"""
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""The strictest that a backend may have: no inline script or style, nothing from elsewhere."""


@frozen(eq=False)
class Stage:
    """A served backend, and the world behind it. Time passes when a test lets it."""

    world: World
    origin: str
    folder: Path

    async def pass_time(self, seconds: float) -> None:
        """Let time pass on the server, and everything happen that falls due in it."""
        await self.world.engine.settled(within=5.0)
        self.world.clock.advance(seconds)
        while await self.world.engine.tick():
            await self.world.engine.settled(within=5.0)

    def kept(self) -> bytes:
        """Everything that the store's files hold."""
        return b"".join(file.read_bytes() for file in self.folder.iterdir() if file.is_file())


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    policy: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    attributes: str = "",
    return_to: str = "/",
    port: int = 0,
) -> AsyncIterator[Stage]:
    """A stage for as long as the block runs."""
    listening = socket.create_server(("127.0.0.1", port))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    callback = f"{origin}/connect/callback"
    told = evolve(settings or Settings(), redirect_uris=(callback,), login_files=LOGINS)
    async with (
        SQLiteStore(folder / "attempts.sqlite") as store,
        world(
            settings=told,
            policy=Policy(redirect_uri=callback, **(policy or {})),
            store=store,
            clock=ManualClock(datetime.now(UTC)),
            machines=machines(),
        ) as made,
    ):
        runner = web.AppRunner(_backend(made, attributes, return_to), shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield Stage(made, origin, folder)
        finally:
            await runner.cleanup()


@lru_cache(maxsize=1)
def machines() -> Machines:
    """The package's machines, read once for all stages."""
    return load_machines(default_registry(), None)


def _backend(made: World, attributes: str, return_to: str) -> web.Application:
    app = web.Application()
    connect = connect_app(made.engine, authenticate=_who, return_to=return_to)
    app.add_subapp("/connect", connect)

    async def shell(request: web.Request) -> web.Response:
        more = request.query.get("attributes", attributes)
        text = SHELL.replace("{attributes}", f" {more}" if more else "")
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def styles(_: web.Request) -> web.Response:
        return web.Response(text=SHELL_CSS, content_type="text/css")

    async def before(_: web.Request) -> web.Response:
        text = '<!doctype html><html lang="en"><title>Before</title><a href="/">In</a>'
        return web.Response(text=text, content_type="text/html")

    app.add_routes([web.get("/", shell), web.get("/shell.css", styles), web.get("/before", before)])
    return app


def _who(request: web.Request) -> str | None:
    """Who is signed in; a cookie stands for the backend's own session."""
    return request.cookies.get("session", "camille") or None
