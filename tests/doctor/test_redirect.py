"""The redirect URI: whether it may be used, and whether anybody serves it."""

import pytest
from aiohttp.test_utils import unused_port
from attrs import evolve

from powens_flow.config import Configuration
from powens_flow.policy import Policy
from tests.doctor.findings import UNKNOWN, WARNING, WRONG, found


def redirected_to(configuration: Configuration, address: str | None) -> Configuration:
    return evolve(configuration, policy=Policy(redirect_uri=address))


async def test_a_redirect_uri_that_nobody_serves(configured: Configuration) -> None:
    there = f"http://127.0.0.1:{unused_port()}/callback"
    findings = await found(redirected_to(configured, there))
    assert findings["redirect URI's page"].status is WARNING


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", "404"), ("/broken", "502"), ("/posted", "405")]
)
async def test_a_redirect_uri_whose_page_is_broken(
    configured: Configuration, callback: str, path: str, status: str
) -> None:
    findings = await found(redirected_to(configured, callback.replace("/callback", path)))
    assert findings["redirect URI's page"].status is WRONG
    assert status in findings["redirect URI's page"].says


async def test_a_redirect_uri_over_plain_http(configured: Configuration) -> None:
    findings = await found(redirected_to(configured, "http://app.invalid/callback"))
    assert findings["redirect URI"].status is WRONG


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example:99999/callback",
        "https://app.example:here/callback",
        "https://[app.example/callback",
        "https://app..example/callback",
        "https:///callback",
    ],
)
async def test_a_redirect_uri_that_is_no_address(configured: Configuration, address: str) -> None:
    findings = await found(redirected_to(configured, address))
    assert findings["redirect URI"].status is WRONG
    assert findings["redirect URI"].says.startswith(f"{address} is no address: ")
    assert "redirect URI's page" not in findings


async def test_a_redirect_uri_of_an_app(configured: Configuration) -> None:
    findings = await found(redirected_to(configured, "myapp://callback"))
    assert findings["redirect URI"].status is UNKNOWN


async def test_no_redirect_uri(configured: Configuration) -> None:
    assert (await found(redirected_to(configured, None)))["redirect URI"].status is WRONG
