"""State-changing requests come from the integrator's own pages."""

import pytest

from powens_flow.web.origin import check_origin, checked_origins
from powens_flow.web.problems import Problem
from tests.web.site import site

ALLOWED = ("https://pages.example",)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        (None, None),  # no browser
        ("https://app.example", "same-origin"),
        (None, "none"),
        ("https://app.example", None),
        ("http://app.example", None),  # TLS may end before us
        ("https://APP.example", None),
        ("https://pages.example", "cross-site"),
        ("https://pages.example", None),
    ],
)
def test_the_own_pages_may_change_something(origin: str | None, fetch_site: str | None) -> None:
    check_origin(origin, fetch_site, "app.example", ALLOWED)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        ("https://evil.example", "cross-site"),
        ("https://evil.example", None),
        ("https://www.app.example", "same-site"),
        ("https://app.example", "cross-site"),  # a host of that name, on another port or scheme
        ("https://app.example:8443", None),
        ("null", None),
        ("null", "cross-site"),
        ("", None),
        ("https://[", None),
        (None, "same-site"),
        ("https://app.example.evil.example", None),
        ("https://pages.example.evil.example", None),
        ("http://pages.example", None),
    ],
)
def test_other_pages_may_not(origin: str | None, fetch_site: str | None) -> None:
    with pytest.raises(Problem) as refused:
        check_origin(origin, fetch_site, "app.example", ALLOWED)
    assert refused.value.code == "foreign_origin"


@pytest.mark.parametrize("wrong", ["app.example", "https://app.example/", "https://", "*", "null"])
def test_an_allowed_origin_is_spelt_as_browsers_send_it(wrong: str) -> None:
    with pytest.raises(ValueError, match="an origin is a scheme"):
        checked_origins([wrong])


def test_one_origin_alone_is_a_list_too() -> None:
    with pytest.raises(ValueError, match=r"^origins must be a list of origins, not the one text"):
        checked_origins("https://app.example")


async def test_a_foreign_page_changes_nothing_over_http() -> None:
    async with site(options={"origins": ALLOWED}) as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}/events"
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        ):
            refused = await s.post(path, {"type": "cancel"}, headers=headers)
            assert (refused.status, (await refused.json())["code"]) == (403, "foreign_origin")
            refused = await s.post("/attempts", {}, headers=headers)
            assert refused.status == 403
        assert (await (await s.get(f"/attempts/{view['attempt_id']}")).json()) == view
        own = {"Origin": f"http://{s.client.host}:{s.client.port}"}
        assert (await s.post("/attempts", {}, headers=own)).status == 201
        allowed = {"Origin": ALLOWED[0], "Sec-Fetch-Site": "cross-site"}
        assert (await s.post("/attempts", {}, headers=allowed)).status == 201
