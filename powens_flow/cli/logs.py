"""Logging as an application sets it up; the library itself never does."""

import logging
import sys
from typing import Any, Final

import structlog

OTHERS: Final = ("aiohttp", "asyncio")
"""Loggers of the libraries that what comes from outside goes through."""


class ClassAlone(logging.Handler):
    """What others log, without their words: which logger, where in it, the exception's class.

    A request that cannot be read stands in the words and in the exception, with its query and its
    cookies.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record, as one line."""
        at = f"{record.module}:{record.lineno}"
        told = {"logger": record.name, "at": at}
        if record.exc_info and record.exc_info[0]:
            told["error"] = record.exc_info[0].__name__
        structlog.get_logger("powens_flow").log(record.levelno, "other.logged", **told)


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
    for name in OTHERS:
        _without_words(logging.getLogger(name))


def _without_words(logger: logging.Logger) -> None:
    logger.handlers = [ClassAlone()]
    logger.propagate = False


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    """A logger of the present stderr: a test may have put another in its place."""
    return structlog.PrintLogger(sys.stderr)
