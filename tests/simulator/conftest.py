"""A simulator on a clock that stands still, and a client that speaks the API by hand."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from powens_flow.simulator import Settings, Simulator, running
from tests.simulator.client import Client, StillClock


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def still() -> StillClock:
    return StillClock()


@pytest.fixture
def simulator(settings: Settings, still: StillClock) -> Simulator:
    return Simulator(settings, still)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        yield Client(server, session)


@pytest.fixture
async def user(client: Client) -> dict[str, Any]:
    """A temporary user, whose token the client then uses."""
    return await client.new_user()
