import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from powens_flow.api import models
from powens_flow.api.reading import WrongShape, model
from powens_flow.secret import Secret

CONNECTION: dict[str, Any] = {
    "id": 7,
    "id_user": 3,
    "state": None,
    "error": None,
    "created": "2024-07-01 12:00:00",
    "active": True,
    "unheard_of": {"a": [1]},
    "fields": [{"name": "code", "type": "hologram", "values": [{"label": "One", "value": 1}]}],
    "sources": [
        {"id": 9, "id_connection": 7, "name": "openapi", "state": "shiny", "disabled": None}
    ],
    "all_accounts": None,
}

read_connection = model(models.Connection)
read_account = model(models.Account)


def test_what_is_listed_is_read_and_the_rest_ignored() -> None:
    connection = read_connection(CONNECTION)
    assert connection.id == 7
    assert connection.active
    assert connection.created == datetime(2024, 7, 1, 10, tzinfo=UTC)
    assert connection.sources[0].state == "shiny"
    assert not connection.sources[0].disabled
    assert connection.fields[0].type == "hologram"
    assert connection.fields[0].values == (models.FieldValue(value="1", label="One"),)
    assert connection.all_accounts == ()


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"id": 1, "state": "decoupled", "error": "bug"}, "decoupled"),
        ({"id": 1, "state": None, "error": "bug"}, "bug"),
        ({"id": 1, "error": "bug"}, "bug"),
        ({"id": 1}, None),
    ],
)
def test_the_state_is_read_under_its_old_name_too(body: Any, state: str | None) -> None:
    assert read_connection(body).state == state


@pytest.mark.parametrize("disabled", ["2020-06-01 12:34:56", True, 1])
def test_a_date_in_disabled_means_disabled(disabled: object) -> None:
    assert read_account({"id": 1, "disabled": disabled}).disabled


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"id": None}, "id"),
        ({"id": "7"}, "id"),
        ({"id": True}, "id"),
        ({"id": 0}, "id"),
        ({"id": 2**63}, "id"),
        ({"state": {"a": 1}}, "state"),
        ({"created": 5}, "created"),
        ({"sources": {}}, "sources"),
        ({"sources": [{"id": 9}, {"name": "x"}]}, "sources[1].id"),
        ({"fields": [{"name": "a", "values": [{}]}]}, "fields[0].values[0].value"),
        ({"connector": {"id": 1, "uuid": "u", "name": "n", "urls": [None]}}, "connector.urls[0]"),
        ({"all_accounts": [{"id": 1, "currency": {"id": []}}]}, "all_accounts[0].currency.id"),
    ],
)
def test_a_wrong_shape_is_named_by_its_path(change: dict[str, Any], where: str) -> None:
    with pytest.raises(WrongShape) as wrong:
        read_connection({**CONNECTION, **change})
    assert wrong.value.where() == where


def test_a_body_that_is_no_object_is_named_too() -> None:
    with pytest.raises(WrongShape) as wrong:
        read_connection([])
    assert wrong.value.where() == "the body"


@pytest.mark.parametrize("token", ["", "a b\n", "é", 7, None, "a\r\nHost: evil"])
def test_a_token_is_what_a_header_can_carry(token: object) -> None:
    with pytest.raises(WrongShape):
        model(models.InitialisedUser)({"auth_token": token, "type": "temporary", "id_user": 1})


def test_a_repr_shows_neither_tokens_nor_the_account_holder() -> None:
    account = read_account(
        {
            "id": 1,
            "name": "Compte de Marie",
            "original_name": "MME MARIE",
            "number": "00012345",
            "iban": "FR7630006000011234567890189",
            "balance": 1234.5,
        }
    )
    subscription = model(models.Subscription)(
        {"id": 2, "label": "Contrat Marie", "number": "998877", "subscriber": "Marie Curie"}
    )
    user = models.InitialisedUser(Secret("tok-1"), "temporary", 1)
    connection = read_connection({"id": 1, "error_message": "Redirecting to https://b/?c=1"})
    shown = repr((account, subscription, user, connection))
    for private in ("Marie", "MARIE", "00012345", "FR76", "1234.5", "998877", "tok-1", "https"):
        assert private not in shown


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([attribute.name for attribute in fields(models.Connection)]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_any_json_is_read_or_refused_in_one_way(body: Any) -> None:
    body = json.loads(json.dumps(body))
    with suppress(WrongShape):
        assert read_connection(body).id == body["id"]
