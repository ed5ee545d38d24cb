"""Calls by hand: no client of the package takes part in the simulator's own tests."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import attrs
from jwcrypto import jwe, jwk

from powens_flow.simulator import Server, Simulator

BANK = 59
TEST_BANK = 40
CALLBACK = "https://app.example/callback"


async def until(true: Callable[[], object]) -> None:
    """Gives way until the server has come so far; it runs in the same loop."""
    while not true():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0)


class StillClock:
    """A clock that moves only by hand; who sleeps on it, sleeps until then."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 10, 12, tzinfo=UTC)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        until = self.time + timedelta(seconds=seconds)
        while self.time < until:
            await self._moved.wait()


@attrs.frozen
class Reply:
    """An answer: its status, its JSON, its headers."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Client:
    """A bearer token and a session on a running simulator."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        self.token = ""
        self.key: dict[str, Any] = {}

    @property
    def simulator(self) -> Simulator:
        return self.server.simulator

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = self.server.url + path
        async with self.session.request(
            method, url, json=body, headers=headers, allow_redirects=False, **options
        ) as answer:
            shape = await answer.json() if answer.content_type == "application/json" else None
            return Reply(answer.status, shape, answer.headers)

    async def get(self, path: str, **query: Any) -> Reply:
        return await self.call("GET", path, params=query)

    async def post(self, path: str, body: Any = None, **query: Any) -> Reply:
        return await self.call("POST", path, body, params=query)

    async def put(self, path: str, body: Any = None, **query: Any) -> Reply:
        return await self.call("PUT", path, body, params=query)

    async def delete(self, path: str) -> Reply:
        return await self.call("DELETE", path)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.server.origin}/_sim/{path}"
        async with self.session.request(method, url, json=body) as answer:
            return await answer.json()

    async def new_user(self, *, permanent: bool = False) -> dict[str, Any]:
        body = self.client_values() if permanent else {}
        shape: dict[str, Any] = (await self.post("auth/init", body)).body
        self.token = shape["auth_token"]
        return shape

    def client_values(self) -> dict[str, str]:
        settings = self.simulator.settings
        return {"client_id": settings.client_id, "client_secret": settings.client_secret}

    async def sealed(self, enc: str = "A256GCM", **values: str) -> dict[str, str]:
        if not self.key:
            self.key = (await self.get("publickey")).body
        return {name: seal(self.key, value, enc) for name, value in values.items()}

    async def create(
        self, login: str = "camille", connector: int = TEST_BANK, **query: Any
    ) -> Reply:
        values = await self.sealed(login=login, password="pw")
        return await self.post(
            "users/me/connections", {"id_connector": connector, **values}, **query
        )

    async def connection(self, number: int, **query: Any) -> Any:
        return (await self.get(f"users/me/connections/{number}", **query)).body


def seal(key: dict[str, Any], value: str, enc: str = "A256GCM") -> str:
    header = {"alg": "RSA-OAEP-256", "enc": enc, "kid": key["kid"]}
    token = jwe.JWE(value.encode(), protected=header)
    token.add_recipient(jwk.JWK(**key))
    return str(token.serialize(compact=True))
