"""In real time: deadlines are noticed within a second of their coming while `run()` is alive."""

import asyncio
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve

from powens_flow.api import PowensClient
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.policy import Deadlines
from powens_flow.simulator import Simulator, running
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import MemoryVault
from soak.check import Bad
from soak.idle import on_time
from soak.stage import POLICY, machines, unhandled

ATTEMPTS: Final = 40
FIRST, LAST = 0.3, 2.5
"""Seconds of the shortest and the longest wait."""


async def alive() -> list[Bad]:
    """Attempts on which nobody acts, each with a deadline of its own; what is bad about it."""
    simulator = Simulator()
    settings = simulator.settings
    with TemporaryDirectory() as folder:
        async with (
            unhandled() as escaped,
            running(simulator) as server,
            PowensClient(server.url, settings.client_id, settings.client_secret) as api,
            SQLiteStore(Path(folder) / "attempts.db") as store,
            Engine(api, store, MemoryVault(), Keyring.generate(), machines=machines()) as engine,
        ):
            bad = await _watched(engine)
    return bad + [("unhandled", words) for words in escaped]


async def _watched(engine: Engine) -> list[Bad]:
    left, all_ended = set[str](), asyncio.Event()

    @engine.on(state="expired")
    async def ended(change: Change) -> None:
        left.discard(change.attempt.id)
        if not left:
            all_ended.set()

    for number in range(ATTEMPTS):
        seconds = FIRST + (LAST - FIRST) * number / ATTEMPTS
        policy = evolve(POLICY, deadlines=Deadlines(user=seconds, warning=0))
        left.add((await engine.for_owner(f"owner-{number}").start(policy=policy)).attempt_id)
    attempts = sorted(left)
    task = asyncio.create_task(engine.run())
    began = engine.clock.now()
    try:
        async with asyncio.timeout(LAST + 10):
            await all_ended.wait()
    except TimeoutError:
        return [("lost", f"{len(left)} attempts have not expired")]
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return [bad for one in attempts for bad in on_time(await engine.history(one), began)]
