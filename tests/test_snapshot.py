"""Snapshots and journal rows as JSON, and back."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve, fields

from powens_flow import snapshot
from powens_flow.attempt import Attempt, Connector
from powens_flow.policy import Deadlines, Policy
from powens_flow.snapshot import (
    REMEMBERED,
    RowDetails,
    dump,
    dump_row,
    load,
    load_row,
    next_version,
)
from powens_flow.store.port import SnapshotUnreadable
from tests.store import values as v


def plain(attempt: Attempt) -> dict[str, Any]:
    read = json.loads(dump(attempt))
    assert isinstance(read, dict)
    return read


class TestSnapshots:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"policy": Policy()},
            {"connector": None},
            {"policy": Policy(), "connector": None},
            {"policy": Policy(deadlines=Deadlines(user=60), connectors=("a", "b"))},
            {"connector": Connector(1, "u", 'an "odd",{"connector":{ name', "webauth")},
            {"owner": ',"policy":{"', "plain_values": {"policy": ',"connector":{'}},
            {"policy": Policy(consent_wording='x,"connector":{"y":1}')},
        ],
    )
    def test_what_was_dumped_is_loaded_again(self, changes: dict[str, Any]) -> None:
        attempt = evolve(v.a_full_attempt(), **changes)
        assert load(dump(attempt)) == attempt

    def test_the_full_attempt_leaves_no_part_out(self) -> None:
        full, new = v.a_full_attempt(), v.an_attempt()
        seldom = {"version", "wanted_source", "resumed", "url_state", "came_back"}
        same = {a.name for a in fields(Attempt) if getattr(full, a.name) == getattr(new, a.name)}
        assert {"connector", "policy", "accounts", "consent", "reading", "result"}.isdisjoint(same)
        assert seldom <= same

    def test_it_is_one_json_object_on_one_line(self) -> None:
        text = dump(v.a_full_attempt())
        assert isinstance(json.loads(text), dict)
        assert "\n" not in text
        assert text.encode("utf-8"), "any database takes it"

    def test_json_that_was_written_anew_is_read_too(self) -> None:
        attempt = v.a_full_attempt()
        turned = dict(reversed(plain(attempt).items()))
        assert load(json.dumps(turned, indent=2)) == attempt

    def test_defaults_are_left_out(self) -> None:
        assert set(plain(v.an_attempt())) == {
            "id",
            "owner",
            "machine",
            "state",
            "created_at",
            "entered_at",
        }

    def test_moments_are_iso_8601_in_utc(self) -> None:
        paris = timezone(timedelta(hours=2))
        attempt = v.an_attempt(due_at=datetime(2026, 7, 1, 12, 0, tzinfo=paris))
        assert plain(attempt)["due_at"] == "2026-07-01T10:00:00+00:00"
        loaded = load(dump(attempt)).due_at
        assert loaded == attempt.due_at
        assert loaded is not None
        assert loaded.tzinfo is UTC

    def test_unknown_keys_are_ignored_and_missing_ones_take_defaults(self) -> None:
        stored = plain(v.a_full_attempt())
        stored["invented_later"] = {"a": [1]}
        stored["connector"]["invented_later"] = True
        stored["accounts"][0]["invented_later"] = None
        del stored["polls"]
        del stored["policy"]["countries"]
        loaded = load(json.dumps(stored))
        expected = v.a_full_attempt()
        policy = evolve(expected.policy, countries=())
        assert loaded == evolve(expected, polls=0, policy=policy)

    def test_many_connectors_and_policies_do_not_pile_up(self) -> None:
        for n in range(2 * REMEMBERED + 5):
            connector = Connector(n, f"uuid-{n}", "Bank", "webauth")
            policy = Policy(redirect_uri=f"https://app.example/{n}")
            attempt = v.an_attempt(connector=connector, policy=policy)
            assert load(dump(attempt)) == load(dump(attempt)) == attempt
        for remembered in (snapshot._CONNECTORS, snapshot._POLICIES):
            assert 0 < len(remembered._texts) <= REMEMBERED
            assert 0 < len(remembered._values) <= REMEMBERED

    def test_the_next_version_is_as_evolve_makes_it(self) -> None:
        attempt = v.a_full_attempt()
        assert next_version(attempt) == evolve(attempt, version=attempt.version + 1)


def damaged(*path: str | int, to: Any) -> str:
    stored = plain(v.a_full_attempt())
    part: Any = stored
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = to
    return json.dumps(stored)


class TestUnreadable:
    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("", "no JSON, at character 0"),
            ("{", "no JSON, at character 1"),
            (dump(v.a_full_attempt())[:-1], "no JSON"),
            ("[]", "no JSON object"),
            ("3", "no JSON object"),
            ("{}", r"missing @ $.owner"),
            (damaged("id", to=7), "$.id"),
            (damaged("version", to="hush"), "$.version"),
            (damaged("version", to=1.5), "$.version"),
            (damaged("resumed", to=1), "$.resumed"),
            (damaged("created_at", to="hush"), "$.created_at"),
            (damaged("due_at", to="2026-03-01T12:00:00"), "$.due_at"),
            (damaged("accounts", 1, "id", to="hush"), "$.accounts[1].id"),
            (damaged("connector", "fields", 0, "regex", to=["hush"]), "$.connector.fields[0]"),
            (damaged("policy", "sources", to="hush"), "$.policy"),
            (damaged("plain_values", to="hush"), "$.plain_values"),
            (damaged("accounts", to={"hush": 1}), "$.accounts"),
        ],
    )
    def test_it_says_where_and_shows_no_value(self, text: str, where: str) -> None:
        with pytest.raises(SnapshotUnreadable) as caught:
            load(text)
        assert where in str(caught.value)
        assert "hush" not in str(caught.value)
        assert caught.value.__context__ is None

    @pytest.mark.parametrize("cut", range(1, 60))
    def test_a_text_that_was_cut_is_never_read_as_another(self, cut: int) -> None:
        attempt = v.an_attempt(tries=1234567890, due_at=v.at(1), policy=Policy(countries=("FR",)))
        with pytest.raises(SnapshotUnreadable):
            load(dump(attempt)[:-cut])

    def test_a_text_that_is_too_deep_is_unreadable(self) -> None:
        with pytest.raises(SnapshotUnreadable):
            load("[" * 100_000)


class TestRows:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"guards": {}},
            {"facts": {}},
            {"calls": ()},
            {"guards": {}, "facts": {}, "calls": ()},
        ],
    )
    def test_what_was_dumped_is_loaded_again(self, changes: dict[str, Any]) -> None:
        row = v.a_row(**changes)
        details = RowDetails(row.guards, row.facts, row.calls)
        assert load_row(dump_row(row)) == details

    def test_what_is_empty_is_left_out(self) -> None:
        assert dump_row(v.a_row(guards={}, facts={}, calls=())) == "{}"
        assert set(json.loads(dump_row(v.a_row(guards={})))) == {"facts", "calls"}

    @pytest.mark.parametrize("text", ["", "[]", '{"guards": 3}', '{"calls": [{"name": 3}]}'])
    def test_what_cannot_be_read_is_unreadable(self, text: str) -> None:
        with pytest.raises(SnapshotUnreadable, match="RowDetails"):
            load_row(text)
