"""The connectors: which there are, in which shapes, page by page."""

import re
from pathlib import Path

import pytest

from powens_flow.simulator import Settings, Simulator
from powens_flow.simulator.catalogue import Catalogue
from tests.simulator.client import BANK, Client

MINE = """
[[connectors]]
id = 900
uuid = "00000000-0000-4000-8000-000000000900"
name = "Ma banque"
slug = "MOI"
auth_mechanism = "credentials"
"""


async def test_sources_and_fields_come_by_expansion_only(client: Client) -> None:
    plain = (await client.get(f"connectors/{BANK}")).body
    assert not {"sources", "fields", "countries"} & plain.keys()
    whole = (await client.get(f"connectors/{BANK}", expand="sources,fields,countries")).body
    assert [source["name"] for source in whole["sources"]] == ["directaccess", "openapi"]
    assert [field["name"] for field in whole["fields"]] == ["login", "password"]
    assert whole["countries"] == [{"id": "FR", "name": "FR"}]
    assert whole["stability"] == {"status": "stable"}


async def test_a_connector_is_found_by_uuid_and_by_id(client: Client) -> None:
    by_id = (await client.get(f"connectors/{BANK}")).body
    assert (await client.get(f"connectors/{by_id['uuid']}")).body == by_id
    assert (await client.get("connectors/7")).status == 404


async def test_sources_and_fields_have_lists_of_their_own(client: Client) -> None:
    sources = (await client.get("connectors/110/sources")).body["sources"]
    assert sources[0]["disabled"] == "2024-02-01 09:30:00"
    assert sources[1]["disabled"] is None
    fields = (await client.get("connectors/71/fields")).body["fields"]
    assert fields[0]["values"][0] == {"label": "Particuliers", "value": "par"}
    assert "connector_sources" not in fields[0]


async def test_every_kind_of_connector_is_there(client: Client) -> None:
    found = (await client.get("connectors", expand="sources,fields")).body["connectors"]
    types = {field["type"] for one in found for field in one["fields"]}
    assert types == {"text", "password", "date", "number", "list", "colour"}
    assert {one["auth_mechanism"] for one in found} == {"credentials", "webauth", "pigeon"}
    for fact in ("hidden", "restricted", "beta"):
        assert sum(bool(one[fact]) for one in found) == 1
    assert {len(one["sources"]) for one in found} == {0, 1, 2, 3}
    assert any(field["regex"] for one in found for field in one["fields"])
    assert any(not field["required"] for one in found for field in one["fields"])


async def test_countries_filter(client: Client) -> None:
    found = (await client.get("connectors", country_codes="be,es")).body["connectors"]
    assert [one["id"] for one in found] == [122, 160]


async def test_pages_are_linked_to_the_end(client: Client) -> None:
    everything = (await client.get("connectors")).body["connectors"]
    page = (await client.get("connectors", limit=5)).body
    met = page["connectors"]
    while page["_links"]["next"]:
        path = page["_links"]["next"]["href"].removeprefix(client.server.url)
        page = (await client.get(path)).body
        met += page["connectors"]
    assert met == everything
    assert not client.simulator.violations


@pytest.mark.parametrize("settings", [Settings(page_size=10)])
async def test_the_server_may_page_by_itself(client: Client) -> None:
    page = (await client.get("connectors")).body
    assert len(page["connectors"]) == 10
    assert "offset=10" in page["_links"]["next"]["href"]


async def test_a_limit_over_the_most_is_refused_and_an_offset_has_none(client: Client) -> None:
    assert (await client.get("connectors", limit=1001)).status == 400
    assert (await client.get("connectors", offset="9" * 30)).status == 400
    client.simulator.violations.clear()
    beyond = await client.get("connectors", limit=1000, offset=2000)
    assert (beyond.status, beyond.body["connectors"]) == (200, [])
    assert not client.simulator.violations


def test_an_integrator_adds_connectors_in_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE, "utf-8")
    files = (*Settings().connector_files, mine)
    found = Simulator(Settings(connector_files=files)).catalogue.find(900)
    assert found
    assert found.name == "Ma banque"


def test_a_misspelt_key_of_a_connector_is_named(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE.replace("slug", "slugg"), "utf-8")
    with pytest.raises(ValueError, match=r"mine\.toml.*slug"):
        Catalogue([mine])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"garb", "it is no TOML"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"zz = 1", "'zz': nothing of that name is read here, but connectors"),
        (b"connectors = 5", "connectors is a list of tables"),
        (b"connectors = [5]", "connectors is a list of tables"),
        (MINE.replace("900", "'900'").encode(), "connector 1 ('Ma banque'): invalid value"),
        (f"{MINE}hidden = 'no'".encode(), "connector 1 ('Ma banque'): invalid value"),
        (f"{MINE}countries = 'FR'".encode(), "connector 1 ('Ma banque'): invalid value"),
        (f"{MINE}{MINE}color = 7".encode(), "connector 2 ('Ma banque'): invalid value"),
        (f"{MINE}{MINE}".encode(), "the connector of id '900' stands there twice"),
    ],
)
def test_a_file_that_cannot_be_offered_is_named_with_what_is_taken(
    tmp_path: Path, text: bytes, said: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_bytes(text)
    with pytest.raises(ValueError, match=re.escape(f"{mine}: {said}")):
        Catalogue([mine])


PET = "[[connectors.fields]]\nname = 'pet'\nlabel = 'Animal'\n"
SOURCE = "[[connectors.sources]]\nid = 1\nname = 'a'\nauth_mechanism = 'webauth'\n"
ACCOUNT = "[[connectors.accounts]]\nname = 'a'\nnumber = '1'\ntype = 'card'\n"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (f"{PET}regex = '[a'", "field 'pet': regex is one that Python's re reads"),
        (f"{PET}type = 'list'", "field 'pet': values is missing"),
        (PET + PET, "the field 'pet' stands there twice"),
        ("login_field = 'pat'", "login_field is 'pat', and no field has that name"),
        (f"{SOURCE}consent_days = 1_000_000_000", "source 'a': consent_days is a number of days"),
        (SOURCE + SOURCE, "the source 'a' stands there twice"),
        (f"{ACCOUNT}balance = nan", "account 'a': balance is a number"),
    ],
)
def test_what_could_not_be_played_is_told_when_it_is_read(
    tmp_path: Path, part: str, said: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE + part, "utf-8")
    with pytest.raises(ValueError, match=re.escape(f"{mine}: connector 1 ('Ma banque'): {said}")):
        Catalogue([mine])
