"""The benchmark runs, and writes what it promises; its times are nobody's business here."""

import json
from pathlib import Path

from benchmarks.__main__ import QUICK, Size, bench, size_of
from benchmarks.load import pace
from benchmarks.load.results import steps_without_call
from powens_flow import events as e
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import Script, world

FEW = pace.Size(people=2, seconds=1.0, think=(0.0, 0.01))
TINY = Size(attempts=2, rounds=1, at_once=(1, 3), stored=(4, 20), events=3, people=FEW, fleet=30)
KINDS = ("hand", "memory", "sqlite")


def test_a_tiny_run_writes_every_number_and_prints_the_table(tmp_path: Path) -> None:
    table = bench(TINY, tmp_path)
    written = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert set(written) == {
        "throughput",
        "event_ms",
        "waiting_bytes",
        "fleet",
        "machine",
        "load",
    }
    assert set(written["throughput"]) == {"1", "3"}
    for level in written["throughput"].values():
        assert set(level) == {
            *KINDS,
            *(f"{kind}_cpu_ms" for kind in KINDS),
            "memory_ratio",
            "sqlite_ratio",
        }
        assert all(number > 0 for number in level.values())
    assert set(written["event_ms"]) == {"4", "20"}
    assert written["waiting_bytes"] > 0
    assert "in the process: 0 attempts" in table
    load = written["load"]
    assert load["errors"] == 0
    assert load["attempts"] >= load["people"]
    assert load["event_without_call_ms"]["count"] >= load["people"]
    assert load["event_without_call_ms"]["count"] < load["event_ms"]["count"]
    assert load["event_ms"]["p99"] > 0
    assert "2 people at once" in table
    assert written["fleet"]["attempts"] == 30
    assert written["fleet"]["transitions"] > 30
    for question in ("list", "list_of_few", "list_stuck", "heat", "funnel"):
        assert written["fleet"][f"{question}_ms"] > 0
        assert f"{question.replace('_', ' ')}: " in table


def test_nothing_is_left_of_the_stores_that_were_measured(tmp_path: Path) -> None:
    size = Size(attempts=1, rounds=1, at_once=(1,), stored=(2,), events=1, people=FEW, fleet=2)
    bench(size, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["bench.json"]


def test_the_command_line_says_how_much_is_measured() -> None:
    assert size_of([]) == Size()
    assert size_of(["--quick"]) == QUICK
    assert size_of(["--attempts", "7", "--rounds", "2"]) == Size(attempts=7, rounds=2)


async def test_an_event_makes_a_call_if_it_ever_did(tmp_path: Path) -> None:
    async with SQLiteStore(tmp_path / "a.sqlite") as store, world(store=store) as w:
        owner = w.engine.for_owner("ann")
        view = await owner.start()
        await owner.send(view.attempt_id, e.ChooseConnector("40"))
        await owner.send(view.attempt_id, e.ChooseAnotherConnector())
        await w.driver(Script(connector="40")).run()
    steps = await steps_without_call(tmp_path / "a.sqlite")
    assert ("add_connection", "source.filling_in", "choose_another_connector") in steps
    assert not any(event == "choose_connector" for _, _, event in steps)
    assert not any(event == "submit_values" for _, _, event in steps)
