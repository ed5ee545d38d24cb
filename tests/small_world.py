"""A small machine of one's own, with handlers and calls that a test holds in its hands.

The door bell: somebody asks (`asking`), the bell is rung (`ringing`, which writes), an answer is
listened for (`listening`, which reads), and there is an end.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import define, field

from powens_flow import events as e
from powens_flow.api import PowensClient
from powens_flow.attempt import Attempt, User
from powens_flow.attempts import Attempts
from powens_flow.calls import Services
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.handlers.context import Context
from powens_flow.keyring import Keyring
from powens_flow.machine import Machines, Registry, load_machines
from powens_flow.outcomes import Outcome
from powens_flow.policy import Policy
from powens_flow.store.memory import MemoryStore
from powens_flow.store.port import Save, Saved, StoreError
from powens_flow.testing import ManualClock, counted_ids
from powens_flow.vault import MemoryVault
from powens_flow.view import View

BELL = """
name = "bell"
title = "Ring a bell"
initial = "asking"

[states.asking]
kind = "waiting"
prompt = "try_again"
message = "bell.ask"
deadline = "user"
[states.asking.on]
acted = "ringing"
try_again = "listening"
approved = [
    { when = "is_loud", to = "finished" },
    { to = "asking" },
]
submit_values = "ringing"

[states.ringing]
kind = "calling"
handler = "ring"
[states.ringing.on]
done = [
    { when = "is_cracked", to = "asking" },
    { to = "listening" },
]
unknown = "looking"
gone = "ringing_again"

[states.ringing_again]
kind = "calling"
handler = "ring"
[states.ringing_again.on]
done = "asking"
unknown = "looking"

[states.listening]
kind = "calling"
handler = "listen"
retry = "read"
[states.listening.on]
done = [
    { when = "is_cracked", to = "asking" },
    { to = "finished" },
]
interaction_needed = "asking"
gone = "looking"

[states.looking]
kind = "waiting"
prompt = "wait"
message = "bell.wait"
deadline = "processing"
poll = { first = 2, factor = 2, most = 8 }
[states.looking.on]
poll = "listening"

[states.finished]
kind = "final"
prompt = "done"
message = "bell.done"
"""


@define
class Bell:
    """What the handlers and calls do next, and what they saw.

    `rings` and `listens` are what the next runs of the handlers come to, used up one by one; at
    their end all is well. `finds` is what becomes of finding out what an earlier run achieved.
    While `gate` is there, calls wait for it. With `tells` what was struck is listened to in the
    same run; `hears_by` is the name that the call is made by.
    """

    rings: list[Outcome | BaseException] = field(factory=list)
    listens: list[Outcome | BaseException] = field(factory=list)
    finds: list[Outcome | BaseException] = field(factory=list)
    strikes: list[Exception] = field(factory=list)
    gate: asyncio.Event | None = None
    under_way: asyncio.Event = field(factory=asyncio.Event)
    strikes_a_run: int = 1
    hears_before: int = 0
    strikes_at_once: int = 0
    hears_at_once: int = 0
    tells: bool = False
    hears_by: str = "hear"
    notes: Mapping[str, Any] = field(factory=dict)
    seen: list[str] = field(factory=list)
    values: list[Mapping[str, str]] = field(factory=list, repr=False)
    stored: list[Attempt] = field(factory=list)
    rows: list[int] = field(factory=list)

    async def ring(self, context: Context, attempt: Attempt) -> Outcome:
        """The handler that writes."""
        self.seen.append("recovering" if context.recovering else "ring")
        self.values.append(dict(context.values))
        if context.recovering:
            return _next(self.finds or [Outcome("unknown")])
        for _ in range(self.hears_before):
            await context.call("hear")
        if self.strikes_at_once:
            await asyncio.gather(*(context.call("strike") for _ in range(self.strikes_at_once)))
        for _ in range(self.strikes_a_run):
            await context.call("strike")
        await asyncio.gather(*(context.call("hear") for _ in range(self.hears_at_once)))
        if self.tells:
            context.note(connector_ref="told")
            await context.call("hear")
        return _next(self.rings)

    async def listen(self, context: Context, attempt: Attempt) -> Outcome:
        """The handler that only reads."""
        self.seen.append("listen")
        context.note(**self.notes)
        await context.call(self.hears_by)
        return _next(self.listens)

    async def strike(self, services: Services, attempt: Attempt) -> None:
        """The call that writes; what is stored at that moment is looked at."""
        stored = await services.store.load(attempt.id)
        assert stored is not None
        self.stored.append(stored)
        self.rows.append(len(await services.store.history(attempt.id)))
        await self._held("strike")
        if self.strikes:
            raise self.strikes.pop(0)

    async def hear(self, services: Services, attempt: Attempt) -> None:
        """The call that reads."""
        await self._held("hear")

    async def _held(self, what: str) -> None:
        self.seen.append(what)
        self.under_way.set()
        if self.gate is not None:
            await self.gate.wait()


def _next(planned: list[Outcome | BaseException]) -> Outcome:
    come = planned.pop(0) if planned else Outcome("done")
    if isinstance(come, BaseException):
        raise come
    return come


class Ledger(MemoryStore):
    """The memory store, a list of what was saved, and failures to remember what was told."""

    def __init__(self) -> None:
        super().__init__()
        self.saves: list[Save] = []
        self.fails = 0

    async def save(self, save: Save) -> Saved:
        saved = await super().save(save)
        self.saves.append(save)
        return saved

    async def told(self, rows: Collection[tuple[str, int]]) -> None:
        if self.fails > 0:
            self.fails -= 1
            raise StoreError("the disk is full")
        await super().told(rows)


@define
class SmallWorld:
    """A bell, a store, a clock, and engines on them."""

    bell: Bell
    clock: ManualClock
    store: Ledger
    machines: Machines
    engine: Engine
    chance: list[float]

    @property
    def attempts(self) -> Attempts:
        """What the engine's owners ask."""
        return self.engine.for_owner("anybody").attempts

    async def started(self, owner: str = "owner-1") -> str:
        """A new attempt that waits in `asking`; its id."""
        user = User(7, "sealed", permanent=True, kept=True)
        return (await self.attempts.start(owner, "bell", None, user=user)).attempt_id

    async def state(self, attempt_id: str) -> str:
        """The stored state."""
        stored = await self.store.load(attempt_id)
        assert stored is not None
        return stored.state

    def another_engine(self, name: str = "b", **options: Any) -> Engine:
        """A further process on the same store."""
        return engine_on(self, counted_ids(name), **options)


