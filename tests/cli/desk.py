"""Staff at a command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from powens_flow.cli import main


@frozen
class Desk:
    """Gives commands on one store, and reads what they say."""

    store: Path
    capsys: pytest.CaptureFixture[str]

    def says(self, *command: str) -> str:
        """What a command that succeeds prints."""
        status, out, err = self.gives(*command)
        assert (status, err) == (0, ""), err
        return out

    def json(self, *command: str) -> Any:
        """The same as JSON."""
        return json.loads(self.says(*command, "--json"))

    def refuses(self, *command: str) -> tuple[int, str]:
        """The status and the one line of a command that does not succeed."""
        status, out, err = self.gives(*command)
        assert status != 0
        assert out == ""
        assert err.count("\n") == 1
        return status, err

    def gives(self, *command: str) -> tuple[int, str, str]:
        """Status, output and errors."""
        return self.bare(*command, "--store", str(self.store))

    def bare(self, *command: str) -> tuple[int, str, str]:
        """The same of a command that takes no store."""
        self.capsys.readouterr()  # what a backend in the same process has logged meanwhile
        status = main(list(command))
        return status, *self.capsys.readouterr()

    def attempt(self, scenario: str) -> str:
        """The id of the attempt that the demo played for the scenario."""
        listed = self.json("attempts", "list")["attempts"]
        (found,) = [one["id"] for one in listed if one["owner"].rpartition("-")[0] == scenario]
        return str(found)
