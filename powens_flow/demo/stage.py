"""Where the demo plays: the simulator over HTTP, and the engine on a store, on one manual clock."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from attrs import field, frozen

from powens_flow.api import PowensClient
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.simulator import Simulator, running
from powens_flow.store.port import Store
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import ManualClock
from powens_flow.vault import StoreVault, Vault


@frozen
class Stage:
    """What a scenario is played on. Owners of one stage are no other's, also in a kept store."""

    clock: ManualClock
    simulator: Simulator
    api: PowensClient
    store: Store
    vault: Vault
    engine: Engine
    run: str = field(factory=lambda: secrets.token_hex(4))

    def owner(self, name: str) -> str:
        """The owner that plays the scenario of that name."""
        return f"{name}-{self.run}"


@asynccontextmanager
async def stage(path: Path) -> AsyncIterator[Stage]:
    """A stage for as long as the block runs, its attempts kept in the SQLite file `path`.

    Raises:
        StoreError: the file cannot be used.
    """
    clock, keyring = ManualClock(), Keyring.generate()
    simulator = Simulator(clock=clock)
    settings = simulator.settings
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SQLiteStore(path))
        server = await stack.enter_async_context(running(simulator))
        api = await stack.enter_async_context(
            PowensClient(server.url, settings.client_id, settings.client_secret)
        )
        vault = StoreVault(store, keyring)
        engine = await stack.enter_async_context(Engine(api, store, vault, keyring, clock=clock))
        yield Stage(clock, simulator, api, store, vault, engine)