def engine_on(world: "SmallWorld", new_id: Any, **options: Any) -> Engine:
    """An engine of this world; its client is never opened, as the bell calls nothing."""
    api = PowensClient("http://127.0.0.1:9/2.0/", "1", "client-secret", clock=world.clock)
    given: dict[str, Any] = {
        "machines": world.machines,
        "patience": 5.0,
        "grace": 0.0,
        **options,
    }
    return Engine(
        api,
        world.store,
        MemoryVault(),
        Keyring.generate(),
        policy=Policy(),
        clock=world.clock,
        new_id=new_id,
        chance=lambda: world.chance.pop(0) if world.chance else 1.0,
        **given,
    )


_bells: list[Bell] = []


async def _ring(context: Context, attempt: Attempt) -> Outcome:
    return await _bells[-1].ring(context, attempt)


async def _listen(context: Context, attempt: Attempt) -> Outcome:
    return await _bells[-1].listen(context, attempt)


async def _strike(services: Services, attempt: Attempt) -> None:
    await _bells[-1].strike(services, attempt)


async def _hear(services: Services, attempt: Attempt) -> None:
    await _bells[-1].hear(services, attempt)


def _is_cracked(attempt: Attempt, outcome: Outcome) -> bool:
    """A guard with a fault: of a cracked bell it cannot tell."""
    if outcome.facts.get("cracked"):
        raise ZeroDivisionError("S3cr3t")
    return False


def registry() -> Registry:
    """Ours, and the handlers and calls of the bell whose world is open."""
    made = default_registry()
    made.handler("ring")(_ring)
    made.handler("listen")(_listen)
    made.call("strike", writes=True)(_strike)
    made.call("hear")(_hear)
    made.guard("is_cracked")(_is_cracked)
    made.guard("is_loud")(lambda attempt, outcome: attempt.owner == "loud")
    return made


@cache
def machines_with_a_bell(text: str = BELL) -> Machines:
    """Loaded once for all tests: that takes longer than most of them."""
    with TemporaryDirectory() as folder:
        Path(folder, "bell.toml").write_text(text, "utf-8")
        return load_machines(registry(), Path(folder))


@asynccontextmanager
async def small_world(**options: Any) -> AsyncIterator[SmallWorld]:
    """A bell's world for as long as the block runs."""
    bell = Bell()
    machines = machines_with_a_bell()
    _bells.append(bell)
    made = SmallWorld(bell, ManualClock(), Ledger(), machines, None, [])  # type: ignore[arg-type]  # made next
    made.engine = engine_on(made, counted_ids("a"), **options)
    try:
        async with made.engine:
            yield made
    finally:
        _bells.remove(bell)


# --- what tests do in it ------------------------------------------------------------------------


async def send(here: SmallWorld, attempt_id: str, event: e.Event | dict[str, Any]) -> View:
    """What the owner of `started` sees after the event."""
    return await here.engine.for_owner("owner-1").send(attempt_id, event)


async def state_after(here: SmallWorld, attempt_id: str, event: e.Event) -> str:
    """The state that the event led the owner's attempt to."""
    return (await send(here, attempt_id, event)).state


async def turns(number: int = 20) -> None:
    """Let what can go on go on."""
    for _ in range(number):
        await asyncio.sleep(0)


async def ringing(here: SmallWorld) -> tuple[str, "asyncio.Task[View]"]:
    """An attempt whose bell is being rung, until the gate is opened."""
    attempt_id = await here.started()
    here.bell.gate = asyncio.Event()
    here.bell.under_way.clear()
    task = asyncio.create_task(send(here, attempt_id, e.Acted()))
    await here.bell.under_way.wait()
    return attempt_id, task


def opened(here: SmallWorld) -> None:
    """The calls that were held come to their end, and no further one is held."""
    gate, here.bell.gate = here.bell.gate, None
    assert gate is not None
    gate.set()
