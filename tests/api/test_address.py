from typing import Any

import pytest

from powens_flow.api.address import base_url, expansion, is_loopback, query, same_origin
from powens_flow.api.client import PowensClient
from powens_flow.secret import Secret


def test_a_domain_is_reached_at_its_place_over_https() -> None:
    assert str(base_url("my-bank-sandbox")) == "https://my-bank-sandbox.biapi.pro/2.0/"


@pytest.mark.parametrize(
    "domain", ["", "My-Bank", "a--b", "-a", "a-", "a.b", "a/b", "a@b", "a b", "é", "a\n", "a" * 64]
)
def test_anything_else_is_no_domain(domain: str) -> None:
    with pytest.raises(ValueError, match="lowercase letters"):
        base_url(domain)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.9.9.9", "localhost:1", "[::1]:9"])
def test_plain_http_is_taken_on_loopback(host: str) -> None:
    assert str(base_url(f"http://{host}")) == f"http://{host}/2.0/"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/2.0/",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://localhost/",
        "https://",
        "https://user:password@example.com/",
        "https://example.com/?a=b",
        "https://example.com/#a",
    ],
)
def test_other_urls_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"the API's URL|plain http") as refused:
        base_url(url)
    assert "password@" not in str(refused.value)


@pytest.mark.parametrize("host", ["a..example", ".example", f"{'a' * 64}.example"])
def test_a_host_that_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="host is no name"):
        base_url(f"https://{host}/2.0/")


@pytest.mark.parametrize("host", ["proxy_1.example", "example.", "é.example", "127.0.0.1", "[::1]"])
def test_a_host_that_is_a_name_is_taken(host: str) -> None:
    assert base_url(f"https://{host}/2.0/").host


def test_the_path_of_a_url_is_kept() -> None:
    assert str(base_url("https://proxy.example.com/powens/2.0")).endswith("/powens/2.0/")


def test_a_name_is_no_loopback_address() -> None:
    assert not is_loopback("127.0.0.1.nip.io")
    assert is_loopback("127.1.2.3")


def test_a_host_is_told_what_a_domain_is() -> None:
    with pytest.raises(ValueError, match=r"its name alone, such as acme-sandbox .* whole URL"):
        base_url("demo.biapi.pro")


@pytest.mark.parametrize("nothing", [None, 3, b"demo"])
def test_a_variable_that_is_not_set_is_no_domain_and_no_client(nothing: Any) -> None:
    kind = type(nothing).__name__
    with pytest.raises(ValueError, match=rf"^a domain is the text .*, not {kind}"):
        PowensClient(nothing, "12")
    with pytest.raises(ValueError, match=rf"^a client id is a text of digits, not {kind}"):
        PowensClient("demo", nothing)


@pytest.mark.parametrize("empty", ["", Secret("")])
def test_a_client_secret_that_is_empty_is_a_mistake(empty: Any) -> None:
    with pytest.raises(ValueError, match="the client secret is empty"):
        PowensClient("demo", "12", empty)
    with pytest.raises(ValueError, match="a client secret is a Secret or a text, not bytes"):
        PowensClient("demo", "12", b"S3cr3t")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("calls", [0, -1, "30", 1.5])
def test_a_limit_of_calls_is_a_whole_number(calls: Any) -> None:
    with pytest.raises(ValueError, match=r"^calls_a_minute must be a whole number"):
        PowensClient("demo", "12", calls_a_minute=calls)


@pytest.mark.parametrize("client_id", ["", "12a", "1 2", "١٢", "-1"])
def test_a_client_id_is_digits(client_id: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        PowensClient("demo", client_id)


def test_flags_have_no_value_and_expansions_follow_them() -> None:
    assert expansion((), "all") == "?all"
    assert expansion(("sources", "accounts[a]"), "all") == "?all&expand=sources,accounts%5Ba%5D"
    assert expansion(()) == ""


def test_what_a_code_holds_survives_a_query() -> None:
    assert query({"code": "a+b/c=d&e", "off": None, "on": False}) == (
        "?code=a%2Bb%2Fc%3Dd%26e&on=false"
    )
    assert query({"off": None}) == ""


def test_a_link_stays_on_the_origin() -> None:
    base = base_url("http://127.0.0.1:81/2.0/")
    assert str(same_origin(base, "/2.0/connectors?offset=2")) == (
        "http://127.0.0.1:81/2.0/connectors?offset=2"
    )
    for elsewhere in ("http://127.0.0.1:82/x", "https://127.0.0.1:81/x", "//evil.test/", "a:b"):
        assert same_origin(base, elsewhere) is None


async def test_a_redirect_uri_with_a_query_is_refused_before_the_call() -> None:
    async with PowensClient("demo", "1") as client:
        for uri in ("https://app.test/back?a=b", "https://app.test/#a", "/back"):
            with pytest.raises(ValueError, match="redirect URI"):
                await client.webauth_url(Secret("t"), uri, id_connection=1)
            with pytest.raises(ValueError, match="redirect URI"):
                client.webauth_page(Secret("c"), uri, id_connection=1)


def test_the_page_of_webauth_carries_everything_encoded() -> None:
    page = PowensClient("demo", "12").webauth_page(
        Secret("a+b/c="),
        "https://app.test/back",
        connector_uuid="u-1",
        source="openapi",
        state="x&y",
        values={"website": "pro é"},
    )
    assert page.reveal() == (
        "https://demo.biapi.pro/2.0/webauth?client_id=12&token=a%2Bb%2Fc%3D&connector_uuid=u-1"
        "&source=openapi&redirect_uri=https%3A%2F%2Fapp.test%2Fback&state=x%26y"
        "&website=pro%20%C3%A9"
    )
    assert "a%2Bb" not in repr(page)


def test_a_field_cannot_pass_for_a_parameter() -> None:
    client = PowensClient("demo", "12")
    with pytest.raises(ValueError, match="'redirect_uri'"):
        client.webauth_page(
            Secret("c"), "https://a.test", id_connection=1, values={"redirect_uri": "x"}
        )
    with pytest.raises(ValueError, match="exactly one"):
        client.webauth_page(Secret("c"), "https://a.test", id_connection=1, id_connector=2)
