"""`docs/inspect.md` is true."""

import re
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from powens_flow.testing import World
from powens_flow.web.inspect.filters import KNOWN, PERIODS, SHOW
from powens_flow.web.inspect.refusals import KINDS
from powens_flow.web.inspect.routes import ROUTES

TEXT = (Path(__file__).parents[3] / "docs" / "inspect.md").read_text("utf-8")


def test_every_address_is_told() -> None:
    told = re.findall(r"^\| `(/[^`]*)` \|", TEXT, re.M)

    assert told == [one.path for one in ROUTES if one.path]


def test_every_filter_is_told() -> None:
    line = next(one for one in TEXT.splitlines() if one.startswith("| `/attempts` |"))
    told = set(re.findall(r"`(\w+)`", line))
    periods = next(one for one in TEXT.splitlines() if one.startswith("| `/funnel` |"))

    assert {*KNOWN, *SHOW} <= told
    assert set(PERIODS) <= set(re.findall(r"`(\w+)`", periods))


def test_every_problem_is_told_with_its_status() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", TEXT, re.M)

    assert {code: int(status) for code, status in told} == {
        code: status for code, (status, _) in KINDS.items()
    }


async def test_the_example_works(w: World) -> None:
    code = re.search(r"<!-- inspect: .*?-->\n```python\n(.*?)```", TEXT, re.S)
    assert code is not None
    made: dict[str, Any] = {}
    exec(code[1], made)  # noqa: S102 - the documentation's own example
    app = web.Application()
    made["add_inspection"](app, w.engine)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/inspect/")).status == 401
        assert (await client.get("/inspect/", headers={"X-Staff": "nora"})).status == 200
