"""A clock that says when somebody waits on it, so that a test need not guess."""

import asyncio

from powens_flow.testing import ManualClock


class WaitedOn(ManualClock):
    """A clock moved by hand; `of(seconds)` returns once somebody waits so long on it."""

    def __init__(self) -> None:
        super().__init__()
        self._waits: dict[float, asyncio.Event] = {}

    async def sleep(self, seconds: float) -> None:
        self._event(seconds).set()
        await super().sleep(seconds)

    async def of(self, seconds: float) -> None:
        await self._event(seconds).wait()

    def _event(self, seconds: float) -> asyncio.Event:
        return self._waits.setdefault(seconds, asyncio.Event())
