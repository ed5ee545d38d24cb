"""The benchmark runs, and writes what it promises; its times are nobody's business here."""

import json
from pathlib import Path

from benchmarks.__main__ import QUICK, Size, bench, size_of

TINY = Size(attempts=2, rounds=1, at_once=(1, 3), stored=(4, 20), events=3, fleet=30)
KINDS = ("hand", "memory", "sqlite")


def test_a_tiny_run_writes_every_number_and_prints_the_table(tmp_path: Path) -> None:
    table = bench(TINY, tmp_path)
    written = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert set(written) == {"throughput", "event_ms", "waiting_bytes", "fleet", "machine"}
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
    assert written["fleet"]["attempts"] == 30
    assert written["fleet"]["transitions"] > 30
    for question in ("list", "list_of_few", "list_stuck", "heat", "funnel"):
        assert written["fleet"][f"{question}_ms"] > 0
        assert f"{question.replace('_', ' ')}: " in table


def test_nothing_is_left_of_the_stores_that_were_measured(tmp_path: Path) -> None:
    bench(Size(attempts=1, rounds=1, at_once=(1,), stored=(2,), events=1, fleet=2), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["bench.json"]


def test_the_command_line_says_how_much_is_measured() -> None:
    assert size_of([]) == Size()
    assert size_of(["--quick"]) == QUICK
    assert size_of(["--attempts", "7", "--rounds", "2"]) == Size(attempts=7, rounds=2)
