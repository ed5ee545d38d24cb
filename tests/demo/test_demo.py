"""The demo: what its scenarios cover, what it tells, and how it judges itself."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from powens_flow.cli import main
from powens_flow.demo import SCENARIOS, Expected, Narrator, Scenario, Stage, play, stage
from powens_flow.listeners import Change
from powens_flow.policy import CHAIN, OFFER, RESTRICT
from powens_flow.testing import Script

STATES = {
    "SCARequired",
    "webauthRequired",
    "additionalInformationNeeded",
    "decoupled",
    "validating",
    "wrongpass",
    "passwordExpired",
    "actionNeeded",
    "rateLimiting",
    "websiteUnavailable",
    "bug",
    "notSupported",
    "solarEclipse",  # "anything else"
    None,
}
KEYS = [
    "scenario",
    "machine",
    "end",
    "connection",
    "sources",
    "accounts",
    "transitions",
    "calls",
    "seconds",
]


@pytest.fixture
async def played_on(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path / "demo.sqlite") as made:
        yield made


def silence(_: str) -> None:
    """Where nothing is to be heard."""


@pytest.mark.parametrize("name", SCENARIOS)
async def test_each_scenario_ends_as_it_says(played_on: Stage, name: str) -> None:
    report = await play(played_on, SCENARIOS[name], Narrator(silence))

    assert report.faults == ()
    assert list(played_on.simulator.violations) == []


async def test_the_scenarios_meet_every_connection_state(played_on: Stage) -> None:
    met = set()
    ids: list[str] = []

    @played_on.engine.on()
    async def heard(change: Change) -> None:
        ids.append(change.row.attempt_id)
        met.add(change.row.facts.get("state"))

    for scenario in SCENARIOS.values():
        await play(played_on, scenario, Narrator(silence))

    assert met >= STATES
    assert len(set(ids)) == len(SCENARIOS)


def test_the_scenarios_cover_options_and_ends() -> None:
    policies = {one.policy.sources for one in SCENARIOS.values()}
    ends = {one.expected.end for one in SCENARIOS.values()}
    added = {len(one.expected.sources) for one in SCENARIOS.values()}

    assert policies == {OFFER, RESTRICT, CHAIN}
    assert ends == {"completed", "failed", "cancelled", "expired"}
    assert added >= {0, 1, 2, 3}


def test_json_is_one_object_a_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json"]) == 0

    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["scenario"] for line in lines] == list(SCENARIOS)
    assert err == ""
    for line in lines:
        expected = SCENARIOS[line["scenario"]].expected
        assert list(line) == KEYS
        assert line["machine"] == "add_connection"
        assert line["end"] == expected.end
        assert line["sources"] == list(expected.sources)
        assert len(line["accounts"]) == expected.accounts
        assert (line["connection"] is None) == (expected.end != "completed")
        assert line["transitions"] > 0 < line["calls"]
        assert line["seconds"] > 0


def test_logs_go_to_stderr_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--verbose", "demo", "--json", "--scenario", "credentials"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out)["end"] == "completed"
    assert "attempt.transition" in err


def test_prompts_answers_and_transitions_are_told_then_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--scenario", "sms"]) == 0

    out = capsys.readouterr().out
    told = [line.split()[:2] for line in out.splitlines() if line.startswith("   ")]
    asked = told.index(["prompt", "choose_connector"])
    assert told[asked + 1][0] == "answer"
    assert told[asked + 2] == ["transition", "choosing_connector"]
    assert "1 of 1 attempts ended as their scenario says" in out.splitlines()[-1]


async def test_nothing_that_is_told_is_a_secret(played_on: Stage) -> None:
    told: list[str] = []
    script = Script(connector="59", login="sms", further=1, values={"password": "hidden-3141"})
    narrator = Narrator(told.append)
    played_on.engine.on()(narrator.hears)
    scenario = Scenario("secrets", "all kinds of secrets", script, expected=Expected())

    await play(played_on, scenario, narrator)

    story = "\n".join(told)
    settings = played_on.simulator.settings
    tokens = [user.token for user in played_on.simulator.users]
    assert "open_url" in story
    for secret in ("hidden-3141", script.code, settings.client_secret, *tokens, "?", "flow="):
        assert secret not in story


async def test_an_attempt_that_ends_otherwise_is_told_with_what_differs(played_on: Stage) -> None:
    expected = Expected(end="failed", sources=("openapi",), accounts=1, prompts=("state.bug",))
    scenario = evolve(SCENARIOS["credentials"], expected=expected)

    report = await play(played_on, scenario, Narrator(silence))

    assert report.faults == (
        "end: 'completed' instead of 'failed'",
        "sources: ('directaccess',) instead of ('openapi',)",
        "accounts: 2 instead of 1",
        "the prompt 'state.bug' was never shown",
    )


def test_the_status_is_1_when_an_attempt_ends_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = evolve(SCENARIOS["credentials"], expected=Expected(accounts=1))
    monkeypatch.setattr("powens_flow.cli.demo.SCENARIOS", {"credentials": wrong})

    assert main(["demo", "--json"]) == 1

    out, err = capsys.readouterr()
    assert json.loads(out)["accounts"]
    assert err == "credentials: accounts: 2 instead of 1\n"


def test_a_store_is_kept_and_may_be_used_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.sqlite"

    for _ in range(2):
        assert main(["demo", "--json", "--scenario", "sms", "--store", str(file)]) == 0

    assert file.stat().st_size > 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("content", [None, b"not a database, whatever it is called" * 100])
def test_a_store_that_cannot_be_used_is_told_in_one_line(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.sqlite" if content else tmp_path / "no" / "folder" / "kept.sqlite"
    if content:
        file.write_bytes(content)

    assert main(["demo", "--scenario", "sms", "--store", str(file)]) == 1

    err = capsys.readouterr().err
    assert str(file) in err
    assert err.count("\n") == 1
