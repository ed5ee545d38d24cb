"""Users, tokens and codes."""

from typing import Any

import pytest

from powens_flow.simulator import Settings
from tests.simulator.client import Client, Reply


async def exchange(client: Client, code: str) -> Reply:
    body = {"grant_type": "authorization_code", "code": code} | client.client_values()
    return await client.post("auth/token/access", body)


async def renew(client: Client, **more: Any) -> Reply:
    body = {"grant_type": "client_credentials"} | client.client_values() | more
    return await client.post("auth/renew", body)


async def token_works(client: Client) -> bool:
    return (await client.get("users/me/connections")).status == 200


async def test_a_temporary_user_dies_after_thirty_minutes_with_all_it_has(
    client: Client, user: dict[str, Any]
) -> None:
    assert (user["type"], user["expires_in"]) == ("temporary", 1800)
    await client.create()
    client.simulator.advance(1799)
    assert len(client.simulator.connections) == 1
    client.simulator.advance(1)
    assert client.simulator.users == []
    assert client.simulator.connections == []
    assert not await token_works(client)


async def test_with_client_values_the_user_is_permanent(client: Client) -> None:
    shape = await client.new_user(permanent=True)
    assert (shape["type"], shape["expires_in"]) == ("permanent", None)
    client.simulator.advance(86_400)
    assert await token_works(client)


async def test_a_wrong_secret_makes_no_user(client: Client) -> None:
    body = client.client_values() | {"client_secret": "wrong"}
    refused = await client.post("auth/init", body)
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    assert client.simulator.users == []


async def test_the_temporary_token_is_exchanged_once_and_stays_good_until_its_expiry(
    client: Client, user: dict[str, Any]
) -> None:
    temporary = client.token
    permanent = (await exchange(client, temporary)).body["access_token"]
    assert (await exchange(client, temporary)).body["code"] == "forbidden"
    assert await token_works(client)
    client.simulator.advance(1800)
    assert not await token_works(client)
    client.token = permanent
    assert await token_works(client)


@pytest.mark.usefixtures("user")
async def test_a_code_is_burnt_by_its_first_use(client: Client) -> None:
    code = await client.get("auth/token/code", type="singleAccess")
    assert (code.body["access"], code.body["type"]) == ("single", "temporary")
    assert all(char in code.body["code"] for char in "+/=")
    assert (await exchange(client, code.body["code"])).status == 200
    assert (await exchange(client, code.body["code"])).status == 403


@pytest.mark.usefixtures("user")
async def test_a_code_expires(client: Client) -> None:
    await exchange(client, client.token)
    client.token = (await renew(client, id_user=client.simulator.users[0].id)).body["access_token"]
    code = await client.get("auth/token/code")
    assert (code.body["access"], code.body["expires_in"]) == ("standard", 1800)
    client.simulator.advance(1800)
    assert (await exchange(client, code.body["code"])).status == 403


@pytest.mark.parametrize("settings", [Settings(token_key="token")])
@pytest.mark.usefixtures("user")
async def test_the_permanent_token_may_stand_under_the_guides_key(client: Client) -> None:
    assert "token" in (await exchange(client, client.token)).body


async def test_a_renewal_finds_the_user_again_and_can_revoke_its_tokens(
    client: Client, user: dict[str, Any]
) -> None:
    first = (await renew(client, id_user=user["id_user"])).body["access_token"]
    again = await renew(client, id_user=user["id_user"], revoke_previous=True)
    assert len(client.simulator.users) == 1
    assert client.simulator.users[0].permanent
    client.token = first
    assert not await token_works(client)
    client.token = again.body["access_token"]
    assert await token_works(client)


async def test_a_renewal_without_a_user_creates_one(client: Client) -> None:
    made = await renew(client)
    assert made.body["id_user"] == client.simulator.users[0].id


async def test_a_renewal_of_an_unknown_user_is_not_found(client: Client) -> None:
    assert (await renew(client, id_user=1)).status == 404


async def test_a_permanent_token_can_be_revoked_a_temporary_one_cannot(client: Client) -> None:
    await client.new_user()
    assert (await client.delete("auth/token")).status == 403
    await client.new_user(permanent=True)
    revoked = await client.delete("auth/token")
    assert (revoked.status, revoked.body) == (204, None)
    assert not await token_works(client)


async def test_a_deleted_user_is_gone_with_everything(client: Client, user: dict[str, Any]) -> None:
    await client.create()
    assert (await client.delete("users/me")).status == 204
    assert (client.simulator.users, client.simulator.connections) == ([], [])
    assert (await client.delete("users/me")).status == 401


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"grant_type": "authorization_code"}, "missingParameter"),
        ({"grant_type": "client_credentials", "code": "x"}, "invalidValue"),
    ],
)
async def test_an_exchange_must_be_whole(client: Client, body: dict[str, str], code: str) -> None:
    refused = await client.post("auth/token/access", body | client.client_values())
    assert (refused.status, refused.body["code"]) == (400, code)
    assert refused.body["request_id"] == refused.headers["X-Request-Id"]
