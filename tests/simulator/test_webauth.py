"""The bank's page: asked for, visited, left again."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from powens_flow.simulator import Settings, at_the_bank
from tests.simulator.client import BANK, CALLBACK, TEST_BANK, Client, Reply

pytestmark = pytest.mark.usefixtures("user")
WEB_BANK = 160
LISTED = 71
SHARED = Path(__file__).parents[1] / "banks.toml"


async def asked(client: Client, **query: Any) -> Reply:
    known = {"client_id": client.simulator.settings.client_id, "redirect_uri": CALLBACK}
    return await client.get("webauth-url", **(known | query))


async def link(client: Client, **query: Any) -> str:
    target = {} if "id_connection" in query else {"id_connector": WEB_BANK}
    return str((await asked(client, **(target | query))).body["url"])


def query_of(url: str) -> dict[str, str]:
    assert url.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_approval_makes_the_connection(client: Client) -> None:
    back = await at_the_bank(client.session, await link(client, state="opaque"))
    (made,) = client.simulator.connections
    assert query_of(back) == {"id_connection": str(made.id), "state": "opaque"}
    shown = await client.connection(made.id, expand="sources")
    assert shown["state"] is None
    assert shown["sources"][0]["access_expire"] == shown["expire"] == "2025-09-06 14:00:00"


@pytest.mark.parametrize(
    ("style", "login", "state"),
    [
        ("connection_state", "", "null"),
        ("connection_state", "decoupled-1", "decoupled"),
        ("absent", "", None),
    ],
)
async def test_the_state_comes_back_as_each_source_of_truth_says(
    client: Client, style: Any, login: str, state: str | None
) -> None:
    client.simulator.configure(webauth_state=style, webauth_id_key="connection_id")
    back = await at_the_bank(client.session, await link(client, state="opaque"), login=login)
    query = query_of(back)
    assert query.get("state") == state
    assert int(query["connection_id"]) == client.simulator.connections[0].id


async def test_a_refusal_and_a_failure_come_back_as_errors(client: Client) -> None:
    refused = await at_the_bank(client.session, await link(client), decision="refuse")
    assert query_of(refused) == {"error": "access_denied"}
    failed = await at_the_bank(client.session, await link(client, state="s"), decision="fail")
    assert query_of(failed)["error"] == "server_error"
    assert query_of(failed)["error_description"]
    assert query_of(failed)["state"] == "s"
    assert client.simulator.connections == []


async def test_the_page_is_a_form_that_works_without_scripts(client: Client) -> None:
    async with client.session.get(await link(client)) as page:
        text = await page.text()
    assert page.content_type == "text/html"
    assert '<label for="login">' in text
    for decision in ("approve", "refuse", "fail"):
        assert f'name="decision" value="{decision}"' in text
    assert "<script" not in text


async def test_the_page_takes_a_login_from_the_table(client: Client) -> None:
    url = await link(client)
    with pytest.raises(RuntimeError, match="asks again"):
        await at_the_bank(client.session, url, login="wrongpass-once")
    back = await at_the_bank(client.session, url, login="wrongpass-once")
    assert "id_connection" in query_of(back)
    failed = await at_the_bank(client.session, await link(client), login="error-bug")
    assert query_of(failed) == {"error": "server_error", "error_description": "bug"}


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded; charset=none", "multipart/form-data"]
)
async def test_a_form_that_cannot_be_read_is_refused(client: Client, kind: str) -> None:
    url = f"{client.server.origin}/bank/authorise"
    async with client.session.post(url, data=b"flow=1", headers={"Content-Type": kind}) as page:
        assert page.status == 400


async def test_the_login_can_be_preset(client: Client) -> None:
    async with client.session.get(f'{await link(client)}&login=a"b') as page:
        assert 'value="a&quot;b"' in await page.text()


async def test_a_link_is_good_once_and_for_a_while(client: Client) -> None:
    used, late = await link(client), await link(client)
    await at_the_bank(client.session, used)
    client.simulator.advance(600)
    for url in (used, late):
        async with client.session.get(url) as page:
            assert page.status == 410


async def test_the_page_to_navigate_to_takes_a_code_once(client: Client) -> None:
    code = (await client.get("auth/token/code")).body["code"]
    query = {
        "client_id": client.simulator.settings.client_id,
        "redirect_uri": CALLBACK,
        "id_connector": WEB_BANK,
        "token": code,
    }
    client.token = ""
    there = await client.get("webauth", **query)
    assert there.status == 302
    back = await at_the_bank(client.session, there.headers["Location"])
    assert "id_connection" in query_of(back)
    assert (await client.get("webauth", **query)).body["code"] == "forbidden"
    assert not client.simulator.violations


async def test_an_access_token_is_no_code(client: Client) -> None:
    query = {"client_id": "10203040", "redirect_uri": CALLBACK, "id_connector": WEB_BANK}
    assert (await client.get("webauth", token=client.token, **query)).status == 403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"redirect_uri": f"{CALLBACK}?a=b"}, "invalidValue"),
        ({"redirect_uri": "https://elsewhere.example/"}, "invalidValue"),
        ({"client_id": "1"}, "forbidden"),
        ({"id_connector": 40}, "notSupported"),
        ({"id_connector": 7}, "notFound"),
        ({"id_connector": LISTED}, "missingParameter"),
        ({"id_connector": LISTED, "website": "other"}, "invalidValue"),
        ({"id_connector": BANK, "source": "openapi", "password": "pw"}, "invalidValue"),
    ],
)
async def test_what_is_asked_wrongly_is_refused(
    client: Client, query: dict[str, Any], code: str
) -> None:
    refused = await asked(client, **({"id_connector": WEB_BANK} | query))
    assert refused.body["code"] == code


async def test_field_values_travel_as_query_parameters(client: Client) -> None:
    url = await link(client, id_connector=LISTED, website="pro")
    await at_the_bank(client.session, url)
    assert len(client.simulator.connections[0].accounts()) == 3
    assert not client.simulator.violations


@pytest.mark.parametrize("settings", [Settings(connector_files=(SHARED,))])
async def test_a_password_is_neither_needed_nor_taken_in_a_query(client: Client) -> None:
    url = await link(client, id_connector=510, website="par")
    await at_the_bank(client.session, url)
    assert len(client.simulator.connections) == 1
    refused = await asked(client, id_connector=510, website="par", password="secret")
    assert (refused.status, refused.body["code"]) == (400, "invalidValue")
    assert [one.kind for one in client.simulator.violations] == ["password_in_query"]


async def test_a_connection_that_needs_no_page_says_so(client: Client) -> None:
    made = await client.create(connector=BANK)
    none = await asked(client, id_connection=made.body["id"])
    assert (none.status, none.body["code"]) == (409, "invalidValue")


async def test_who_was_sent_to_the_page_and_came_back_needs_it_no_more(client: Client) -> None:
    sent = await client.create("error-webauthRequired")
    assert sent.body["code"] == "webauthRequired"
    url = await link(client, id_connector=TEST_BANK)
    number = query_of(await at_the_bank(client.session, url))["id_connection"]
    assert (await asked(client, id_connection=number)).status == 409


async def test_a_state_that_began_anew_heals_at_its_new_time(client: Client) -> None:
    await at_the_bank(client.session, await link(client), login="unavailable-600")
    (made,) = client.simulator.connections
    await client.post(f"users/me/connections/{made.id}", {"refresh_auth": True})
    client.simulator.advance(60)
    await at_the_bank(client.session, await link(client, id_connection=made.id))
    assert (await client.connection(made.id))["next_try"] == "2025-03-10 13:11:00"
    client.simulator.advance(540)
    assert (await client.connection(made.id))["state"] == "websiteUnavailable"
    client.simulator.advance(60)
    assert (await client.connection(made.id))["state"] is None


async def test_a_connection_that_wants_the_page_is_repaired_by_it(client: Client) -> None:
    made = await client.create("webauth")
    assert made.body["state"] == "webauthRequired"
    url = await link(client, id_connection=made.body["id"])
    await at_the_bank(client.session, url)
    assert (await client.connection(made.body["id"]))["state"] is None


@pytest.mark.parametrize("settings", [Settings(webauth_url_in_message=True)])
async def test_the_banks_url_may_stand_in_the_message(client: Client) -> None:
    number = (await client.create("webauth")).body["id"]
    shown = await client.connection(number)
    assert shown["expire"] == "2025-03-10 13:10:00"
    url = shown["error_message"].removeprefix("Redirecting to ")
    assert (await client.connection(number))["error_message"].endswith(url)
    await at_the_bank(client.session, url)
    assert (await client.connection(number))["state"] is None


async def test_a_renewed_consent_leads_to_the_page(client: Client) -> None:
    await at_the_bank(client.session, await link(client))
    (made,) = client.simulator.connections
    asked_for = await client.post(f"users/me/connections/{made.id}", {"refresh_auth": True})
    assert (asked_for.status, asked_for.body["state"]) == (202, "webauthRequired")
    client.simulator.advance(60)
    await at_the_bank(client.session, await link(client, id_connection=made.id))
    assert (await client.connection(made.id))["expire"] == "2025-09-06 14:01:00"


async def test_another_users_connection_is_not_found(client: Client) -> None:
    number = (await client.create("webauth")).body["id"]
    await client.new_user()
    assert (await asked(client, id_connection=number)).status == 404


async def test_a_further_source_by_the_page_has_its_own_scenario(client: Client) -> None:
    number = (await client.create("openapi:sms", BANK, source="directaccess")).body["id"]
    url = await link(client, id_connection=number, source="openapi")
    await at_the_bank(client.session, url)
    shown = await client.connection(number, expand="sources")
    assert [one["state"] for one in shown["sources"]] == [None, "additionalInformationNeeded"]
