"""What settings take, said when they are made and not by the first call."""

from typing import Any

import pytest

from powens_flow.simulator import Settings


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"redirect_uris": ("nonsense",)}, "redirect_uris is a list of absolute URLs"),
        ({"redirect_uris": ("http://x/?a=b",)}, "redirect_uris is a list of absolute URLs"),
        ({"redirect_uris": ("http://x/#a",)}, "redirect_uris is a list of absolute URLs"),
        ({"webhook_url": "zzz"}, "webhook_url is an absolute http"),
        ({"webhook_url": "ftp://x/"}, "webhook_url is an absolute http"),
        ({"webhook_url": "http://[x/"}, "webhook_url is an absolute http"),
        ({"webhook_url": "http:///path"}, "webhook_url is an absolute http"),
        ({"client_id": "x7"}, "client_id is digits only"),
        ({"client_id": "\u0663"}, "client_id is digits only"),
        ({"page_size": 0}, "page_size is a whole number from 1"),
        ({"received_max": -1}, "received_max is a whole number from 0"),
        ({"webhook_timeout": float("inf")}, "webhook_timeout is a number of seconds"),
    ],
)
def test_what_is_not_taken_is_named_with_what_is(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(**wrong)


def test_a_secret_that_is_none_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="client_secret is text") as caught:
        Settings(client_secret=b"S3cr3t")  # type: ignore[arg-type]
    assert "S3cr3t" not in str(caught.value)


def test_addresses_of_apps_and_of_each_event_are_taken() -> None:
    there = "http://127.0.0.1:8000/webhooks/{event}"
    settings = Settings(redirect_uris=("myapp://back", "https://x/back"), webhook_url=there)
    assert settings.webhook_url == there
