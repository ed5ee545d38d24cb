"""Every way out of every state, taken by an engine on a real store, from attempts that got there.

What is explored begins with *stories*: attempts over the simulator, by the real handlers. Each
state that they come to is kept as a snapshot (`Album`). From there one thing happens: a handler
comes to one class of outcome, the clock speaks, or a person sends an event. That is driven by an
engine on SQLite, whose handlers answer what the test says; the states that it comes to are kept
too. `decisions` chooses what to try; what is checked is what the engine, the store and the prompts
make of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from attrs import define, evolve, field, frozen

from powens_flow import events as e
from powens_flow import vocabulary as v
from powens_flow.attempt import ADDED, Attempt, SourceFate
from powens_flow.decisions import accepting, planning
from powens_flow.decisions.guards import guards
from powens_flow.decisions.moving import absorb
from powens_flow.engine import Engine
from powens_flow.handlers import default_registry
from powens_flow.handlers.context import Context
from powens_flow.machine import Definition, Registry
from powens_flow.machine.compose import Transition
from powens_flow.outcomes import Outcome
from powens_flow.store.port import Store
from powens_flow.testing import ManualClock

STATES = (
    "SCARequired",
    "webauthRequired",
    "additionalInformationNeeded",
    "decoupled",
    "validating",
    "wrongpass",
    "passwordExpired",
    "actionNeeded",
    "rateLimiting",
    "notSupported",
    "solarEclipse",
)
FINDINGS: tuple[dict[str, Any], ...] = (
    {},
    *({"state": state} for state in STATES),
    {"may_still_change": True},
    {"source_was_lost": True},
    {"still_at_bank": True},
    {"still_at_bank": True, "state": "webauthRequired"},
    {"nothing_came": True},
    {"user_ends_first": True},
)
"""What a handler may have found out beside its class of outcome."""

PLAIN_EVENTS: tuple[e.Event, ...] = (
    e.Approved(),
    e.Acted(),
    e.TryAgain(),
    e.FinishLater(),
    e.SkipSource(),
    e.ChooseAnotherConnector(),
    e.AddAnother(),
    e.Cancel(),
)
"""Events that bring nothing; those that bring something are sent by the other tests."""

CLOCK = (v.POLL, v.EXPIRE, v.WARN, v.RETRY)
LONG = timedelta(hours=3)

Taken = tuple[str, str, str, tuple[str, ...]]
"""Source, trigger, target, guards: one transition."""


def key(one: Transition) -> Taken:
    """A transition's own name."""
    return one.source, one.trigger, one.to, one.when


@define
class Album:
    """Snapshots of a machine's attempts by state; of those that no guard can tell apart, one."""

    machine: str
    pictures: dict[str, dict[tuple[int, ...], Attempt]] = field(factory=dict)

    def add(self, attempt: Attempt) -> None:
        if attempt.machine != self.machine:
            return
        answers = tuple(bool(guard(attempt, None)) for guard in guards.guards.values())
        left = len(planning.remaining_sources(attempt))
        self.pictures.setdefault(attempt.state, {}).setdefault((left, *answers), attempt)

    def of(self, state: str) -> Iterator[Attempt]:
        """The snapshots of a state, then each varied in one respect."""
        kept = tuple(self.pictures.get(state, {}).values())
        yield from kept
        yield from (varied for one in kept for varied in _varied(one))


def _varied(one: Attempt) -> Iterator[Attempt]:
    """An attempt that came here another way, which a story would be long for."""
    if one.user is not None:
        yield evolve(one, user=evolve(one.user, kept=not one.user.kept))
    earlier = evolve(one, sources=(*one.sources, SourceFate("earlier", ADDED)))
    if one.ending is None:
        yield earlier
        for other in (one, earlier):
            yield evolve(other, source_id=None if one.source_id else 1)
    else:
        yield from (evolve(one, ending=end) for end in ("cancelled", "expired", "failed"))


def keeping(album: Album) -> Registry:
    """Our registry, whose handlers show each attempt that they are given to the album."""
    registry = default_registry()
    for name, handler in tuple(registry.handlers.items()):

        async def seen(context: Context, attempt: Attempt, handler: Any = handler) -> Outcome:
            album.add(attempt)
            outcome: Outcome = await handler(context, attempt)
            return outcome

        registry.handler(name, replace=True)(seen)
    return registry


@define
class Told:
    """Handlers that answer what they are told, the first time; then that nothing works."""

    album: Album
    answers: dict[str, Outcome] = field(factory=dict)

    def registry(self) -> Registry:
        registry = default_registry()
        for name in tuple(registry.handlers):
            done = Outcome(v.DONE, changes={"cleanup": "done"}) if name == "clean_up" else None

            async def told(
                context: Context, attempt: Attempt, other: Outcome | None = done
            ) -> Outcome:
                self.album.add(attempt)
                said = self.answers.pop(attempt.id, None)
                return said or other or Outcome(v.REJECTED)

            registry.handler(name, replace=True)(told)
        return registry


