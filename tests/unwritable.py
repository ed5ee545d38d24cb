"""A log that cannot be written: its disk is full, or who read it has gone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog


@contextmanager
def an_unwritable_log() -> Iterator[None]:
    """Whatever is logged raises in whoever logs it, as structlog's own printing does."""
    before = structlog.get_config()
    with Path(os.devnull).open("w") as closed:
        pass
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(closed))
    try:
        yield
    finally:
        structlog.configure(**before)
