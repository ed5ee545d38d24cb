"""Spans and metrics by OpenTelemetry, to whichever providers the backend has configured.

Names of the semantic conventions where they exist (`http.client.request.duration`,
`http.request.method`, `server.address`, `error.type`, `user.hash`).
"""

import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from opentelemetry import metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from yarl import URL

from powens_flow import vocabulary as v
from powens_flow.api.answers import Outcome
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.telemetry.names import owner_hash

T = TypeVar("T")

SCOPE: Final = "powens_flow"

NOT_HANDLERS: Final = frozenset({"event", "webhook", "clock", "engine", "staff"})
"""Causes of a transition that are no handler's outcome."""


def is_configured() -> bool:
    """Whether somebody has put providers in place of OpenTelemetry's own, which do nothing."""
    providers = (trace.get_tracer_provider(), metrics.get_meter_provider())
    own = ("opentelemetry.trace", "opentelemetry.metrics")
    return any(not type(one).__module__.startswith(own) for one in providers)


class Instruments:
    """The package's tracer, and its metrics. `stopwatch` is in seconds."""

    def __init__(
        self,
        tracers: trace.TracerProvider | None = None,
        meters: metrics.MeterProvider | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=tracers)
        self._stopwatch = stopwatch
        meter = metrics.get_meter(SCOPE, meter_provider=meters)
        self._live = meter.create_gauge(
            "powens_flow.attempts", "{attempt}", "Attempts that have not ended, in the whole store"
        )
        self._transitions = meter.create_counter(
            "powens_flow.transitions", "{transition}", "Transitions made"
        )
        self._outcomes = meter.create_counter(
            "powens_flow.outcomes", "{outcome}", "What handlers' calls came to"
        )
        self._retries = meter.create_counter(
            "powens_flow.retries", "{retry}", "Calls put off to be tried again"
        )
        self._ended = meter.create_histogram(
            "powens_flow.attempt.duration", "s", "How long attempts lasted that have ended"
        )
        self._requests = meter.create_histogram(
            "http.client.request.duration", "s", "Duration of calls of the Powens API"
        )
        self._known: set[tuple[str, str]] = set()

    # --- attempts ----------------------------------------------------------------------------

    def moved(self, attempt: Attempt, row: JournalRow) -> None:
        """A transition: an event of the present span, and the counters."""
        where = {"powens_flow.machine": attempt.machine}
        moved = {
            "powens_flow.from": row.source,
            "powens_flow.to": row.dest,
            "powens_flow.trigger": row.trigger,
        }
        trace.get_current_span().add_event("powens_flow.transition", {**where, **moved})
        self._transitions.add(1, {**where, **moved})
        if row.trigger == v.RETRY and row.cause == "engine":  # staff's is the end of such a wait
            self._retries.add(1, {**where, "powens_flow.state": row.source})
        elif row.cause not in NOT_HANDLERS:
            outcome = {"powens_flow.handler": row.cause, "powens_flow.outcome": row.trigger}
            self._outcomes.add(1, {**where, **outcome})
        if attempt.result is not None or attempt.cleanup is not None:
            lasted = (row.at - attempt.created_at).total_seconds()
            self._ended.record(lasted, {**where, "powens_flow.state": row.dest})

    def counted(self, states: Mapping[tuple[str, str], int]) -> None:
        """How many attempts that have not ended are in which machine's state."""
        for machine, state in self._known - states.keys():
            self._live.set(0, _state(machine, state))
        for (machine, state), count in states.items():
            self._live.set(count, _state(machine, state))
        self._known = set(states)

    async def driven(self, attempt: Attempt, work: Coroutine[Any, Any, Attempt]) -> Attempt:
        """The work within a span: one attempt, from one rest to the next."""
        given = {
            "powens_flow.attempt": attempt.id,
            "powens_flow.machine": attempt.machine,
            "user.hash": owner_hash(attempt.owner),
        }
        with self._span("powens_flow.drive", SpanKind.INTERNAL, given) as span:
            end = await work
            span.set_attribute("powens_flow.state", end.state)
        return end

    # --- calls -------------------------------------------------------------------------------

    async def called(
        self, name: str, method: str, base: URL, work: Coroutine[Any, Any, Outcome[T]]
    ) -> Outcome[T]:
        """One call of the API within a span of its own."""
        given: dict[str, Any] = {
            "http.request.method": method,
            "server.address": base.host or "",
            "server.port": base.port or 443,
        }
        named = {"powens_flow.call": name}
        began = self._stopwatch()
        outcome: Outcome[T] = Outcome()
        try:
            with self._span(f"{method} {name}", SpanKind.CLIENT, {**given, **named}) as span:
                outcome = await work
                _tell(span, outcome)
        finally:
            what = {**given, **named, **_ending(outcome)}
            self._requests.record(self._stopwatch() - began, what)
        return outcome

    @contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, Any]) -> Iterator[Span]:
        """A span that repeats no error's words, which could hold anything."""
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise


def _state(machine: str, state: str) -> dict[str, str]:
    return {"powens_flow.machine": machine, "powens_flow.state": state}


def _tell(span: Span, outcome: Outcome[Any]) -> None:
    span.set_attributes(_ending(outcome))
    if outcome.request_id is not None:
        span.set_attribute("powens.request_id", outcome.request_id)
    if outcome.error is not None:
        span.set_status(Status(StatusCode.ERROR))
        if outcome.error.code is not None:
            span.set_attribute("powens.code", outcome.error.code)


def _ending(outcome: Outcome[Any]) -> dict[str, Any]:
    ending: dict[str, Any] = {}
    if outcome.status is not None:
        ending["http.response.status_code"] = outcome.status
    if outcome.error is not None:
        ending["error.type"] = type(outcome.error).__name__
    return ending
