"""Spans and metrics, as an SDK receives them; and nothing where nobody wants them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from powens_flow.simulator.faults import Fault
from powens_flow.staff import post_remedy
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.telemetry import hooks
from powens_flow.telemetry.otel import Instruments
from powens_flow.testing import Script, World, world
from tests.telemetry.tables import code_in, table


@frozen
class Watched:
    """What came out."""

    spans: InMemorySpanExporter
    reader: InMemoryMetricReader

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans.get_finished_spans() if span.name == name]

    def metrics(self) -> dict[str, list[Any]]:
        """The data points by the metric's name."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    made = Watched(InMemorySpanExporter(), InMemoryMetricReader())
    tracers, meters = TracerProvider(), MeterProvider([made.reader])
    tracers.add_span_processor(SimpleSpanProcessor(made.spans))
    monkeypatch.setattr(hooks, "_active", Instruments(tracers, meters))
    yield made
    tracers.shutdown()
    meters.shutdown()


async def play(w: World, login: str = "sms") -> str:
    """One attempt to its end; its id."""
    script = Script(connector="40", login=login, values={"password": "S3cr3t"})
    return (await w.driver(script, owner="camille@example.org").run()).attempt_id


async def test_a_drive_is_a_span_with_its_transitions_and_calls(watched: Watched) -> None:
    async with world() as w:
        attempt_id = await play(w)
        rows = await w.engine.history(attempt_id)
    drives = watched.named("powens_flow.drive")
    told = [
        (event.attributes["powens_flow.from"], event.attributes["powens_flow.to"])
        for drive in sorted(drives, key=lambda one: one.start_time or 0)
        for event in drive.events
        if event.attributes is not None
    ]
    # What begins a drive is taken before it: these moves belong to the request's span.
    assert set(told) <= {(row.source, row.dest) for row in rows}
    assert {one.attributes["powens_flow.attempt"] for one in drives if one.attributes} == {
        attempt_id
    }
    [created] = watched.named("POST create_connection")
    assert created.kind == SpanKind.CLIENT
    assert created.parent is not None
    assert created.parent.span_id in {drive.context.span_id for drive in drives}


async def test_a_call_that_is_refused_says_so_and_repeats_nothing(watched: Watched) -> None:
    async with world() as w:
        await play(w, "wrongpass-once")
    spans = watched.spans.get_finished_spans()
    [refused] = [one for one in spans if one.status.status_code is StatusCode.ERROR]
    assert refused.attributes is not None
    assert refused.attributes["error.type"] == "InputRefused"
    assert refused.attributes["powens.code"] == "wrongpass"
    assert refused.attributes["http.response.status_code"] == 400
    assert refused.attributes["powens.request_id"]
    text = "".join(span.to_json() for span in spans)
    for secret in ("S3cr3t", "camille", "Bearer", "simulated-client-secret", "/2.0/"):
        assert secret not in text


async def test_the_table_of_metrics_is_true(watched: Watched) -> None:
    async with world() as w:
        await play(w)
        w.simulator.add_fault(Fault("status", "GET", "/users/me/connections/**", status=503))
        await play(w, "wrongpass-once")
        await w.engine.for_owner("ann").start("add_connection")
        await w.engine._due._retell()
    made = watched.metrics()
    told = {code_in(name)[0]: set(code_in(keys)) for name, _, keys, _ in table("metrics")}
    assert made.keys() == told.keys()
    for name, points in made.items():
        assert {key for point in points for key in point.attributes} == told[name], name


async def test_the_numbers_are_the_journals(watched: Watched) -> None:
    async with world() as w:
        rows = await w.engine.history(await play(w))
        await w.engine.for_owner("ann").start("add_connection")
        await w.engine._due._retell()
        states = await w.store.live_states()
    made = watched.metrics()
    counted = sum(point.value for point in made["powens_flow.transitions"])
    assert counted == len(rows) + 1
    assert sum(point.value for point in made["powens_flow.attempts"]) == 1
    assert states == {("add_connection", "choosing_connector"): 1}
    [lasted] = made["powens_flow.attempt.duration"]
    assert lasted.count == 1
    calls = sum(len(row.calls) for row in rows)
    assert sum(point.count for point in made["http.client.request.duration"]) >= calls


async def test_what_staff_do_is_no_outcome_and_puts_no_call_off(
    watched: Watched, tmp_path: Path
) -> None:
    async with SQLiteStore(tmp_path / "attempts.db") as store, world(store=store) as w:
        w.simulator.add_fault(Fault("status", "POST", "/auth/init", times=1, status=503))
        attempt_id = (await w.engine.for_owner("ann").start()).attempt_id
        for act in ("retry", "cancel"):
            told: Any = {"by": "ann@desk", "reason": "ticket", "now": w.clock.now()}
            await post_remedy(store, w.engine.machines, attempt_id, act, **told)
            await w.engine.tick()
        rows = await w.engine.history(attempt_id)
    assert [row.trigger for row in rows if row.cause == "staff"] == ["retry", "cancel"]
    made = watched.metrics()
    handlers = {one.attributes["powens_flow.handler"] for one in made["powens_flow.outcomes"]}
    assert "staff" not in handlers
    put_off = [row for row in rows if row.trigger == "retry" and row.cause == "engine"]
    assert sum(one.value for one in made["powens_flow.retries"]) == len(put_off)


async def test_a_state_that_nobody_is_in_any_more_goes_to_nought(watched: Watched) -> None:
    active = hooks.active()
    assert active is not None
    active.counted({("one", "a"): 2})
    active.counted({("one", "b"): 1})
    points = watched.metrics()["powens_flow.attempts"]
    assert {point.attributes["powens_flow.state"]: point.value for point in points} == {
        "a": 0,
        "b": 1,
    }


WITHOUT = """
import sys
sys.modules["opentelemetry"] = None  # as where the extra is not installed
from powens_flow.telemetry import active, start
start()
assert active() is None
"""

UNCONFIGURED = """
from powens_flow.telemetry import active, start
start()
assert active() is None
"""

CONFIGURED = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
from powens_flow.telemetry import active, start
start()
assert active() is not None
"""


@pytest.mark.parametrize("program", [WITHOUT, UNCONFIGURED, CONFIGURED])
def test_who_configured_nothing_gets_nothing(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)  # noqa: S603 - us
    assert done.returncode == 0, done.stderr.decode()
