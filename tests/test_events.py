"""Events from JSON: each wrong key named, never a value."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powens_flow import events as e
from powens_flow import vocabulary as v
from powens_flow.events import EVENTS, InvalidEvent, event_from_json

SAMPLES: tuple[tuple[dict[str, Any], e.Event], ...] = (
    ({"type": "choose_connector", "connector": "uuid-40"}, e.ChooseConnector("uuid-40")),
    ({"type": "choose_connector", "connector": 40}, e.ChooseConnector("40")),
    ({"type": "choose_source", "source": "openapi"}, e.ChooseSource("openapi")),
    ({"type": "submit_values", "values": {"login": "x"}}, e.SubmitValues({"login": "x"})),
    ({"type": "submit_values", "values": {}}, e.SubmitValues({})),
    ({"type": "returned", "parameters": {"state": ""}}, e.Returned({"state": ""})),
    ({"type": "approved"}, e.Approved()),
    ({"type": "acted"}, e.Acted()),
    ({"type": "try_again"}, e.TryAgain()),
    ({"type": "finish_later"}, e.FinishLater()),
    ({"type": "skip_source"}, e.SkipSource()),
    ({"type": "choose_another_connector"}, e.ChooseAnotherConnector()),
    (
        {"type": "choose_accounts", "accounts": [3, 1, 3], "subscriptions": [9]},
        e.ChooseAccounts((3, 1), (9,)),
    ),
    ({"type": "choose_accounts"}, e.ChooseAccounts()),
    ({"type": "add_source"}, e.AddSource()),
    ({"type": "add_source", "source": None}, e.AddSource()),
    ({"type": "add_source", "source": "openapi"}, e.AddSource("openapi")),
    ({"type": "repair_connection", "connection": 5}, e.RepairConnection(5)),
    ({"type": "add_another"}, e.AddAnother()),
    ({"type": "cancel"}, e.Cancel()),
)


@pytest.mark.parametrize(("data", "event"), SAMPLES, ids=[str(d["type"]) for d, _ in SAMPLES])
def test_an_event_is_made_from_plain_json(data: dict[str, Any], event: e.Event) -> None:
    assert event_from_json(json.loads(json.dumps(data))) == event


@pytest.mark.parametrize("event", [event for _, event in SAMPLES])
def test_an_event_comes_back_from_its_own_json(event: e.Event) -> None:
    assert event_from_json(json.loads(json.dumps(event.to_json()))) == event


def test_every_event_has_a_sample_and_its_trigger_is_one_of_the_machines() -> None:
    assert {data["type"] for data, _ in SAMPLES} == set(EVENTS) == set(v.EVENT_TRIGGERS)


def wrong(data: object) -> dict[str, str]:
    with pytest.raises(InvalidEvent) as refused:
        event_from_json(data)
    assert "S3cr3t" not in f"{refused.value}{refused.value!r}{refused.value.fields}"
    return refused.value.fields


@pytest.mark.parametrize("data", [None, [], "cancel", 3, True])
def test_what_is_no_object_is_no_event(data: object) -> None:
    assert wrong(data) == {}


@pytest.mark.parametrize(
    "kind", [None, "", "S3cr3t", "poll", "expire", "retry", "done", 3, ["cancel"], {}, True]
)
def test_an_unknown_type_is_told_which_there_are(kind: object) -> None:
    told = wrong({"type": kind})
    assert set(told) == {"type"}
    assert all(known in told["type"] for known in EVENTS)


def test_a_type_has_to_be_given() -> None:
    assert set(wrong({"connector": "S3cr3t"})) == {"type"}


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"type": "choose_connector"}, {"connector": "is needed"}),
        (
            {"type": "choose_connector", "connector": "40", "S": "S3cr3t"},
            {"S": "not known; known: connector"},
        ),
        ({"type": "cancel", "why": "S3cr3t"}, {"why": "not known; known: none"}),
        (
            {"type": "choose_source", "source": 3, "more": 1},
            {
                "source": "must be a text that is not empty",
                "more": "not known; known: source",
            },
        ),
        (
            {"type": "choose_accounts", "accounts": "S3cr3t", "subscriptions": [0]},
            {
                "accounts": "must be a list of ids (positive integers)",
                "subscriptions": "must be a list of ids (positive integers)",
            },
        ),
        ({"type": "submit_values"}, {"values": "is needed"}),
        (
            {"type": "submit_values", "values": {"password": ["S3cr3t"]}},
            {"values": "must be an object of texts"},
        ),
        (
            {"type": "returned", "parameters": [["state", "S3cr3t"]]},
            {"parameters": "must be an object of texts"},
        ),
    ],
)
def test_each_wrong_key_is_named_with_what_is_accepted(
    data: dict[str, Any], fields: dict[str, str]
) -> None:
    assert wrong(data) == fields


@pytest.mark.parametrize(
    "connector", ["", None, 0, -1, 1.5, True, [], {}, "a b", "../x", "é", "x" * 65, "a\n", 2**63]
)
def test_what_is_no_connector(connector: object) -> None:
    assert set(wrong({"type": "choose_connector", "connector": connector})) == {"connector"}


@pytest.mark.parametrize(
    "ids", [None, 3, {"1": 2}, [1, "2"], [True], [-1], [1.0], [[1]], [2**63], list(range(1, 1002))]
)
def test_what_are_no_ids(ids: object) -> None:
    assert set(wrong({"type": "choose_accounts", "accounts": ids})) == {"accounts"}


@pytest.mark.parametrize("source", ["", 3, False, [], "x" * 70_000, "half a \ud800 pair"])
def test_an_optional_text_is_a_text_or_nothing(source: object) -> None:
    assert set(wrong({"type": "add_source", "source": source})) == {"source"}


@pytest.mark.parametrize(
    "values",
    [
        {"password": "half a \ud800 pair"},
        {"half \udfff": "x"},
        {"password": "x" * 70_000},
        {f"field-{n}": "x" for n in range(101)},
    ],
)
def test_what_are_no_texts(values: dict[str, str]) -> None:
    assert wrong({"type": "submit_values", "values": values}) == {
        "values": "must be an object of texts"
    }
    assert set(wrong({"type": "returned", "parameters": values})) == {"parameters"}


def test_the_text_says_of_each_wrong_key_what_is_accepted() -> None:
    with pytest.raises(e.InvalidEvent) as refused:
        e.event_from_json({"type": "choose_source", "why": "S3cr3t"})
    assert str(refused.value) == (
        "wrong in an event 'choose_source': source (is needed), why (not known; known: source)"
    )


def test_the_text_stays_short_whatever_is_sent() -> None:
    with pytest.raises(e.InvalidEvent) as refused:
        e.event_from_json({"type": "cancel", **{f"{n:04}" + "x" * 5000: n for n in range(5000)}})
    assert len(refused.value.fields) == 5000
    assert len(str(refused.value)) < 1000
    assert str(refused.value).endswith(", 4995 more")


def test_an_event_made_in_python_is_checked_too() -> None:
    with pytest.raises(ValueError, match=r"^must be a connector's uuid or id$"):
        e.ChooseConnector("")
    with pytest.raises(ValueError, match="ids"):
        e.ChooseAccounts((-1,))


def test_values_and_callbacks_show_in_no_repr() -> None:
    assert "S3cr3t" not in repr(e.SubmitValues({"password": "S3cr3t"}))
    assert "S3cr3t" not in repr(e.Returned({"state": "S3cr3t"}))


def test_nobody_outside_wakes_an_attempt() -> None:
    assert e.Woken.trigger not in EVENTS


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["connector", "source", "values", "parameters", "accounts", "x"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
@given(st.sampled_from(sorted(EVENTS)), st.dictionaries(KEYS, ANY_JSON, max_size=3))
def test_whatever_comes_is_an_event_or_refused(kind: str, data: dict[str, Any]) -> None:
    try:
        event = event_from_json({"type": kind, **data})
    except InvalidEvent as refused:
        known = {"type", "connection", *KEYS_OF_EVENTS}
        assert set(refused.fields) <= known | set(data)  # noqa: PT017 - either end is right
    else:
        assert event_from_json(event.to_json()) == event


KEYS_OF_EVENTS = ("connector", "source", "values", "parameters", "accounts", "subscriptions")
