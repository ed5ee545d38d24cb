"""The served document: sound, whole, and true of every answer that the other tests see."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from powens_flow import InvalidEvent, event_from_json
from powens_flow.events import EVENTS, LONGEST_TEXT, MOST_IDS, MOST_TEXTS, schema_of
from powens_flow.web.operations import OPERATIONS
from powens_flow.web.problems import KINDS
from powens_flow.web.routes import ROUTES
from tests.web.site import site


async def served(mounted: str = "/connect") -> dict[str, Any]:
    async with site() as s:
        told: dict[str, Any] = await (await s.get("/openapi.json", user=None)).json()
        assert told["servers"] == [{"url": mounted}]
        return told


async def test_the_document_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(await served()).validate()


async def test_every_route_is_in_the_document_and_nothing_else() -> None:
    told = await served()

    documented = {
        (method.upper(), path, one["operationId"])
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    }

    assert documented == {(one.method, one.path.replace(":.+", ""), one.name) for one in ROUTES}
    assert set(OPERATIONS) == {one.name for one in ROUTES}


async def test_every_problem_is_answered_by_some_route() -> None:
    told = str(await served())

    assert [code for code in KINDS if f"'{code}'" not in told] == []


async def test_every_component_is_used() -> None:
    told = await served()

    used = str(told)

    assert [name for name in told["components"]["schemas"] if f"/{name}'" not in used] == []


# --- events: what the schema says, and what is taken --------------------------------------------

EDGES: list[Any] = [
    None,
    "",
    "x",
    "x" * LONGEST_TEXT,
    "x" * (LONGEST_TEXT + 1),
    "a b",
    "../x",
    "1",
    0,
    1,
    -1,
    2**63 - 1,
    2**63,
    1.5,
    True,
    [],
    [1],
    [0],
    ["1"],
    [True],
    list(range(1, MOST_IDS + 1)),
    list(range(1, MOST_IDS + 2)),
    {},
    {"a": "b"},
    {"a": ""},
    {"a": 1},
    {str(number): "x" for number in range(MOST_TEXTS)},
    {str(number): "x" for number in range(MOST_TEXTS + 1)},
]


def takes(event: Any) -> bool:
    try:
        event_from_json(event)
    except InvalidEvent:
        return False
    return True


@pytest.mark.parametrize("name", EVENTS)
def test_the_schema_of_an_event_takes_what_the_event_takes(name: str) -> None:
    schema = Draft202012Validator(schema_of(EVENTS[name]))
    keys = [key for key in schema_of(EVENTS[name])["properties"] if key != "type"]
    whole = {"connector": "1", "source": "a", "connection": 1, "values": {}, "parameters": {}}
    plain = {"type": name, **{key: whole[key] for key in keys if key in whole}}

    assert takes(plain)
    assert schema.is_valid(plain)
    for key in (*keys, "unknown"):
        for value in EDGES:
            event = {**plain, key: value}
            assert schema.is_valid(event) == takes(event), f"{key}: {str(value)[:50]}"
        without = {one: value for one, value in plain.items() if one != key}
        assert schema.is_valid(without) == takes(without)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "connector", "source", "values", "accounts", "parameters", "x"]),
        st.one_of(
            st.sampled_from(list(EVENTS)),
            st.text(st.characters(codec="utf-8"), max_size=5),
            st.integers(),
            st.lists(st.integers()),
            st.dictionaries(st.text(max_size=2), st.text(st.characters(codec="utf-8"), max_size=2)),
            st.none(),
        ),
    )
)
def test_of_any_object_schema_and_event_think_the_same(event: dict[str, Any]) -> None:
    schemas = [Draft202012Validator(schema_of(kind)) for kind in EVENTS.values()]

    assert any(schema.is_valid(event) for schema in schemas) == takes(event)
