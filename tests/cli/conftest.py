"""The command line, called in process."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command line is an application, and sets up logging: undone after each test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
