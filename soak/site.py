"""What the processes of one small trial share: a simulator, a database, a clock, some files."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from aiohttp import ClientSession
from attrs import field, frozen

from powens_flow.api import PowensClient
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.machine import Machines, load_machines
from powens_flow.policy import Policy
from powens_flow.simulator import Settings, Simulator, running
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import REDIRECT_URI
from powens_flow.vault import StoreVault, Vault
from soak.shared_clock import SharedClock


@frozen
class Site:
    """Where a process finds the others' work. Plain values: it is sent from process to process."""

    folder: Path
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    keys: str = field(repr=False)

    @property
    def database(self) -> Path:
        return self.folder / "attempts.db"

    def clock(self) -> SharedClock:
        """The site's time."""
        return SharedClock(self.folder / "clock")

    def note(self, kind: str, **facts: Any) -> None:
        """Write a line into the file of that kind; what was written outlives a killed process."""
        with (self.folder / f"{kind}.jsonl").open("a") as file:
            file.write(json.dumps(facts) + "\n")
            if kind == "heard":
                file.flush()
                os.fsync(file.fileno())

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """The lines of that kind; one that a killed process left unfinished is left out."""
        path = self.folder / f"{kind}.jsonl"
        if not path.exists():
            return []
        return [
            json.loads(line) for line in path.read_text().splitlines(keepends=True) if _whole(line)
        ]


def _whole(line: str) -> bool:
    return line.endswith("\n")


@frozen
class Ground:
    """A site, as its supervisor has it: with the simulator in hand."""

    site: Site
    simulator: Simulator
    clock: SharedClock


@asynccontextmanager
async def open_ground(settings: Settings | None = None) -> AsyncIterator[Ground]:
    """A new site whose simulator runs in this process."""
    with TemporaryDirectory(prefix="powens-soak-") as folder:
        clock = SharedClock(Path(folder) / "clock")
        simulator = Simulator(settings or Settings(), clock)
        async with running(simulator) as server:
            set_up = simulator.settings
            keys = Keyring.generate().to_jwk_set().reveal()
            ids = (set_up.client_id, set_up.client_secret)
            yield Ground(Site(Path(folder), server.url, *ids, keys), simulator, clock)


@frozen
class Post:
    """An engine at a site, with its vault."""

    engine: Engine
    vault: Vault
    api: PowensClient
    clock: SharedClock


@cache
def machines() -> Machines:
    """Ours; loaded once, also for all processes that are forked afterwards."""
    return load_machines(default_registry())


@asynccontextmanager
async def open_post(
    site: Site,
    *,
    watched: Callable[[SQLiteStore], Any] = lambda store: store,
    session: ClientSession | None = None,
    patience: float = 25.0,
) -> AsyncIterator[Post]:
    """An engine on the site's database; it notes what its listener hears. `watched` wraps the
    store, and `session` carries the calls."""
    keyring, clock = Keyring.from_jwk_set(site.keys), site.clock()
    async with AsyncExitStack() as stack:
        store = watched(await stack.enter_async_context(SQLiteStore(site.database)))
        client = PowensClient(site.url, site.client_id, site.client_secret, session=session)
        api = await stack.enter_async_context(client)
        vault = StoreVault(store, keyring)
        engine = Engine(
            api,
            store,
            vault,
            keyring,
            policy=Policy(redirect_uri=REDIRECT_URI),
            machines=machines(),
            clock=clock,
            patience=patience,
            grace=0.0,
        )
        await stack.enter_async_context(engine)

        @engine.on()
        async def hear(change: Change) -> None:
            row = change.row
            site.note("heard", attempt=row.attempt_id, seq=row.seq, dest=row.dest)

        yield Post(engine, vault, api, clock)


def note_errors(site: Site) -> None:
    """Let this process note what the library logs as an error, by the names of the log."""

    def noted(_: Any, __: str, event: Any) -> str:
        site.note("errors", **{key: str(value) for key, value in event.items()})
        raise structlog.DropEvent

    level = structlog.make_filtering_bound_logger("error")
    structlog.configure(processors=[noted], wrapper_class=level)
