"""Connections by credentials: created, extended by sources, read, repaired, deleted."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from powens_flow.simulator import Settings
from tests.simulator.client import BANK, Client

pytestmark = pytest.mark.usefixtures("user")
TWO_DESKS = 150
CONNECTIONS = "users/me/connections"


@pytest.mark.parametrize("enc", ["A256GCM", "A256CBC-HS512"])
async def test_sealed_values_are_opened(client: Client, enc: str) -> None:
    values = await client.sealed(enc, login="camille", password="pässwörd")
    made = await client.post(CONNECTIONS, {"id_connector": 40, **values})
    assert made.status == 201
    assert (await client.get(CONNECTIONS)).body["connections"][0]["id"] == made.body["id"]


@pytest.mark.parametrize("settings", [Settings(creation_status=200)])
async def test_some_say_200_on_creation(client: Client) -> None:
    assert (await client.create()).status == 200


async def test_a_connector_is_named_by_its_uuid_too(client: Client) -> None:
    uuid = (await client.get("connectors/40")).body["uuid"]
    values = await client.sealed(login="camille", password="pw")
    made = await client.post(CONNECTIONS, {"connector_uuid": uuid, **values})
    assert made.body["connector_uuid"] == uuid


async def test_a_plaintext_credential_is_refused_and_counted(client: Client) -> None:
    values = await client.sealed(login="camille")
    refused = await client.post(CONNECTIONS, {"id_connector": 40, "password": "pw", **values})
    assert (refused.status, refused.body["code"]) == (400, "invalidValue")
    assert [(one.kind, one.detail) for one in client.simulator.violations] == [
        ("plaintext_credential", "password")
    ]
    assert client.simulator.connections == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("not json", "invalidValue"),
        ("[]", "invalidValue"),
        ("1", "invalidValue"),
        ('{"alg": "dir", "kid": "KID"}', "keymanager"),
        ('{"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "another"}', "keymanager"),
        ('{"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "KID"}', "keymanager"),
    ],
)
async def test_what_is_badly_sealed_is_refused(client: Client, header: str, code: str) -> None:
    kid = client.simulator.keys.kid
    first = urlsafe_b64encode(header.replace("KID", kid).encode()).decode().rstrip("=")
    body = {"id_connector": 40, "login": f"{first}.AAAA.AAAA.AAAA.AAAA", "password": "a.b.c.d.e"}
    assert (await client.post(CONNECTIONS, body)).body["code"] == code


async def test_values_sealed_for_an_earlier_key_cannot_be_opened(client: Client) -> None:
    await client.sealed(login="camille")
    client.simulator.rotate_key()
    refused = await client.create()
    assert (refused.status, refused.body["code"]) == (400, "keymanager")
    client.key = {}
    assert (await client.create()).status == 201


async def test_wrong_credentials_keep_nothing_and_show_the_banks_words(client: Client) -> None:
    refused = await client.create("wrongpass-once")
    assert (refused.status, refused.body["code"]) == (400, "wrongpass")
    assert refused.body["message"] == "Identifiant ou mot de passe incorrect."
    assert client.simulator.connections == []
    assert (await client.create("wrongpass-once")).status == 201


async def test_wrong_credentials_of_a_further_source_keep_the_first(client: Client) -> None:
    login = "fallback:wrongpass-once"
    values = await client.sealed(login=login, password="pw")
    body = {"id_connector": TWO_DESKS, **values}
    number = (await client.post(CONNECTIONS, body, source="directaccess")).body["id"]
    further = await client.sealed(savings_password="pw")
    path = f"{CONNECTIONS}/{number}"
    refused = await client.post(path, further, source="fallback")
    assert refused.body["code"] == "wrongpass"
    assert await sources(client, number) == ["directaccess"]
    assert (await client.post(path, further, source="fallback")).status == 200
    assert await sources(client, number) == ["directaccess", "fallback"]
    assert not client.simulator.violations


async def sources(client: Client, number: int) -> list[str]:
    rows = (await client.get(f"{CONNECTIONS}/{number}/sources")).body["sources"]
    return [row["name"] for row in rows]


async def test_no_source_named_gives_the_first_in_order_only(client: Client) -> None:
    made = await client.create(connector=BANK)
    assert await sources(client, made.body["id"]) == ["directaccess"]


async def test_a_source_waits_for_its_own_state_and_shows_in_the_connections(
    client: Client,
) -> None:
    values = await client.sealed(login="2:sms", password="pw")
    made = await client.post(CONNECTIONS, {"id_connector": TWO_DESKS, **values})
    further = await client.sealed(savings_password="pw")
    path = f"{CONNECTIONS}/{made.body['id']}"
    answer = await client.post(path, further, source="fallback", expand="sources")
    assert (answer.status, answer.body["state"]) == (202, "additionalInformationNeeded")
    states = {one["name"]: one["state"] for one in answer.body["sources"]}
    assert states == {"directaccess": None, "fallback": "additionalInformationNeeded"}


async def test_a_source_is_set_aside_and_shown_with_all_only(client: Client) -> None:
    values = await client.sealed(login="2:bug-never", password="pw")
    made = await client.post(CONNECTIONS, {"id_connector": TWO_DESKS, **values})
    path = f"{CONNECTIONS}/{made.body['id']}"
    further = await client.sealed(savings_password="pw")
    answer = await client.post(path, further, source="fallback", expand="sources")
    failing = answer.body["sources"][1]["id"]
    await client.post(f"{path}/sources/{failing}", {"disabled": True})
    shown = await client.connection(made.body["id"], expand="sources")
    assert (shown["state"], len(shown["sources"])) == (None, 1)
    every = (await client.get(f"{path}/sources", all="")).body["sources"]
    assert every[1]["disabled"]


@pytest.mark.parametrize(
    ("connector", "code"), [(121, "forbidden"), (130, "notSupported"), (7, "notFound")]
)
async def test_some_connectors_take_no_connection(
    client: Client, connector: int, code: str
) -> None:
    assert (await client.create(connector=connector)).body["code"] == code


async def test_a_source_that_is_disabled_or_uses_webauth_takes_no_values(client: Client) -> None:
    for connector in (110, BANK):
        refused = await client.create(connector=connector, source="openapi")
        assert refused.body["code"] == "notSupported"


async def test_a_connector_without_sources_is_added_whole(client: Client) -> None:
    made = await client.create(connector=140)
    shown = await client.connection(made.body["id"], expand="sources,all_accounts")
    assert shown["sources"] == []
    assert [one["name"] for one in shown["all_accounts"]] == ["PEE"]


GOOD = {
    "identifier": "camille",
    "secret": "long enough",
    "birthday": "1990-02-28",
    "department": "35",
    "website": "par",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"birthday": "1990-02-30"},
        {"department": "x"},
        {"website": "other"},
        {"secret": "abc"},
        {"nickname": "NO"},
        {"identifier": ""},
    ],
)
async def test_values_are_checked_against_their_fields(
    client: Client, wrong: dict[str, str]
) -> None:
    good = await client.sealed(**GOOD)
    assert (await client.post(CONNECTIONS, {"id_connector": 88, **good})).status == 201
    values = await client.sealed(**(GOOD | wrong))
    refused = await client.post(CONNECTIONS, {"id_connector": 88, **values})
    assert (refused.status, refused.body["code"]) == (400, "invalidValue")


async def test_a_required_value_may_not_be_missing(client: Client) -> None:
    values = await client.sealed(login="camille")
    refused = await client.post(CONNECTIONS, {"id_connector": 40, **values})
    assert refused.body["code"] == "missingParameter"
    assert "password" in refused.body["description"]


async def test_a_form_encoded_body_is_taken(client: Client) -> None:
    values = await client.sealed(login="decoupled-1", password="pw")
    url = client.server.url + CONNECTIONS
    headers = {"Authorization": f"Bearer {client.token}"}
    form = {"id_connector": "40", **values}
    async with client.session.post(url, data=form, headers=headers) as answer:
        made = await answer.json()
    resume = {"resume": "true"}
    async with client.session.post(f"{url}/{made['id']}", data=resume, headers=headers) as answer:
        assert (await answer.json())["state"] is None
    assert not client.simulator.violations


async def test_another_users_connection_does_not_exist(client: Client) -> None:
    number = (await client.create()).body["id"]
    await client.new_user()
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await client.call(method, f"{CONNECTIONS}/{number}")).status == 404
    assert (await client.get(CONNECTIONS)).body["connections"] == []


async def test_a_deleted_connection_is_gone(client: Client) -> None:
    number = (await client.create()).body["id"]
    assert (await client.delete(f"{CONNECTIONS}/{number}")).status == 204
    gone = await client.get(f"{CONNECTIONS}/{number}")
    assert (gone.status, gone.body["code"]) == (404, "notFound")


async def test_changes_are_locked_out_while_a_sync_runs(client: Client) -> None:
    number = (await client.create("locked-20")).body["id"]
    path = f"{CONNECTIONS}/{number}"
    for method in ("POST", "PUT"):
        locked = await client.call(method, path)
        assert (locked.status, locked.body["code"]) == (409, "connectionLocked")
    assert (await client.get(path)).status == 200
    client.simulator.advance(20)
    assert (await client.post(path)).status == 200


async def test_a_forced_sync_moves_the_last_update(client: Client) -> None:
    number = (await client.create()).body["id"]
    before = (await client.connection(number))["last_update"]
    client.simulator.advance(60)
    path = f"{CONNECTIONS}/{number}"
    after = (await client.put(path, psu_requested="false")).body["last_update"]
    client.simulator.advance(60)
    assert before < after < (await client.post(path, {})).body["last_update"]


@pytest.mark.parametrize(
    ("dates", "shown"),
    [("naive", "2025-03-10 13:00:00"), ("zoned", "2025-03-10T13:00:00+01:00")],
)
async def test_dates_come_with_or_without_a_zone(client: Client, dates: Any, shown: str) -> None:
    client.simulator.configure(dates=dates)
    assert (await client.create()).body["created"] == shown


async def test_the_consent_of_an_open_source_expires_and_is_renewed_early(client: Client) -> None:
    number = (await client.create(connector=BANK)).body["id"]
    path = f"{CONNECTIONS}/{number}"
    assert (await client.post(path, {"refresh_auth": True})).body["code"] == "notSupported"
