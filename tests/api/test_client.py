"""What the client sends, and how it follows lists."""

from typing import Any

import pytest

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import BadAnswer, Gone
from powens_flow.secret import Secret
from tests.api.conftest import CLIENT_SECRET, TOKEN, Host


def test_the_repr_holds_no_secret() -> None:
    client = PowensClient("demo", "12", CLIENT_SECRET)
    assert repr(client) == "PowensClient('https://demo.biapi.pro/2.0/', '12')"
    assert client.has_secret
    assert not PowensClient("demo", "12").has_secret


async def test_what_needs_the_client_secret_says_so_before_the_call() -> None:
    async with PowensClient("demo", "12") as client:
        for call in (
            client.init_user(permanent=True),
            client.exchange_token(TOKEN),
            client.renew_token(3),
        ):
            with pytest.raises(ValueError, match="client secret"):
                await call


@pytest.mark.parametrize("key", ["access_token", "token"])
async def test_a_permanent_token_is_read_under_both_its_names(
    host: Host, client: PowensClient, key: str
) -> None:
    host.answers({key: "permanent-1"})
    token = await client.exchange_token(Secret("c/+="))
    assert token == Secret("permanent-1")
    assert host.asked[0].body == {
        "grant_type": "authorization_code",
        "client_id": "4242",
        "client_secret": CLIENT_SECRET,
        "code": "c/+=",
    }


@pytest.mark.parametrize("answer", [{}, {"token": None}, {"access_token": 5}, []])
async def test_an_answer_without_a_token_is_bad(
    host: Host, client: PowensClient, answer: Any
) -> None:
    host.answers(answer)
    with pytest.raises(BadAnswer):
        await client.renew_token(3)


async def test_the_targets_of_writes_are_as_the_protocol_has_them(
    host: Host, client: PowensClient
) -> None:
    host.answers({"id": 1})
    await client.create_connection(TOKEN, connector_uuid="u-1", source="a b", values={"x": "y"})
    await client.update_connection(TOKEN, 7, expand=("sources",), background=True)
    await client.force_sync(TOKEN, 7, psu_requested=False)
    await client.resume_connection(TOKEN, 7, source="openapi")
    await client.refresh_auth(TOKEN, 7)
    await client.activate_accounts(TOKEN, 7, [1, 2])
    await client.activate_subscriptions(TOKEN, 7, [3])
    await client.activate_account(TOKEN, 4)
    await client.disable_source(TOKEN, 7, 9)
    await client.delete_connection(TOKEN, 7)
    base = "/2.0/users/me/connections"
    assert [(asked.method, asked.target, asked.body) for asked in host.asked] == [
        ("POST", f"{base}?source=a%20b", {"connector_uuid": "u-1", "x": "y"}),
        ("POST", f"{base}/7?expand=sources&background=true", {}),
        ("POST", f"{base}/7?psu_requested=false", {}),
        ("POST", f"{base}/7?source=openapi&background=true", {"resume": True}),
        ("POST", f"{base}/7", {"refresh_auth": True}),
        ("PUT", f"{base}/7/accounts/1,2?all", {"disabled": False}),
        ("PUT", f"{base}/7/subscriptions/3?all", {"disabled": False}),
        ("POST", "/2.0/users/me/accounts/4?all", {"disabled": False}),
        ("POST", f"{base}/7/sources/9", {"disabled": True}),
        ("DELETE", f"{base}/7", None),
    ]
    assert {asked.headers["Authorization"] for asked in host.asked} == {f"Bearer {TOKEN.reveal()}"}


async def test_the_targets_of_reads_are_as_the_protocol_has_them(
    host: Host, client: PowensClient
) -> None:
    host.answers({"id": 1, "connections": [], "sources": [], "accounts": []})
    await client.connections(TOKEN, all_rows=True)
    await client.connections(TOKEN, expand=("connector", "sources"))
    await client.connection(TOKEN, 7, all_rows=True)
    await client.connection_sources(TOKEN, 7)
    await client.accounts(TOKEN, 7)
    base = "/2.0/users/me/connections"
    assert [asked.target for asked in host.asked] == [
        f"{base}?all",
        f"{base}?expand=connector,sources",
        f"{base}/7?all&expand=sources",
        f"{base}/7/sources",
        f"{base}/7/accounts?all",
    ]


async def test_arguments_that_mean_something_else_are_refused_unsent(
    host: Host, client: PowensClient
) -> None:
    with pytest.raises(ValueError, match="uuid or by its id"):
        await client.create_connection(TOKEN)
    with pytest.raises(ValueError, match="uuid or by its id"):
        await client.create_connection(TOKEN, id_connector=1, connector_uuid="u")
    with pytest.raises(ValueError, match="'resume'"):
        await client.update_connection(TOKEN, 1, values={"resume": "x"})
    with pytest.raises(ValueError, match="at least one id"):
        await client.activate_accounts(TOKEN, 1, [])
    for ref in ("", "../users/me", "a/b", "a?b"):
        with pytest.raises(ValueError, match="uuid or its id"):
            await client.connector(ref)
    assert host.asked == []


