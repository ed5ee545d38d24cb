"""The connectors to choose from: read afresh, searched, filtered by the policy, kept nowhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from powens_flow.attempt import Attempt
from powens_flow.connectors import ConnectorPage, Directory, Filter, folded
from powens_flow.policy import Policy
from powens_flow.testing import World, world
from tests.decisions.made import attempt


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made


@pytest.fixture
def directory(here: World) -> Directory:
    return Directory(here.api, here.clock)


def choosing(**wishes: Any) -> Attempt:
    return attempt(state="choosing_connector", policy=Policy(**wishes))


async def names(directory: Directory, q: str = "", **wishes: Any) -> list[str]:
    page = await directory.page(choosing(**wishes), q, 1, 100)
    return [str(one["name"]) for one in page.connectors]


def readings(here: World) -> int:
    return sum(1 for call in here.simulator.received if call.route.endswith("/connectors"))


# --- which --------------------------------------------------------------------------------------


async def test_hidden_and_restricted_ones_are_left_out(directory: Directory) -> None:
    found = await names(directory)
    assert "Connecteur de test" in found
    assert not {"Banque Cachée", "Banque Restreinte"} & set(found)
    assert found == sorted(found, key=folded)


async def test_one_that_nobody_can_use_yet_is_shown_and_refused_later(
    directory: Directory,
) -> None:
    assert "Banque par Pigeon" in await names(directory)


async def test_beta_ones_are_shown_unless_the_policy_says_no(directory: Directory) -> None:
    assert "Banque Bêta" in await names(directory)
    assert "Banque Bêta" not in await names(directory, beta=False)


async def test_the_policy_names_connectors_by_uuid_or_id(directory: Directory) -> None:
    uuid = "07d76adf-ae35-5b38-aca8-67aafba13169"
    assert await names(directory, connectors=(uuid,)) == ["Connecteur de test"]
    assert await names(directory, connectors=("40", "120")) == ["Connecteur de test"]
    assert await names(directory, connectors=("999",)) == []


async def test_the_policy_names_capabilities_and_account_types(directory: Directory) -> None:
    assert await names(directory, capabilities=("document",)) == ["Électricité de l'Ouest"]
    assert await names(directory, account_types=("pee",)) == [
        "Électricité de l'Ouest",  # says nothing of account types, so it may give any
        "Épargne Salariale Unie",
    ]


async def test_the_policy_names_countries(directory: Directory) -> None:
    assert await names(directory, countries=("ES",)) == ["Banco del Puente"]
    assert await names(directory, countries=("es",)) == ["Banco del Puente"]
    assert await names(directory, countries=("LU", "ES")) == [
        "Banco del Puente",
        "Épargne Salariale Unie",
    ]
    assert await names(directory, countries=("JP",)) == []


# --- searching ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("credit", ["Crédit Maritime et Rural"]),
        ("CRÉDIT", ["Crédit Maritime et Rural"]),
        ("  rural   credit ", ["Crédit Maritime et Rural"]),
        ("epargne", ["Épargne Salariale Unie"]),
        ("salariale epar", ["Épargne Salariale Unie"]),
        ("zzz", []),
        (".*", []),
        ("%", []),
    ],
)
async def test_a_name_is_found_without_case_and_accents(
    directory: Directory, q: str, found: list[str]
) -> None:
    assert await names(directory, q) == found


async def test_what_begins_with_the_word_comes_first(directory: Directory) -> None:
    found = await names(directory, "de")
    assert len(found) > 1
    starting = [one for one in found if folded(one).startswith("de")]
    assert found[: len(starting)] == starting


def test_texts_are_folded_for_searching() -> None:
    assert folded("Crédit Ærø STRASSE ß") == "credit ærø strasse ss"


# --- pages --------------------------------------------------------------------------------------


async def test_pages_divide_what_was_found(directory: Directory) -> None:
    whole = await names(directory)
    first = await directory.page(choosing(), "", 1, 5)
    assert (first.page, first.total, len(first.connectors)) == (1, len(whole), 5)
    seen = [
        str(one["name"])
        for number in range(1, first.pages + 1)
        for one in (await directory.page(choosing(), "", number, 5)).connectors
    ]
    assert seen == whole


@pytest.mark.parametrize(
    ("only", "has", "has_not"),
    [
        (Filter(capability="document"), "Électricité de l'Ouest", "Banque des Deux Rives"),
        (Filter(country="es"), "Banco del Puente", "Connecteur de test"),
        (Filter(auth_mechanism="webauth"), "Crédit Maritime et Rural", "Connecteur de test"),
    ],
)
async def test_a_search_is_narrowed_down(
    directory: Directory, only: Filter, has: str, has_not: str
) -> None:
    found = [one["name"] for one in (await directory.page(choosing(), "", 1, 100, only)).connectors]
    assert has in found
    assert has_not not in found
    assert set(found) < set(await names(directory))


async def test_a_filter_widens_no_policy(directory: Directory) -> None:
    only = Filter(country="ES")
    assert (await directory.page(choosing(countries=("FR",)), "", 1, 100, only)).total == 0


async def test_a_page_that_is_not_there_is_empty(directory: Directory) -> None:
    page = await directory.page(choosing(), "", 99, 50)
    assert (page.connectors, page.page, page.pages) == ((), 99, 1)
    assert await directory.page(choosing(), "zzz", 1, 50) == ConnectorPage((), 1, 1, 0)


async def test_a_connector_is_shown_in_json_values(directory: Directory) -> None:
    page = await directory.page(choosing(connectors=("40",)), "", 1, 1)
    assert page.connectors == (
        {
            "id": 40,
            "uuid": "07d76adf-ae35-5b38-aca8-67aafba13169",
            "name": "Connecteur de test",
            "slug": "TST",
            "color": "4e2a84",
            "beta": False,
            "capabilities": ["bank"],
            "countries": ["FR"],
            "auth_mechanism": "credentials",
        },
    )


# --- read afresh --------------------------------------------------------------------------------


async def test_one_reading_serves_a_minute_of_typing(here: World, directory: Directory) -> None:
    for q in ("c", "cr", "cre"):
        await directory.page(choosing(), q, 1, 50)
        here.clock.advance(20)
    assert readings(here) == 1
    here.clock.advance(1)
    await directory.page(choosing(), "cred", 1, 50)
    assert readings(here) == 2


async def test_an_attempt_that_began_later_reads_anew(here: World, directory: Directory) -> None:
    await directory.page(choosing(), "", 1, 50)
    here.clock.advance(5)
    later = attempt(state="choosing_connector", entered_at=here.clock.now())
    await directory.page(later, "", 1, 50)
    assert readings(here) == 2


async def test_other_countries_are_another_reading(here: World, directory: Directory) -> None:
    await names(directory)
    await names(directory, countries=("ES",))
    assert readings(here) == 2
