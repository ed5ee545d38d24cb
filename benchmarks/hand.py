"""The attempt, written by hand with aiohttp and jwcrypto: no engine, nothing saved.

It is what a careful programmer writes for this one way through: one session with kept
connections, every status checked, every answer read.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from attrs import frozen
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from benchmarks.attempt import CONNECTOR, VALUES
from benchmarks.simulated import Simulated

BRIEF = aiohttp.ClientTimeout(total=30)
CHECKING = aiohttp.ClientTimeout(total=300)


class Refused(Exception):
    """The API answered what the script does not know."""


@frozen
class Hand:
    """One client of the API; `attempt` carries one end user from the first call to the token."""

    session: aiohttp.ClientSession
    client: Mapping[str, str]
    kid: str
    key: JWK

    async def attempt(self, number: int) -> None:
        """One end user, whole; the number is of no interest here."""
        user = await self._call("POST", "auth/init", {})
        token = user["auth_token"]
        connector = await self._call(
            "GET", f"connectors/{CONNECTOR}?expand=sources,fields,countries"
        )
        connection = await self._create(token, connector)
        await self._answer(token, connection)
        await self._activate(token, connection["id"])
        permanent = await self._call(
            "POST",
            "auth/token/access",
            {"grant_type": "authorization_code", **self.client, "code": token},
        )
        if not permanent["access_token"]:
            raise Refused("no permanent token")

    async def _create(self, token: str, connector: Mapping[str, Any]) -> dict[str, Any]:
        usable = [one for one in connector["sources"] if not one.get("disabled")]
        source = min(usable, key=lambda one: int(one["priority"]))["name"]
        fields = [
            one["name"]
            for one in connector["fields"]
            if source in (one.get("connector_sources") or [source])
        ]
        return await self._call(
            "POST",
            f"users/me/connections?source={source}",
            {"connector_uuid": connector["uuid"], **self._sealed(fields)},
            token=token,
            status=(200, 201, 202),
            timeout=CHECKING,
        )

    async def _answer(self, token: str, connection: Mapping[str, Any]) -> None:
        path = f"users/me/connections/{connection['id']}"
        read = await self._call("GET", f"{path}?expand=sources", token=token)
        source = read["sources"][0]
        if source["state"] != "additionalInformationNeeded":
            raise Refused(f"unexpected state {source['state']}")
        values = self._sealed(one["name"] for one in read["fields"])
        answered = await self._call(
            "POST",
            f"{path}?source={source['name']}",
            values,
            token=token,
            status=(200, 202),
            timeout=CHECKING,
        )
        if answered["state"] is not None:
            raise Refused(f"unexpected state {answered['state']}")

    async def _activate(self, token: str, id_connection: int) -> None:
        path = f"users/me/connections/{id_connection}/accounts"
        listed = await self._call("GET", f"{path}?all", token=token)
        ids = ",".join(str(one["id"]) for one in listed["accounts"] if not one.get("deleted"))
        await self._call("PUT", f"{path}/{ids}?all", {"disabled": False}, token=token)

    def _sealed(self, names: Any) -> dict[str, str]:
        header = json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": self.kid})
        return {
            name: JWE(VALUES[name].encode(), header, recipient=self.key).serialize(compact=True)
            for name in names
        }

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        status: tuple[int, ...] = (200,),
        timeout: aiohttp.ClientTimeout = BRIEF,  # noqa: ASYNC109 - aiohttp keeps it
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.request(
            method, path, json=body, headers=headers, timeout=timeout
        ) as response:
            answer = await response.json()
            if response.status not in status:
                raise Refused(f"{method}: {response.status} {answer.get('code')}")
            if not isinstance(answer, dict):
                raise Refused(f"{method}: not an object")
            return answer


@asynccontextmanager
async def by_hand(simulated: Simulated) -> AsyncIterator[Hand]:
    """The script, ready to go: its session open, the domain's public key read once."""
    async with aiohttp.ClientSession(
        simulated.url,
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),  # one session serves many end users
    ) as session:
        async with session.get("publickey") as response:
            response.raise_for_status()
            key = await response.json()
        client = {"client_id": simulated.client_id, "client_secret": simulated.client_secret}
        yield Hand(session, client, key["kid"], JWK(**key))