CONNECTORS = [{"id": number, "uuid": f"u-{number}", "name": "n"} for number in range(1, 6)]


def page(rows: list[dict[str, Any]], href: str | None) -> dict[str, Any]:
    return {"connectors": rows, "_links": {"next": None if href is None else {"href": href}}}


async def test_a_list_is_followed_to_its_end(host: Host, client: PowensClient) -> None:
    host.answers(page(CONNECTORS[:2], f"{host.url}connectors?opaque=%2B1"))
    host.answers(page(CONNECTORS[2:4], "/2.0/connectors?opaque=2"))
    host.answers(page(CONNECTORS[4:], None))
    found = await client.all_connectors(limit=2, country_codes=("fr", "be"), expand=("sources",))
    assert [one.id for one in found] == [1, 2, 3, 4, 5]
    assert [asked.target for asked in host.asked] == [
        "/2.0/connectors?country_codes=fr,be&expand=sources&limit=2",
        "/2.0/connectors?opaque=%2B1",
        "/2.0/connectors?opaque=2",
    ]


async def test_a_users_token_goes_along_a_list(host: Host, client: PowensClient) -> None:
    host.answers({"connections": [{"id": 1}], "_links": {"next": {"href": "?offset=1"}}})
    host.answers({"connections": [{"id": 2}]})
    assert [one.id for one in await client.connections(TOKEN)] == [1, 2]
    assert host.asked[1].headers["Authorization"] == f"Bearer {TOKEN.reveal()}"
    assert host.asked[1].target == "/2.0/?offset=1"


@pytest.mark.parametrize(
    "href", ["https://evil.test/2.0/connectors", "//evil.test/", "http://127.0.0.1:1/", 7, ""]
)
async def test_a_link_to_anywhere_else_is_a_bad_answer(
    host: Host, client: PowensClient, href: Any
) -> None:
    host.answers(page(CONNECTORS[:1], href))
    with pytest.raises(BadAnswer) as bad:
        await client.all_connectors()
    assert bad.value.path == "_links.next.href"
    assert len(host.asked) == 1


async def test_a_list_that_goes_in_circles_ends(host: Host, client: PowensClient) -> None:
    host.answers(page(CONNECTORS[:1], "/2.0/connectors?again"))
    with pytest.raises(BadAnswer):
        await client.all_connectors()
    assert len(host.asked) == 2


async def test_a_page_says_what_follows(host: Host, client: PowensClient) -> None:
    host.answers(page(CONNECTORS[:1], "/2.0/connectors?offset=1"))
    first = await client.connectors(limit=1, offset=0)
    assert (first.items[0].id, first.next) == (1, "/2.0/connectors?offset=1")


@pytest.mark.parametrize("answer", [{}, {"connections": None}, {"connections": {}}, [], None])
async def test_a_list_that_is_missing_is_not_an_empty_one(
    host: Host, client: PowensClient, answer: Any
) -> None:
    host.answers(answer)
    with pytest.raises(BadAnswer):
        await client.connections(TOKEN)


async def test_no_account_is_an_empty_list(host: Host, client: PowensClient) -> None:
    host.answers({"code": "noAccount"}, status=400)
    assert await client.accounts(TOKEN, 7) == ()
    assert await client.subscriptions(TOKEN, 7) == ()
    host.answers({"code": "notFound"}, status=404)
    await client.accounts(TOKEN, 7)
    with pytest.raises(Gone):
        await client.accounts(TOKEN, 7)


@pytest.mark.parametrize(("status", "raw"), [(204, b""), (200, b"{}"), (200, b'{"accounts": 1}')])
async def test_an_activation_is_acknowledged(
    host: Host, client: PowensClient, status: int, raw: bytes
) -> None:
    host.answers(raw=raw, status=status)
    await client.activate_accounts(TOKEN, 7, [1])
    assert len(host.asked) == 1


async def test_a_page_of_somebody_else_acknowledges_nothing(
    host: Host, client: PowensClient
) -> None:
    host.answers(raw=b"<html>Sign in to this network</html>")
    with pytest.raises(BadAnswer):
        await client.activate_accounts(TOKEN, 7, [1])


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "", None, 5, "file:///etc", "https://a\nb", "bank.test"]
)
async def test_what_a_browser_must_not_open_is_a_bad_answer(
    host: Host, client: PowensClient, url: Any
) -> None:
    host.answers({"url": url})
    with pytest.raises(BadAnswer) as bad:
        await client.webauth_url(TOKEN, "https://app.test/back", id_connector=7)
    assert bad.value.path == "url"


async def test_the_banks_page_is_asked_for_with_everything_encoded(
    host: Host, client: PowensClient
) -> None:
    host.answers({"url": "https://bank.test/?code=1"})
    url = await client.webauth_url(
        TOKEN, "https://app.test/back", id_connection=7, state="a+b", values={"website": "é"}
    )
    assert url == Secret("https://bank.test/?code=1")
    assert host.asked[0].target == (
        "/2.0/webauth-url?client_id=4242&redirect_uri=https%3A%2F%2Fapp.test%2Fback"
        "&id_connection=7&state=a%2Bb&website=%C3%A9"
    )
