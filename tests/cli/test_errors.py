"""What a user who errs is told: one line on stderr, and status 2."""

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from powens_flow.cli import main

WRONG: tuple[tuple[list[str], str], ...] = (
    ([], "Missing command"),
    (["fly"], "No such command 'fly'"),
    (["demo", "--fast"], "No such option"),
    (["demo", "--scenario", "sm"], "no scenario 'sm'; there are: credentials, webauth,"),
    (["check", "no/such/folder"], "does not exist"),
    (["check", "--registry", "tests"], "not of the form module:attribute"),
    (["check", "--registry", "tests:nothing"], "has no attribute 'nothing'"),
    (["check", "--registry", "os:getcwd"], "is no powens_flow.machine.Registry"),
    (["diagram", "fly"], "no machine 'fly'; there are: add_connection"),
    (["diagram", "add_connection", "--format", "oil"], "'oil' is not"),
    (["serve", "--port", "0", "--store", ""], "it names no file; there are: a file of the SQLite"),
    (["serve", "--port", "0", "--store", "mysql://db/x"], "no store at mysql://; there are: "),
    (["demo", "--store", "."], "it names no file; there are: a file of the SQLite store"),
    (["attempts", "list", "--store", ""], "it names no file; there are: a file of the SQLite"),
    (["simulate", "--port", "99999"], "is not in the range"),
    (["simulate", "--client-id", "mine"], "digits only"),
)


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_a_wrong_call_is_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(arguments)

    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert told in err
    assert err.startswith("powens-flow: ")
    assert err.count("\n") == 1


def test_logins_whose_names_cannot_be_matched_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "logins.toml"
    file.write_text('[logins."{n}{n}(("]\nabout = "twice"')

    assert main(["simulate", "--logins", str(file)]) == 2

    err = capsys.readouterr().err
    assert "login '{n}{n}((': a placeholder stands in it twice" in err
    assert err.count("\n") == 1


def test_without_the_extra_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without_click(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "click":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_click)

    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "pip install 'powens-flow[cli]'" in err
    assert err.count("\n") == 1


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "powens_flow", "--version"]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command, check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("powens-flow, version ")
