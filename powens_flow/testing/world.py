"""A whole small world for tests: simulator, client, store, vault, engine, on one manual clock."""

import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from powens_flow.api import PowensClient
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.machine import Machines, Registry
from powens_flow.policy import Policy
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Store
from powens_flow.testing.clock import ManualClock
from powens_flow.testing.driver import Driver
from powens_flow.testing.script import Script
from powens_flow.vault import MemoryVault, Vault

REDIRECT_URI = "https://app.example/callback"


@frozen
class World:
    """What a test holds in its hands."""

    clock: ManualClock
    simulator: Simulator
    server: Server
    api: PowensClient
    store: Store
    vault: Vault
    keyring: Keyring
    engine: Engine

    def driver(self, script: Script | None = None, **options: Any) -> Driver:
        """A scripted end user on this world's engine."""
        return Driver(self.engine, self.clock, script or Script(), **options)


@asynccontextmanager
async def world(
    *,
    settings: Settings | None = None,
    policy: Policy | None = None,
    store: Store | None = None,
    vault: Vault | None = None,
    keyring: Keyring | None = None,
    clock: ManualClock | None = None,
    machines: Path | str | Machines | None = None,
    registry: Registry | None = None,
    seed: int = 0,
    patience: float = 25.0,
    calls_a_minute: int | None = None,
) -> AsyncIterator[World]:
    """A world for as long as the block runs. Ids, time and chance are the same in each run."""
    clock = clock or ManualClock()
    simulator = Simulator(settings or Settings(), clock)
    keyring = keyring or Keyring.generate()
    store = store or MemoryStore()
    vault = vault or MemoryVault()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(simulator))
        api = await stack.enter_async_context(
            PowensClient(
                server.url,
                simulator.settings.client_id,
                simulator.settings.client_secret,
                clock=clock,
                calls_a_minute=calls_a_minute,
            )
        )
        engine = await stack.enter_async_context(
            Engine(
                api,
                store,
                vault,
                keyring,
                policy=policy or Policy(redirect_uri=REDIRECT_URI),
                machines=machines,
                registry=registry,
                clock=clock,
                new_id=counted_ids(),
                chance=random.Random(seed).random,  # noqa: S311 - jitter, the same in each run
                patience=patience,
                grace=0.0,
            )
        )
        yield World(clock, simulator, server, api, store, vault, keyring, engine)


def counted_ids(prefix: str = "id") -> Callable[[], str]:
    """Ids that can be read: `id-1`, `id-2`, ..."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers)}"
