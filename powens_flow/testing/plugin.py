"""pytest fixtures for integrators, loaded by itself where powens_flow is installed.

`manual_clock` and `powens_world` (with pytest-asyncio): the simulator over HTTP, an engine on it,
and a clock moved by hand. Nothing is imported before a test asks for it.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

try:
    import pytest_asyncio
except ImportError:  # pragma: no cover - without it only the plain fixture is there
    pytest_asyncio = None  # type: ignore[assignment]  # an optional companion

if TYPE_CHECKING:
    from powens_flow.testing import ManualClock, World


@pytest.fixture
def manual_clock() -> "ManualClock":
    """A clock that stands still until it is moved by hand."""
    from powens_flow.testing import ManualClock

    return ManualClock()


if pytest_asyncio is not None:

    @pytest_asyncio.fixture
    async def powens_world(manual_clock: "ManualClock") -> "AsyncIterator[World]":
        """A simulated domain, and an engine on it; see `powens_flow.testing.world`."""
        from powens_flow.testing import world

        async with world(clock=manual_clock) as made:
            yield made

else:  # pragma: no cover - told where it is asked for, in place of "fixture not found"

    @pytest.fixture
    def powens_world() -> "World":
        """What there would be with pytest-asyncio."""
        pytest.fail("the fixture powens_world needs pytest-asyncio; without it: async with world()")