@frozen
class Try:
    """One thing that happens to an attempt: an outcome, an event, or what the clock says."""

    attempt: Attempt
    happening: Outcome | e.Event | str

    @property
    def trigger(self) -> str:
        if isinstance(self.happening, Outcome):
            return self.happening.kind
        return self.happening if isinstance(self.happening, str) else self.happening.trigger


def tries(album: Album, machine: Definition, one: Transition, now: datetime) -> Iterator[Try]:
    """What takes this transition."""
    branches = _branches(machine)[one.source, one.trigger]
    for attempt in album.of(one.source):
        for happening in _happenings(one, attempt, asked=len(branches) > 1):
            found = Try(attempt, happening)
            if _leads(machine, found, branches, now) is one:
                yield found


@cache
def _branches(machine: Definition) -> dict[tuple[str, str], list[Transition]]:
    """The branches of each state and trigger, in their order."""
    branches: dict[tuple[str, str], list[Transition]] = {}
    for one in machine.transitions:
        branches.setdefault((one.source, one.trigger), []).append(one)
    return branches


def _happenings(
    one: Transition, attempt: Attempt, *, asked: bool
) -> Iterable[Outcome | e.Event | str]:
    """What may take it; what a handler has found matters only where guards are asked."""
    if one.trigger in v.OUTCOMES and not asked:
        yield Outcome(one.trigger)
    elif one.trigger in v.OUTCOMES:
        loop = {"reading": evolve(attempt.reading, repeats=99)}
        yield from (Outcome(one.trigger, facts=facts) for facts in FINDINGS)
        yield Outcome(one.trigger, facts={"state": "wrongpass"}, changes=loop)
    elif one.trigger in CLOCK:
        yield one.trigger
    else:
        yield from (event for event in PLAIN_EVENTS if event.trigger == one.trigger)


def _leads(
    machine: Definition, one: Try, branches: Sequence[Transition], now: datetime
) -> Transition | None:
    """The branch that the guards let it take; None for what cannot be taken."""
    attempt, outcome = one.attempt, None
    if isinstance(one.happening, Outcome):
        outcome = one.happening
        attempt = absorb(attempt, outcome)
    elif isinstance(one.happening, e.Event):
        outcome = Outcome(v.DONE)
        try:
            attempt = accepting.accept(attempt, one.happening, now)
        except e.InvalidEvent:
            return None
    step = machine.step(attempt.state, one.trigger, attempt, outcome)
    return next(t for t in branches if all(step.guards[guard] for guard in t.when))


@define
class Bench:
    """An engine whose handlers are told, on a store, and the attempts put before it."""

    engine: Engine
    store: Store
    clock: ManualClock
    told: Told
    ids: Iterator[int] = field(factory=count)

    async def happens(self, one: Try) -> str:
        """Let it happen to a new attempt that stands where that snapshot stands; its id."""
        placed = self._placed(one)
        now = self.engine.clock.now()
        taken = await self.store.create(placed, (), holder="bench", until=now + LONG, untold=False)
        await self.store.release(taken.lease)
        if isinstance(one.happening, e.Event):
            await self.engine.for_owner(placed.owner).send(placed.id, one.happening)
            return placed.id
        if isinstance(one.happening, Outcome):
            self.told.answers[placed.id] = one.happening
        if one.happening == v.RETRY:
            rule = self.engine.machines[placed.machine].state(placed.state).retry
            assert rule is not None
            self.told.answers[placed.id] = Outcome(rule.on[0])
        await self.engine.tick()
        return placed.id

    def _placed(self, one: Try) -> Attempt:
        now = self.engine.clock.now()
        fresh: dict[str, Any] = {"id": f"fork-{next(self.ids)}", "version": 0, "tries": 99}
        times: dict[str, Any] = {"deadline_at": None, "deadline_of": None, "due_at": None}
        if isinstance(one.happening, Outcome):
            times["due_at"] = now
        elif one.happening == v.RETRY:
            times["due_at"], fresh["tries"], fresh["trying_since"] = now, 0, None
        elif isinstance(one.happening, str):
            left = {v.EXPIRE: timedelta(0), v.WARN: timedelta(seconds=1), v.POLL: LONG}
            times = {
                "deadline_at": now + left[one.happening],
                "deadline_of": one.attempt.state,
                "due_at": now,
                "warned": one.happening != v.WARN,
            }
        return evolve(one.attempt, **fresh, **times)
