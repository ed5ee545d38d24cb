"""The clock test, small: every wait once. `python -m soak clock` plays each in each mode."""

from datetime import UTC, datetime, timedelta

import pytest

from powens_flow.attempt import JournalRow
from soak.clock import MODES, Mode, lived
from soak.idle import on_time
from soak.stage import machines
from soak.waits import UNREACHED, WAITS

RESTARTED = next(mode for mode in MODES if mode.name == "restarted")
DEADLINE = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


def test_every_waiting_state_has_a_way_to_it_or_a_reason_for_none() -> None:
    waiting = {
        (machine, state.name)
        for machine in ("add_connection", "reconnect")
        for state in machines()[machine].states.values()
        if state.kind == "waiting"
    }
    assert WAITS.keys() | UNREACHED.keys() == waiting
    assert not WAITS.keys() & UNREACHED.keys()


@pytest.mark.parametrize("key", WAITS, ids="-".join)
async def test_a_wait_ends_on_time_by_itself_in_another_process(key: tuple[str, str]) -> None:
    assert await lived(key, RESTARTED) == []


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
async def test_a_wait_that_is_polled_ends_on_time_in_each_mode(mode: Mode) -> None:
    assert await lived(("add_connection", "source.state.at_bank"), mode) == []


def row(late: float) -> JournalRow:
    return JournalRow(
        attempt_id="a",
        seq=1,
        at=DEADLINE + timedelta(seconds=late),
        trigger="expire",
        source="choosing_connector",
        dest="ending.cleaning_up",
        cause="clock",
        duration=0.0,
        machine_hash="",
        facts={"deadline": DEADLINE.isoformat()},
    )


def test_a_deadline_that_was_noticed_late_or_early_is_told() -> None:
    assert list(on_time([row(0.0), row(1.0)], None)) == []
    assert len(list(on_time([row(1.5), row(-0.5)], None))) == 2


def test_a_deadline_that_nobody_watched_counts_from_when_somebody_did() -> None:
    began = DEADLINE + timedelta(hours=1)
    assert list(on_time([row(3600.5)], began)) == []
    assert len(list(on_time([row(3602)], began))) == 1
