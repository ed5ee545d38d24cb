"""The simulated world that the proofs play in: a server, and engines that may be begun anew."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

import structlog
from attrs import define, field

from powens_flow.api import PowensClient
from powens_flow.api.transport import Timeouts
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.machine import Machines, load_machines
from powens_flow.policy import Policy
from powens_flow.simulator import Settings, Simulator, running
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Store
from powens_flow.testing import REDIRECT_URI, ManualClock, counted_ids
from soak.vault import FlakyVault

POLICY = Policy(redirect_uri=REDIRECT_URI)


@cache
def machines() -> Machines:
    """Our machines, loaded once a process."""
    return load_machines(default_registry())


@define(eq=False)
class Stage:
    """One simulated domain, and what an integrator's process has: client, store, vault, engine.

    `heard` holds the transitions that listeners were told of, over all engines.
    """

    clock: ManualClock
    simulator: Simulator
    url: str
    store: Store
    vault: FlakyVault
    keyring: Keyring
    timeouts: Timeouts
    chance: Callable[[], float]
    new_id: Callable[[], str] = field(factory=counted_ids)
    heard: set[tuple[str, int]] = field(factory=set)

    @asynccontextmanager
    async def engine(self, store: Store | None = None) -> AsyncIterator[Engine]:
        """A process's engine, with a client of its own, for as long as the block runs."""
        settings = self.simulator.settings
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(
                PowensClient(
                    self.url, settings.client_id, settings.client_secret, timeouts=self.timeouts
                )
            )
            engine = await stack.enter_async_context(self._made(api, store or self.store))
            engine.on()(self._hear)
            yield engine

    def _made(self, api: PowensClient, store: Store) -> Engine:
        return Engine(
            api,
            store,
            self.vault,
            self.keyring,
            policy=POLICY,
            machines=machines(),
            clock=self.clock,
            new_id=self.new_id,
            chance=self.chance,
            grace=0.0,
        )

    async def pass_by(self, seconds: float) -> None:
        """Time passes, and nobody acts but Powens, which may still be at work for a minute."""
        self.clock.advance(60)
        await self.simulator.settle()
        self.clock.advance(seconds)

    async def _hear(self, change: Change) -> None:
        self.heard.add((change.row.attempt_id, change.row.seq))


Serving = Callable[[Simulator], AbstractAsyncContextManager[str]]
"""Serves a simulator while a block runs; its base URL."""


@asynccontextmanager
async def _served(simulator: Simulator) -> AsyncIterator[str]:
    async with running(simulator) as server:
        yield server.url


@asynccontextmanager
async def stage(
    *,
    serving: Serving = _served,
    settings: Settings | None = None,
    timeouts: Timeouts | None = None,
    store: Store | None = None,
    seed: int = 0,
) -> AsyncIterator[Stage]:
    """A stage for as long as the block runs: the simulator over HTTP, on a clock moved by hand."""
    clock = ManualClock()
    simulator = Simulator(settings or Settings(), clock)
    async with serving(simulator) as url:
        yield Stage(
            clock=clock,
            simulator=simulator,
            url=url,
            store=store or MemoryStore(),
            vault=FlakyVault(),
            keyring=Keyring.generate(),
            timeouts=timeouts or Timeouts(),
            chance=random.Random(seed).random,  # noqa: S311 - jitter, the same in each run
        )


@asynccontextmanager
async def unhandled() -> AsyncIterator[list[str]]:
    """What came out that nobody is meant to see, while the block runs, in words without values.

    A handler's or a drive's own fault is known by its log event; a task's that nobody awaited by
    the loop.
    """
    found: list[str] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(_words(context)))
    try:
        with structlog.testing.capture_logs() as logged:
            yield found
        found += [_told(one) for one in logged if one["event"] in FAULTS]
    finally:
        loop.set_exception_handler(before)


FAULTS = ("handler.failed", "drive.failed", "listener.failed")


def _words(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"{context.get('message', 'in the loop')} ({type(error).__name__})"


def _told(logged: Any) -> str:
    return f"{logged['event']}: {logged.get('error')}"
