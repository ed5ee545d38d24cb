"""`docs/own-machines.md`: its examples run, and its tables are true."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, field

from powens_flow.handlers.context import Context
from powens_flow.machine import load_machines, our_machines
from powens_flow.machine.document import KINDS
from powens_flow.machine.reading import _STATE, _TOP
from powens_flow.testing import Script, World, world
from powens_flow.vocabulary import DONE, OUTCOMES

TEXT = (Path(__file__).parents[1] / "docs" / "own-machines.md").read_text("utf-8")


def block(name: str, language: str = "python") -> str:
    found = re.search(rf"<!-- {name}: .*? -->\n```{language}\n(.*?)```", TEXT, re.S)
    assert found is not None, f"the page has no block {name!r}"
    return found[1]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's code defines, in a folder with the page's machine."""
    ours = our_machines()["add_connection.toml"]
    assert 'initial = "opening_user"\n' in ours
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "add_connection.toml").write_text(
        ours.replace('initial = "opening_user"\n', 'initial = "screening"\n')
        + block("states", "toml"),
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    defined: dict[str, Any] = {"__name__": "example"}
    exec(block("handlers"), defined)  # noqa: S102 - our own page
    exec(block("test"), defined)  # noqa: S102 - our own page
    return defined


async def test_the_pages_own_test_passes(example: dict[str, Any]) -> None:
    await example["test_a_person_is_held_until_the_register_clears_them"]()


async def test_a_service_that_is_down_is_asked_again_then_the_user_may(
    example: dict[str, Any],
) -> None:
    async with world(machines="flows", registry=example["registry"]) as w:
        driver = w.driver(owner="bob")
        view = await driver.until("try_again")
        assert view.prompt.message_key == "interrupted.screening"
        example["REGISTER"]["bob"] = "cleared"
        assert (await driver.run(view)).state == "completed"


def test_every_word_of_a_file_is_told() -> None:
    told = {
        word.split(".")[0].strip("[]")
        for row in re.findall(r"^\| (`.*?) \|", TEXT, re.M)
        for word in re.findall(r"`([^`]+)`", row)
    }
    assert told >= {*_TOP, *_STATE} - {"retry", "common", "on"}
    assert "[states.NAME.on]" in TEXT
    assert all(f"`{kind}`" in TEXT for kind in KINDS)


def test_every_outcome_is_told_with_where_it_leads(example: dict[str, Any]) -> None:
    definition = load_machines(example["registry"], "flows")["add_connection"]
    leads = {
        outcome: definition.step("screening", outcome).to for outcome in OUTCOMES if outcome != DONE
    }
    table = TEXT.partition("| outcome |")[2].partition("\n\n")[0]
    told = {
        outcome: cells[2]
        for cells in (row.strip("| ").split(" | ") for row in table.splitlines()[2:])
        for outcome in re.findall(r"`([a-z_]+)`", cells[0])
    }
    assert set(told) == set(OUTCOMES)
    for outcome, to in leads.items():
        ends = to.startswith("ending.")
        assert ("fails" in told[outcome]) == ends, outcome
        assert ends or to == "screening.interrupted", outcome


def test_all_that_a_handler_gets_is_told() -> None:
    told = set(re.findall(r"`(?:await )?context\.(\w+)", TEXT))
    assert told == {name for name in vars(Context) if not name.startswith("_")}


# --- a call of one's own --------------------------------------------------------------------------


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
async def here(ledger: tuple[Ledger, str], tmp_path: Path) -> AsyncIterator[World]:
    ours = our_machines()["add_connection.toml"]
    text = ours.replace('"completed"', '"booking"') + block("state", "toml")
    (tmp_path / "add_connection.toml").write_text(text, "utf-8")
    code: dict[str, Any] = {"__name__": "code"}
    exec(block("code"), code)  # noqa: S102 - our own page
    code["LEDGER"] = ledger[1]
    async with world(machines=tmp_path, registry=code["registry"]) as made:
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
