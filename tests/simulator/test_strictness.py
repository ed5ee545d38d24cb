"""What a sloppy client is caught at."""

import base64
from typing import Any

import pytest

from powens_flow.simulator import Settings
from tests.simulator.client import CALLBACK, Client

CONNECTIONS = "users/me/connections"


def kinds(client: Client) -> list[tuple[str, str]]:
    return [(one.kind, one.detail) for one in client.simulator.violations]


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("path", "query", "kind", "detail"),
    [
        (CONNECTIONS, {"verbose": "1"}, "unknown_query", "verbose"),
        (CONNECTIONS, {"expand": "sources,everything"}, "unknown_query", "expand=everything"),
        (CONNECTIONS, {"all": "true"}, "wrong_type", "all takes no value"),
        ("connectors", {"limit": "ten"}, "wrong_type", "limit"),
        ("connectors", {"all": ""}, "unknown_query", "all"),
        ("nowhere", {}, "unknown_call", "GET /nowhere"),
    ],
)
async def test_what_a_query_must_not_hold_is_counted(
    client: Client, path: str, query: dict[str, Any], kind: str, detail: str
) -> None:
    await client.get(path, **query)
    assert kinds(client) == [(kind, detail)]
    assert client.simulator.ledger.violation_counts == {kind: 1}


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ({"resume": "true"}, "wrong_type", "resume"),
        ({"login": 7}, "wrong_type", "login"),
        (["resume"], "malformed_body", "not a JSON object"),
    ],
)
async def test_what_a_body_must_not_hold_is_refused_and_counted(
    client: Client, body: Any, kind: str, detail: str
) -> None:
    path = f"{CONNECTIONS}/{(await client.create()).body['id']}"
    refused = await client.post(path, body)
    assert (refused.status, refused.body["code"]) == (400, "invalidValue")
    assert kinds(client) == [(kind, detail)]


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    "raw",
    [b"[" * 100_000, b'{"a":' * 100_000, b'{"\\ud800": "x"}', b'{"login": "\\ud800"}', b"\xff"],
)
async def test_a_body_that_is_no_text_or_too_deep_is_refused(client: Client, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    url = client.server.url + CONNECTIONS
    async with client.session.post(url, data=raw, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "invalidValue")
    shown = await client.control("GET", "violations")
    assert shown["counts"] == {"malformed_body": 1}


async def test_a_body_that_is_not_zipped_as_it_says_is_refused(client: Client) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    url = client.server.url + "auth/init"
    async with client.session.post(url, data=b"{}", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "invalidValue")


@pytest.mark.usefixtures("user")
async def test_a_number_that_no_id_has_is_not_found(client: Client) -> None:
    number = "1" * 5000
    webauth = {"client_id": "10203040", "redirect_uri": CALLBACK}
    answers = [
        await client.get(f"{CONNECTIONS}/{number}"),
        await client.get(f"connectors/{number}"),
        await client.get("webauth-url", **webauth, id_connection=number),
        await client.get("webauth-url", **webauth, id_connector=number),
        await client.post(CONNECTIONS, {"id_connector": number}),
    ]
    assert [one.status for one in answers] == [404] * 5
    renewal = {"grant_type": "client_credentials", "id_user": number, **client.client_values()}
    assert (await client.post("auth/renew", renewal)).body["code"] == "invalidValue"


@pytest.mark.usefixtures("user")
async def test_a_value_whose_header_is_too_deep_is_not_sealed(client: Client) -> None:
    header = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    refused = await client.post(CONNECTIONS, {"id_connector": 40, "login": f"{header}.a.b.c.d"})
    assert (refused.status, kinds(client)) == (400, [("plaintext_credential", "login")])


@pytest.mark.usefixtures("user")
async def test_an_unknown_field_is_counted(client: Client) -> None:
    values = await client.sealed(login="camille", password="pw", pet="cat")
    await client.post(CONNECTIONS, {"id_connector": 40, **values})
    assert kinds(client) == [("unknown_key", "pet")]


async def test_a_body_of_another_type_is_counted(client: Client) -> None:
    url = client.server.url + "auth/init"
    async with client.session.post(url, data=b"{}", headers={"Content-Type": "text/plain"}):
        assert kinds(client) == [("content_type", "text/plain")]


async def test_a_missing_token_is_counted_a_wrong_one_is_not(client: Client) -> None:
    assert (await client.get(CONNECTIONS)).status == 401
    assert kinds(client) == [("missing_auth", "no bearer token")]
    client.token = "unknown"
    assert (await client.get(CONNECTIONS)).status == 401
    assert len(client.simulator.violations) == 1


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"redirect_uri": f"{CALLBACK}?a=b"}, "redirect_uri"),
        ({"redirect_uri": "http://[x"}, "redirect_uri"),
        ({"id_connector": 59, "source": "openapi", "password": "pw"}, "password_in_query"),
        ({"utm_source": "x"}, "unknown_key"),
        ({"connector_uuid": "x"}, "unknown_query"),
    ],
)
async def test_a_sloppy_webauth_is_counted(
    client: Client, query: dict[str, Any], kind: str
) -> None:
    known = {"client_id": "10203040", "redirect_uri": CALLBACK, "id_connector": 160}
    await client.get("webauth-url", **(known | query))
    assert [found for found, _ in kinds(client)] == [kind]


@pytest.mark.parametrize("settings", [Settings(calls_a_minute=3)])
async def test_calls_a_minute_are_limited(client: Client) -> None:
    for _ in range(3):
        assert (await client.get("connectors")).status == 200
    client.simulator.advance(20)
    refused = await client.get("connectors")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "40")
    client.simulator.advance(40)
    assert (await client.get("connectors")).status == 200


@pytest.mark.usefixtures("user")
async def test_nothing_recorded_holds_a_value(client: Client) -> None:
    await client.create("camille")
    await client.post("auth/token/access", {"code": client.token, **client.client_values()})
    shown = repr((list(client.simulator.received), client.simulator.connections))
    shown += repr((client.simulator.users, client.simulator.settings))
    for secret in (client.token, "camille", client.simulator.settings.client_secret):
        assert secret not in shown
    assert client.simulator.received[-1].keys == ("client_id", "client_secret", "code")


@pytest.mark.parametrize("settings", [Settings(received_max=2)])
async def test_what_was_received_is_bounded_and_still_counted(client: Client) -> None:
    for _ in range(5):
        await client.get("connectors")
    assert len(client.simulator.received) == 2
    assert client.simulator.calls[("GET", "/connectors")] == 5


@pytest.mark.usefixtures("user")
async def test_another_method_on_a_known_path_is_told_from_what_is_not_there(
    client: Client,
) -> None:
    path = f"{CONNECTIONS}/{(await client.create()).body['id']}"
    refused = await client.call("PATCH", path, {})
    assert (refused.status, refused.body["code"]) == (405, "methodNotAllowed")
    assert refused.headers["Allow"] == "DELETE, GET, POST, PUT"
    assert (await client.call("PATCH", "nowhere", {})).status == 404
    assert [kind for kind, _ in kinds(client)] == ["unknown_call"] * 2


@pytest.mark.usefixtures("user")
async def test_the_schemes_name_has_no_case(client: Client) -> None:
    headers = {"Authorization": f"bearer {client.token}"}
    async with client.session.get(client.server.url + CONNECTIONS, headers=headers) as answer:
        assert answer.status == 200
    assert kinds(client) == []
