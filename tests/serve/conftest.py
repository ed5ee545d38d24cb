"""A served process, in this one: its address, and a way to stop it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from powens_flow.config import Configuration
from powens_flow.serve import Served, serve

Serve = Callable[..., Awaitable[Served]]


@asynccontextmanager
async def serving(configuration: Configuration, **options: Any) -> AsyncIterator[Served]:
    """Served for as long as the block runs."""
    stop, told = asyncio.Event(), asyncio.Queue[Served]()
    work = asyncio.create_task(serve(configuration, started=told.put_nowait, stop=stop, **options))
    started = asyncio.create_task(told.get())
    done, _ = await asyncio.wait((work, started), return_when=asyncio.FIRST_COMPLETED)
    if work in done:
        started.cancel()
        await work
    try:
        yield started.result()
    finally:
        stop.set()
        await work


@pytest.fixture
async def served() -> AsyncIterator[Serve]:
    """Serves what is configured, on any port, until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(configuration: Configuration | None = None, **options: Any) -> Served:
            given = configuration or Configuration(port=0)
            return await stack.enter_async_context(serving(given, **options))

        yield start
