"""The plain way through: a user, a connector, a connection, its accounts, a kept token."""

from typing import Any

from powens_flow.simulator import at_the_bank
from tests.simulator.client import BANK, CALLBACK, Client


async def test_credentials_from_first_call_to_kept_token(
    client: Client, user: dict[str, Any]
) -> None:
    made = await client.create()
    assert made.status == 201
    assert made.body["state"] is None
    path = f"users/me/connections/{made.body['id']}/accounts"
    accounts = (await client.get(path, all="")).body["accounts"]
    assert [account["name"] for account in accounts] == ["Compte chèque", "Livret A"]
    ids = ",".join(str(account["id"]) for account in accounts)
    await client.put(f"{path}/{ids}", {"disabled": False}, all="")
    assert len((await client.get(path)).body["accounts"]) == 2
    exchange = {"grant_type": "authorization_code", "code": client.token}
    kept = await client.post("auth/token/access", exchange | client.client_values())
    client.token = kept.body["access_token"]
    client.simulator.advance(3600)
    assert (await client.connection(made.body["id"]))["id_user"] == user["id_user"]
    assert not client.simulator.violations


async def test_credentials_and_then_the_banks_page(client: Client, user: dict[str, Any]) -> None:
    made = await client.create(connector=BANK, source="directaccess")
    number = made.body["id"]
    query = {"client_id": client.simulator.settings.client_id, "redirect_uri": CALLBACK}
    url = await client.get(
        "webauth-url", id_connection=number, source="openapi", state="opaque", **query
    )
    back = await at_the_bank(client.session, url.body["url"])
    assert back == f"{CALLBACK}?id_connection={number}&state=opaque"
    shown = await client.connection(number, expand="sources,all_accounts")
    assert [(one["name"], one["state"]) for one in shown["sources"]] == [
        ("directaccess", None),
        ("openapi", None),
    ]
    assert len(shown["all_accounts"]) == 4
    assert not client.simulator.violations
