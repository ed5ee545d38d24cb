"""The simulator in a process of its own, so that its CPU time is nobody else's."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
from attrs import frozen

from powens_flow.simulator import Settings
from powens_flow.simulator.run import serve
from powens_flow.simulator.server import Server

SETTINGS: Final = Settings(received_max=0)


@frozen
class Simulated:
    """A running simulator: the API's base URL, and what the domain's client is called there."""

    url: str
    client_id: str = SETTINGS.client_id
    client_secret: str = SETTINGS.client_secret

    async def reset(self) -> None:
        """Forget all users, so that each run finds the same server."""
        async with aiohttp.ClientSession() as session, session.post(self._control("reset")) as done:
            done.raise_for_status()

    async def calls(self) -> dict[str, int]:
        """How many calls were received since the last reset, by method and route."""
        received = await self._read("received")
        return {f"{one['method']} {one['route']}": one["count"] for one in received["calls"]}

    async def violations(self) -> dict[str, int]:
        """What a strict server found wrong, by kind."""
        counts: dict[str, int] = (await self._read("violations"))["counts"]
        return counts

    async def _read(self, what: str) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.get(self._control(what)) as answer:
            answer.raise_for_status()
            read: dict[str, Any] = await answer.json()
            return read

    def _control(self, what: str) -> str:
        return f"{self.url.removesuffix('/2.0/')}/_sim/{what}"


@contextmanager
def simulated() -> Iterator[Simulated]:
    """A simulator's process for as long as the block runs."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - us
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the simulator did not start")
            yield Simulated(url)
        finally:
            process.terminate()


def _say(server: Server) -> None:
    print(server.url, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(SETTINGS, started=_say))
