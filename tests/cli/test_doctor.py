"""`powens-flow doctor`."""

import asyncio
import json
from pathlib import Path

import pytest

from powens_flow.cli.app import run
from powens_flow.simulator import Simulator, running


def test_without_a_domain_it_looks_at_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWENS_FLOW_STORE", str(tmp_path / "a.sqlite"))
    assert run(["doctor", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["check"] for one in told] == ["domain", "store", "disk", "keys"]
    assert told[0] == {
        "check": "domain",
        "status": "unknown",
        "says": "no domain is configured: the simulator is used",
        "mend": "set powens.domain, or POWENS_DOMAIN",
    }


def test_a_wrong_configuration_is_told_and_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[web]\nprot = 1")
    assert run(["doctor", "--config", str(file)]) == 1
    out = capsys.readouterr().out
    assert f"wrong   configuration: {file}: web.prot: nothing of that name" in out
    assert "-> see docs/configuration.md" in out


async def test_what_is_wrong_is_told_with_what_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(Simulator()) as server:
        given = {
            "POWENS_DOMAIN": server.url,
            "POWENS_CLIENT_ID": server.simulator.settings.client_id,
            "POWENS_CLIENT_SECRET": "S3cr3t",
            "POWENS_FLOW_POLICY_REDIRECT_URI": "https://app.invalid/callback",
            "POWENS_FLOW_STORE": str(tmp_path / "a.sqlite"),
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        assert await asyncio.to_thread(run, ["doctor"]) == 1
    out = capsys.readouterr().out
    assert "wrong   client: the client id and secret are answered as a made-up secret is" in out
    assert "-> compare powens.client_id and the client secret with the console" in out
    assert "S3cr3t" not in out
