"""The race's two processes, as their supervisor has them: told what to do, stopped, let go on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from soak.processes import ended, pipe, started
from soak.racer import race
from soak.site import Site


class Rival:
    """One process, and what it was asked for and has not answered yet."""

    def __init__(self, site: Site) -> None:
        self._pipe, theirs = pipe()
        self._process = started(race, site, theirs)
        theirs.close()
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._answered)

    async def ask(self, name: str, **arguments: Any) -> Any:
        """What the order of that name (`soak.racer.Racer`) comes to."""
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._pipe.send((number, name, arguments))
        return await answer

    def _answered(self) -> None:
        try:
            number, answer = self._pipe.recv()
        except (EOFError, OSError):  # it has died, or was killed
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            for one in self._asked.values():
                one.set_exception(RuntimeError("the process has ended"))
            return
        self._asked.pop(number).set_result(answer)

    def stop(self) -> None:
        """Let the process stand still, whatever it is at."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on as if nothing had been."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    async def end(self) -> int | None:
        """Let the process end; its exit code."""
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())
        self._pipe.close()
        return await ended(self._process, 20.0)


@asynccontextmanager
async def two_rivals(site: Site) -> AsyncIterator[tuple[Rival, Rival]]:
    """Two processes on the site's database, for as long as the block runs."""
    rivals = Rival(site), Rival(site)
    try:
        yield rivals
    finally:
        for rival in rivals:
            rival.go_on()
            await rival.end()
