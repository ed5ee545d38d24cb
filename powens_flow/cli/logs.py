"""Logging as an application sets it up; the library itself never does."""

import logging
import sys
from typing import Any

import structlog


def configure_logs(*, verbose: bool) -> None:
    """Logs to stderr, so that stdout holds only what was asked for: warnings, or everything."""
    level = logging.DEBUG if verbose else logging.WARNING
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    """A logger of the present stderr: a test may have put another in its place."""
    return structlog.PrintLogger(sys.stderr)
