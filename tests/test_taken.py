"""What is recorded of the transitions that tests take, and what is made of it."""

import pytest

from powens_flow.diagrams import overview, svg
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, load_machines
from powens_flow.testing import Script, world
from scripts import draw_coverage
from tests.taken import Recorder


@pytest.fixture
def machine() -> Definition:
    return load_machines(default_registry())["add_connection"]


async def test_what_a_drive_took_and_a_store_saved_is_recorded_with_its_branch(
    machine: Definition, pytestconfig: pytest.Config
) -> None:
    recorder = pytestconfig.pluginmanager.get_plugin("taken")
    assert isinstance(recorder, Recorder)

    async with world() as w:
        await w.driver(Script()).run()

    head = (machine.name, machine.hash)
    done = ("opening_user", "done", "choosing_connector", ())
    asked = ("source.planning", "done", "source.filling_in", ("asks_fields",))
    assert {(*head, *done), (*head, *asked)} <= set(recorder.taken)


def test_what_was_never_taken_is_told_and_drawn(
    machine: Definition, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        (machine.name, machine.hash, t.source, t.trigger, t.to, t.when)
        for t in machine.transitions
        if (t.source, t.trigger) != ("keeping_token", "cancel")
    ]
    monkeypatch.setattr(draw_coverage, "recorded", lambda: iter(rows))

    untaken = draw_coverage.never_taken(machine)
    draw_coverage.told(machine, untaken)
    text = svg(overview(machine), draw_coverage.coverage(machine, untaken))

    out = capsys.readouterr().out
    every = len(machine.transitions)
    assert f"add_connection: {every - 1} of {every} transitions taken by tests" in out
    assert "never taken: keeping_token --cancel--> ending.cleaning_up" in out
    assert "cancel · never taken" in text


def test_a_recording_of_other_machines_counts_for_nothing(
    machine: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        (machine.name, "an earlier hash", t.source, t.trigger, t.to, t.when)
        for t in machine.transitions
    ]
    monkeypatch.setattr(draw_coverage, "recorded", lambda: iter(rows))

    assert draw_coverage.never_taken(machine) == machine.transitions
