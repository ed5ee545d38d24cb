"""One person with a browser, as the served process sees them: the page's requests, over HTTP.

They open the page, follow their attempt by its stream, search for their bank, look at another one
first, have what they type sealed, go to the bank's page and back, and approve their accounts.
Between two screens they think.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from attrs import define, field, frozen

from powens_flow.api.keys import PublicKey, public_key
from powens_flow.api.sealing import seal_values
from powens_flow.simulator import at_the_bank

ENDS: Final = ("done", "failed")
CODE: Final = "123456"
PASSWORD: Final = "987654"  # noqa: S105 - of a bank that is simulated
LONGEST_WAIT: Final = 60.0

View = dict[str, Any]


@frozen
class Request:
    """One request: its route, the event if it sends one, from which state, and how long it took.

    `server` is milliseconds in the server's own measure (`Server-Timing`), `client` in ours; `at`
    is when the answer came, in the loop's time.
    """

    route: str
    status: int
    server: float
    client: float
    at: float
    machine: str = ""
    state: str = ""
    event: str = ""


@frozen
class Plan:
    """What a person wants: the bank, the login, which option, and a look at another bank first."""

    connector: str = "40"
    login: str = "camille"
    looks_at: str | None = None
    sources: str | None = None
    further: int = 0
    bank: str = "test"


class Failed(Exception):
    """Something was answered that no person should see."""


@define(eq=False)
class Person:
    """One person. `think` waits as long as they take between two screens."""

    origin: str
    plan: Plan
    think: Callable[[], Awaitable[None]]
    chance: Callable[[], float] = random.random
    requests: list[Request] = field(factory=list)
    events: list[str] = field(factory=list)
    _session: aiohttp.ClientSession | None = None
    _key: PublicKey | None = None
    _view: View = field(factory=dict)
    _further: int = 0
    _has_looked: bool = False
    _moved: asyncio.Event = field(factory=asyncio.Event)

    async def run(self) -> View:
        """From the page to the end of an attempt; the last view.

        Raises:
            Failed: an answer was an error, or nothing came in a minute.
        """
        # An address of numbers keeps no cookies but in this jar.
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as session:
            self._session = session
            await self._open()
            async with self._followed():
                while self._view["prompt"]["kind"] not in ENDS:
                    await self._step()
        return self._view

    # --- the screens -------------------------------------------------------------------------

    async def _open(self) -> None:
        await self._ask("GET", "/", "page")
        if self.plan.sources is not None:
            form = {"sources": self.plan.sources}
            await self._ask("POST", "/person", "person", data=form)
        started = await self._ask(
            "POST", "/connect/attempts", "start", json={"machine": "add_connection"}
        )
        self._take(started)

    async def _step(self) -> None:
        kind = self._view["prompt"]["kind"]
        if kind in ("working", "wait", "approve_on_device"):
            await self._wait()
            return
        await self.think()
        await getattr(self, f"_{kind}")(self._view["prompt"])

    async def _choose_connector(self, prompt: Mapping[str, Any]) -> None:
        for typed in (self.plan.bank[:2], self.plan.bank):
            await self._ask("GET", f"{self._path}/connectors?q={typed}", "connectors")
        other = None if self._has_looked else self.plan.looks_at
        self._has_looked = True
        await self._send("choose_connector", connector=other or self.plan.connector)
        if other is not None and self._accepts("choose_another_connector"):
            await self.think()
            await self._send("choose_another_connector")

    async def _choose_source(self, prompt: Mapping[str, Any]) -> None:
        await self._send("choose_source", source=prompt["sources"][0]["name"])

    async def _already_connected(self, prompt: Mapping[str, Any]) -> None:
        await self._send("add_another")

    async def _fill_in_fields(self, prompt: Mapping[str, Any]) -> None:
        values = {one["name"]: self._value(one) for one in prompt["fields"] if one["required"]}
        if prompt["sealed"]:
            values = seal_values(values, await self._public_key())
        await self._send("submit_values", values=values)

    async def _open_url(self, prompt: Mapping[str, Any]) -> None:
        assert self._session is not None
        back = await at_the_bank(self._session, prompt["url"], login=self.plan.login)
        query = urlsplit(back).query
        self._moved.clear()
        await self._ask("GET", f"/connect/callback?{query}", "callback")
        self._take(await self._ask("GET", self._path, "read"))

    async def _act_at_bank(self, prompt: Mapping[str, Any]) -> None:
        await self._send("acted")

    async def _try_again(self, prompt: Mapping[str, Any]) -> None:
        await self._send("try_again")

    async def _choose_accounts(self, prompt: Mapping[str, Any]) -> None:
        if prompt["offered"] and self._further < self.plan.further:
            self._further += 1
            await self._send("add_source")
            return
        ids = {name: [one["id"] for one in prompt[name]] for name in ("accounts", "subscriptions")}
        await self._send("choose_accounts", **ids)

    def _value(self, asked: Mapping[str, Any]) -> str:
        if asked["type"] == "list":
            return str(asked["values"][0]["value"])
        by_type = {"password": PASSWORD, "date": "1990-01-31", "number": "42"}
        if any(word in asked["name"].casefold() for word in ("otp", "code", "sms")):
            return CODE
        return by_type.get(asked["type"], self.plan.login)

    async def _public_key(self) -> PublicKey:
        if self._key is None:
            self._key = public_key(await self._ask("GET", "/connect/publickey", "publickey"))
        return self._key

    # --- requests ----------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"/connect/attempts/{self._view['attempt_id']}"

    def _accepts(self, event: str) -> bool:
        return event in self._view["prompt"]["accepts"]

    async def _send(self, event: str, **content: Any) -> None:
        self.events.append(event)
        key = f"{self.chance():.17f}-{len(self.events)}"
        self._moved.clear()
        self._take(
            await self._ask(
                "POST",
                f"{self._path}/events",
                "event",
                event=event,
                json={"type": event, **content},
                headers={"Idempotency-Key": key},
            )
        )

    async def _ask(
        self, method: str, path: str, route: str, *, event: str = "", **options: Any
    ) -> Any:
        assert self._session is not None
        began = asyncio.get_running_loop().time()
        where = (self._view.get("machine", ""), self._view.get("state", ""))
        async with self._session.request(
            method, self.origin + path, allow_redirects=False, **options
        ) as response:
            body = await response.read()
        ended = asyncio.get_running_loop().time()
        measured = _server_ms(response.headers.get("Server-Timing", ""))
        took = (ended - began) * 1000
        self.requests.append(Request(route, response.status, measured, took, ended, *where, event))
        if response.status >= 400:
            raise Failed(f"{method} {route} {event}: {response.status} {body[:300]!r}")
        return json.loads(body) if response.content_type == "application/json" else None

    def _take(self, view: View) -> None:
        if not self._view or view["version"] >= self._view["version"]:
            self._view = view

    # --- the stream --------------------------------------------------------------------------

    @asynccontextmanager
    async def _followed(self) -> Any:
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _follow(self) -> None:
        assert self._session is not None
        url = f"{self.origin}{self._path}/stream"
        async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=None)) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    self._take(json.loads(line.removeprefix(b"data: ")))
                    self._moved.set()

    async def _wait(self) -> None:
        before = self._view
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                while self._view is before or self._view == before:
                    await self._moved.wait()
                    self._moved.clear()
        except TimeoutError:
            raise Failed(f"nothing came in a minute after {before['state']}") from None


def _server_ms(timing: str) -> float:
    _, _, measured = timing.partition("dur=")
    return float(measured) if measured else 0.0
