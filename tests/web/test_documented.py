"""`docs/web.md` is true."""

import re
from pathlib import Path

from powens_flow.web import KINDS
from powens_flow.web.routes import ROUTES

TEXT = (Path(__file__).parents[2] / "docs" / "web.md").read_text("utf-8")


def test_every_problem_is_told_with_its_status() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", TEXT, re.M)

    assert [(code, int(status)) for code, status in told] == [
        (code, kind.status) for code, kind in KINDS.items()
    ]


def test_every_address_is_told() -> None:
    told = re.findall(r"^\| `(GET|POST) ([^`]+)` \|", TEXT, re.M)

    assert told == [(one.method, one.path[1:].replace(":.+", "")) for one in ROUTES]
