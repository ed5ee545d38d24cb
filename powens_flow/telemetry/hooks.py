"""The few points at which the engine lets itself be watched."""

import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.telemetry.names import owner_hash

if TYPE_CHECKING:
    from powens_flow.telemetry.otel import Instruments

log = structlog.get_logger("powens_flow")

_active: "Instruments | None" = None


def active() -> "Instruments | None":
    """Where spans and metrics go; None where nobody wants them."""
    return _active


def start() -> None:
    """Look whether anybody wants spans or metrics. Each engine does when it is made."""
    global _active  # noqa: PLW0603 - OpenTelemetry's providers are global too
    try:
        from powens_flow.telemetry import otel  # noqa: PLC0415 - an extra
    except ImportError:
        return
    if otel.is_configured():
        _active = _active or otel.Instruments()


Moved = Callable[[Attempt, JournalRow], None]
"""Hears of each transition that was made, and is about to be saved."""


def who_hears() -> tuple[Moved, ...]:
    """Who hears of transitions now; nobody, where the log's level is above and no spans are wanted.

    Asked once for each drive: a logger takes as long to tell its level as a transition to be made.
    """
    logged = (_log_move,) if _is_heard() else ()
    return logged if _active is None else (*logged, _active.moved)


def _is_heard() -> bool:
    """Whether the application lets transitions into its log; unknown is yes."""
    is_enabled_for = getattr(log, "is_enabled_for", None)
    return is_enabled_for is None or bool(is_enabled_for(logging.INFO))


def _log_move(attempt: Attempt, row: JournalRow) -> None:
    log.info(
        "attempt.transition",
        attempt=row.attempt_id,
        owner_hash=owner_hash(attempt.owner),
        machine=attempt.machine,
        trigger=row.trigger,
        cause=row.cause,
        duration=row.duration,
        request_id=row.calls[-1].request_id if row.calls else None,
        **{"from": row.source, "to": row.dest},
    )


def driven(attempt: Attempt, work: Coroutine[Any, Any, Attempt]) -> Coroutine[Any, Any, Attempt]:
    """The same work, within a span where one is wanted."""
    return work if _active is None else _active.driven(attempt, work)
