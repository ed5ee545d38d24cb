"""`powens-flow simulate`, as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

Started = Callable[..., tuple["subprocess.Popen[str]", dict[str, str]]]

CONNECTOR = """
[[connectors]]
id = 9001
uuid = "00000000-0000-5000-8000-000000009001"
name = "Banque de la Maison"
slug = "MAI"
auth_mechanism = "credentials"
"""


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts the simulator, and answers the process and what it printed of itself."""
    processes: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple["subprocess.Popen[str]", dict[str, str]]:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "powens_flow", "simulate", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        lines = [process.stdout.readline().strip().partition(": ") for _ in range(3)]
        return process, {key: value for key, _, value in lines}

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_it_tells_address_client_id_and_secret_and_stops_on_sigterm(started: Started) -> None:
    process, told = started("--port", "0", "--client-id", "77", "--client-secret", "hush")

    assert told["client id"] == "77"
    assert told["client secret"] == "hush"
    assert told["address"].startswith("http://127.0.0.1:")
    assert _json(told["address"] + "connectors")["connectors"]
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


def test_a_users_connectors_stand_beside_ours(started: Started, tmp_path: Path) -> None:
    file = tmp_path / "connectors.toml"
    file.write_text(CONNECTOR, "utf-8")

    _, told = started("--connectors", str(file))

    names = {one["name"] for one in _json(told["address"] + "connectors")["connectors"]}
    assert {"Banque de la Maison", "Connecteur de test"} <= names


def test_a_port_that_is_taken_is_told_in_one_line(started: Started) -> None:
    _, told = started()
    port = told["address"].rsplit(":", 1)[1].partition("/")[0]

    process, _ = started("--port", port)

    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port}" in err
    assert err.count("\n") == 1


def _json(url: str) -> Any:
    with urlopen(url) as answer:  # noqa: S310 - loopback
        return json.load(answer)
