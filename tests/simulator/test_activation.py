"""Accounts and subscriptions: disabled until the end user approves."""

from typing import Any

import pytest

from tests.simulator.client import Client

pytestmark = pytest.mark.usefixtures("user")
DOCUMENTS = 102


async def made(client: Client, connector: int = 40) -> str:
    return f"users/me/connections/{(await client.create(connector=connector)).body['id']}"


async def rows(client: Client, path: str, kind: str, **query: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await client.get(f"{path}/{kind}", **query)).body[kind]
    return listed


@pytest.mark.parametrize(("connector", "kind"), [(40, "accounts"), (DOCUMENTS, "subscriptions")])
async def test_new_ones_are_hidden_until_activated(
    client: Client, connector: int, kind: str
) -> None:
    path = await made(client, connector)
    assert await rows(client, path, kind) == []
    first, second = await rows(client, path, kind, all="")
    assert first["disabled"] == second["disabled"] == "2025-03-10 13:00:00"
    ids = f"{first['id']},{second['id']}"
    done = await client.put(f"{path}/{kind}/{ids}", {"disabled": False}, all="")
    assert [row["disabled"] for row in done.body[kind]] == [None, None]
    assert await rows(client, path, kind) == done.body[kind]


async def test_one_is_activated_singly(client: Client) -> None:
    path = await made(client)
    first, _ = await rows(client, path, "accounts", all="")
    one = f"users/me/accounts/{first['id']}"
    assert (await client.post(one, {"disabled": False})).status == 404
    assert (await client.post(one, {"disabled": False}, all="")).body["disabled"] is None
    assert [row["id"] for row in await rows(client, path, "accounts")] == [first["id"]]


async def test_without_all_a_hidden_one_is_not_found(client: Client) -> None:
    path = await made(client)
    first, _ = await rows(client, path, "accounts", all="")
    hidden = await client.put(f"{path}/accounts/{first['id']}", {"disabled": False})
    assert hidden.status == 404


async def test_an_unknown_id_activates_none(client: Client) -> None:
    path = await made(client)
    first, _ = await rows(client, path, "accounts", all="")
    wrong = await client.put(f"{path}/accounts/{first['id']},1", {"disabled": False}, all="")
    assert wrong.status == 404
    assert await rows(client, path, "accounts") == []


@pytest.mark.parametrize("body", [{}, {"disabled": "no"}])
async def test_the_body_says_which_way(client: Client, body: dict[str, Any]) -> None:
    path = await made(client)
    first, _ = await rows(client, path, "accounts", all="")
    refused = await client.put(f"{path}/accounts/{first['id']}", body, all="")
    assert refused.status == 400


async def test_an_account_shows_whose_it_is(client: Client) -> None:
    path = await made(client)
    first, _ = await rows(client, path, "accounts", all="")
    source = (await client.get(f"{path}/sources")).body["sources"][0]
    assert first["id_source"] == source["id"]
    assert first["iban"] == "FR7630001007941234567890185"
    assert first["currency"]["id"] == "EUR"


async def test_accounts_come_with_the_connection_too(client: Client) -> None:
    path = await made(client)
    shown = (await client.get(path, expand="connector[sources],accounts,all_accounts")).body
    assert (len(shown["accounts"]), len(shown["all_accounts"])) == (0, 2)
    assert shown["connector"]["sources"][0]["name"] == "directaccess"
    assert not client.simulator.violations


async def test_lists_are_paged_as_asked(client: Client) -> None:
    path = f"users/me/connections/{(await client.create()).body['id']}"
    await client.create()
    first = (await client.get("users/me/connections", limit=1)).body
    assert (len(first["connections"]), first["total"]) == (1, 2)
    rest = first["_links"]["next"]["href"].removeprefix(client.server.url)
    assert (await client.get(rest)).body["_links"] == {"next": None}
    accounts = (await client.get(f"{path}/accounts?all", limit=1, offset=1)).body
    assert [one["name"] for one in accounts["accounts"]] == ["Livret A"]
    assert not client.simulator.violations
