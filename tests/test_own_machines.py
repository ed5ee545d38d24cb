"""docs/own-machines.md is true: its example is put together as it says, and run."""

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, field

from powens_flow.handlers.context import Context
from powens_flow.machine import our_machines
from powens_flow.testing import Script, World, world
from powens_flow.vocabulary import OUTCOMES

PAGE = (Path(__file__).parents[1] / "docs" / "own-machines.md").read_text("utf-8")


def block(name: str) -> str:
    """The code under the comment of that name."""
    found = re.search(rf"<!-- {name}: .*? -->\n```\w+\n(.*?)```", PAGE, re.S)
    assert found is not None, f"the page has no block {name!r}"
    return found[1]


def run(name: str) -> dict[str, Any]:
    """What the block's code defines."""
    defined: dict[str, Any] = {"__name__": name}
    exec(compile(block(name), f"own-machines.md: {name}", "exec"), defined)  # noqa: S102 - our own
    return defined


@define
class Ledger:
    """The integrator's ledger. `loses` counts bookings whose answers it loses after booking."""

    booked: dict[str, Any] = field(factory=dict)
    asked: list[str] = field(factory=list)
    loses: int = 0
    is_away: bool = False

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_get("/{id}", self.get)
        made.router.add_post("/{id}", self.post)
        return made

    async def get(self, request: web.Request) -> web.Response:
        self.asked.append("booked?")
        return web.Response(status=200 if request.match_info["id"] in self.booked else 404)

    async def post(self, request: web.Request) -> web.Response:
        self.asked.append("book")
        if self.is_away:
            return web.Response(status=503)
        assert request.match_info["id"] not in self.booked, "booked twice"
        self.booked[request.match_info["id"]] = await request.json()
        if self.loses > 0:
            self.loses -= 1
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=201)


@pytest.fixture
async def ledger() -> AsyncIterator[tuple[Ledger, str]]:
    made = Ledger()
    async with TestServer(made.app()) as server:
        yield made, str(server.make_url("/"))


@pytest.fixture
async def here(
    ledger: tuple[Ledger, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.chdir(tmp_path)
    folder: Path = run("folder")["folder"]
    with (folder / "add_connection.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{block('state')}")
    code = run("code")
    code["LEDGER"] = ledger[1]
    async with world(machines=folder, registry=code["registry"]) as made:
        yield made


async def test_the_ledger_has_booked_before_the_connection_counts_as_added(
    here: World, ledger: tuple[Ledger, str]
) -> None:
    end = await here.driver(Script(connector="40", login="any")).run()

    assert end.state == "completed"
    assert end.result is not None
    booking = {"connection": end.result.id_connection, "accounts": list(end.result.accounts)}
    assert ledger[0].booked == {end.attempt_id: booking}
    assert ledger[0].asked == ["booked?", "book"]
    last = (await here.engine.history(end.attempt_id))[-1]
    assert (last.source, last.dest) == ("booking", "completed")
    assert [(call.name, call.code) for call in last.calls] == [
        ("booked", None),
        ("book_accounts", None),
    ]


async def test_a_booking_whose_answer_was_lost_is_found_out_and_not_made_twice(
    here: World, ledger: tuple[Ledger, str]
) -> None:
    ledger[0].loses = 1

    end = await here.driver(Script(connector="40", login="any")).run()

    assert end.state == "completed"
    assert ledger[0].asked == ["booked?", "book", "booked?"]


async def test_a_ledger_that_is_away_keeps_the_user_waiting_with_a_key(
    here: World, ledger: tuple[Ledger, str]
) -> None:
    ledger[0].is_away = True

    stopped = await here.driver(Script(connector="40", login="any")).until("try_again")

    assert (stopped.state, stopped.prompt.kind) == ("booking.interrupted", "try_again")
    assert stopped.prompt.error is not None
    assert stopped.prompt.error.key == "ledger.away"


def test_the_outcomes_are_told_with_where_they_lead() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", PAGE.split("<!-- outcomes: ")[1], re.M)
    told = {kind: leads.strip("`") for kind, leads in rows}

    common = tomllib.loads(our_machines()["common.toml"])["common"]["calling"]
    assert told == {kind: common.get(kind, "must be said") for kind in OUTCOMES}


def test_the_context_is_told_whole() -> None:
    told = set(
        re.findall(
            r"(\w+)(?:\(.*?\))?`", _first_column(PAGE.split("| `context.` |")[1].split("\n\n")[0])
        )
    )
    assert told == {name for name in vars(Context) if not name.startswith("_")}


def _first_column(text: str) -> str:
    return "\n".join(row.split("|")[1] for row in text.splitlines() if row.startswith("| `"))
