"""Where a process can be killed: before and after each save, and before, during, after each call.

Nothing in the library knows of this: the store and the HTTP session that an engine is given are
wrapped from outside.
"""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any

import aiohttp

SAVES = frozenset({"create", "save", "release", "claim", "told", "put_vault_record"})
"""The store's methods that write, but for those that lease."""

NUMBERS = re.compile(r"[0-9a-f-]{36}|(?<=/)[0-9,]+")


class Fuse:
    """Counts the points that this process passes, and kills it at the chosen one.

    A point is named by what is done there and the state in which the attempt was last saved, the
    same in every run.
    """

    def __init__(self, at: int | None, chance: Random) -> None:
        self._at = at
        self._chance = chance
        self.state = ""
        self.points: list[str] = []

    def pass_by(self, name: str) -> None:
        """A point; this may be the last thing that the process does."""
        if self._passed(name):
            self._burn()

    def pass_slowly(self, name: str) -> None:
        """A point that burns some milliseconds later, while something is under way."""
        if self._passed(name):
            delay = self._chance.uniform(0.0, 0.006)
            asyncio.get_running_loop().call_later(delay, self._burn)

    def _passed(self, name: str) -> bool:
        self.points.append(f"{name}, {self.state}")
        return len(self.points) == self._at

    @staticmethod
    def _burn() -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class FusedStore:
    """A store with a point before and after each write. Notes each attempt that is created."""

    def __init__(self, store: Any, fuse: Fuse, created: Callable[[str], None]) -> None:
        self._store = store
        self._fuse = fuse
        self._created = created

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return partial(self._write, name, method) if name in SAVES else method

    async def _write(
        self, name: str, method: Callable[..., Awaitable[Any]], *values: Any, **named: Any
    ) -> Any:
        if name == "create":
            self._created(values[0].id)
        self._fuse.pass_by(f"before {name}")
        answer = await method(*values, **named)
        if name in ("create", "save"):
            self._fuse.state = answer.attempt.state
        self._fuse.pass_by(f"after {name}")
        return answer


def fused_session(fuse: Fuse) -> aiohttp.ClientSession:
    """A session with points before, during and after each call."""

    async def started(
        _: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestStartParams
    ) -> None:
        fuse.pass_by(f"before {_words(call)}")
        fuse.pass_slowly(f"during {_words(call)}")

    async def ended(
        _: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams
    ) -> None:
        fuse.pass_by(f"after {_words(call)}")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(started)
    trace.on_request_end.append(ended)
    return aiohttp.ClientSession(trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar())


def _words(call: aiohttp.TraceRequestStartParams | aiohttp.TraceRequestEndParams) -> str:
    return f"{call.method} {NUMBERS.sub('*', call.url.path)}"
