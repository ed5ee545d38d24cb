"""`powens-flow serve`, as a process of its own; and what it says when it cannot."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from powens_flow.cli.app import run


@pytest.fixture
def command(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "powens_flow", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_address_and_stops(
    command: "subprocess.Popen[str]", number: signal.Signals, tmp_path: Path
) -> None:
    assert command.stdout is not None
    told = command.stdout.readline().split()
    assert told[0] == "Open"
    with urlopen(told[1]) as page:  # noqa: S310 - our own address
        assert page.status == 200
    command.send_signal(number)
    _, err = command.communicate(timeout=20)
    assert (command.returncode, err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1
    told = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1, port {port}: " in told


async def test_a_wrong_configuration_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWENS_FLOW_COLOUR", "red")
    assert await asyncio.to_thread(run, ["serve", "--config", str(tmp_path / "none.toml")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in told] == ["powens-flow", "powens-flow"]
    assert "POWENS_FLOW_COLOUR" in told[1]
