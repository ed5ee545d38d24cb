"""The same attempt, carried by the engine: in memory, and on SQLite."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from benchmarks.attempt import CONNECTOR, VALUES
from benchmarks.simulated import Simulated
from powens_flow.api import PowensClient
from powens_flow.engine import Engine
from powens_flow.events import ChooseAccounts, ChooseConnector
from powens_flow.keyring import Keyring
from powens_flow.owner import Owner
from powens_flow.policy import Policy
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Store
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import MemoryVault, StoreVault, Vault
from powens_flow.view import View

STORE_FILE: Final = "bench.db"


class Astray(Exception):
    """An attempt did not end as it must."""


@frozen
class ByEngine:
    """One engine; `attempt` carries one end user from the first prompt to the end."""

    engine: Engine

    async def attempt(self, number: int) -> None:
        """One end user, whole; each has an owner of their own."""
        owner = self.engine.for_owner(f"owner-{number}")
        view = await owner.start()
        view = await owner.send(view.attempt_id, ChooseConnector(CONNECTOR))
        while view.prompt.kind == "fill_in_fields":
            view = await _filled_in(owner, view)
        if view.prompt.kind == "choose_accounts":
            ids = tuple(one["id"] for one in view.prompt.content["accounts"])
            view = await owner.send(view.attempt_id, ChooseAccounts(ids))
        if view.state != "completed":
            raise Astray(view.state)


async def _filled_in(owner: Owner, view: View) -> View:
    asked: list[Mapping[str, str]] = view.prompt.content["fields"]
    values = {one["name"]: VALUES[one["name"]] for one in asked}
    return await owner.send(view.attempt_id, await owner.seal(view.attempt_id, values))


@asynccontextmanager
async def in_memory(simulated: Simulated) -> AsyncIterator[ByEngine]:
    """An engine that keeps everything in memory."""
    async with running_engine(simulated, MemoryStore(), MemoryVault(), Keyring.generate()) as made:
        yield ByEngine(made)


@asynccontextmanager
async def on_sqlite(simulated: Simulated, folder: Path) -> AsyncIterator[ByEngine]:
    """An engine on a file in `folder`, its tokens in the same file."""
    keyring = Keyring.generate()
    async with (
        SQLiteStore(folder / STORE_FILE) as store,
        running_engine(simulated, store, StoreVault(store, keyring), keyring) as made,
    ):
        yield ByEngine(made)


@asynccontextmanager
async def running_engine(
    simulated: Simulated, store: Store, vault: Vault, keyring: Keyring, policy: Policy | None = None
) -> AsyncIterator[Engine]:
    """An engine with its `run()` beside it, as a backend has it."""
    async with (
        PowensClient(simulated.url, simulated.client_id, simulated.client_secret) as api,
        Engine(api, store, vault, keyring, policy=policy) as engine,
    ):
        run = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run
