from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from powens_flow.testing import World, world


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as made:
        yield made
