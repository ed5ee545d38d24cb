"""The race proof: two processes on one SQLite file, given the same events at the same time.

Kinds of races: `doubled`, every event of an attempt goes to both processes at once; `cancelled`,
one gets an event and the other a cancellation while it is under way; `twins`, doubled, and two
first attempts of one owner begin at once; `lapsed`, doubled, and processes stand still until their
leases have lapsed and the other has taken over, then go on as if nothing had been. In the end
everything has to be as if one process had been asked once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from random import Random
from typing import Any

from attrs import frozen

from soak.aftermath import Bad
from soak.line import Tally
from soak.progress import step
from soak.racer import SCRIPTS
from soak.rivals import Rival, two_rivals
from soak.settled import Raced, judged
from soak.site import Ground, open_ground

AT_ONCE = 8
"""Attempts at the same time."""

LAPSE = 31.0
TICK = 0.01
SPEED = 10.0
"""The clock runs so much faster than the real one, so that retries and polls take no time."""

STEPS = 2000
"""Looks at one attempt, 20 ms apart while there is nothing to do: what a crash left behind may have
to be waited for until it can no longer come, for minutes of the clock."""
APART = 0.02
"""Real seconds, at most, between the two of a race: as long as some calls."""

ENDS = ("done", "failed")
KINDS = ("doubled", "cancelled", "twins", "lapsed")


@frozen(eq=False)
class Course:
    """Where races are run."""

    ground: Ground
    rivals: tuple[Rival, Rival]
    chance: Random

    def shuffled(self) -> tuple[Rival, Rival]:
        """The two processes, in either order."""
        first, second = self.rivals
        return (first, second) if self.chance.random() < 0.5 else (second, first)

    def delay(self) -> float:
        """A moment's wait, often none."""
        return max(0.0, self.chance.uniform(-APART, APART))


@frozen
class Found:
    """What races of one kind came to; `taken_over`: drives that lost their lease to the other."""

    raced: tuple[Raced, ...]
    bad: tuple[Bad, ...]
    taken_over: int


async def run(
    *, seed: int = 0, attempts: int = 420, kinds: Sequence[str] = KINDS
) -> dict[str, Any]:
    """So many attempts, as many of each kind; each is several races."""
    tally, raced, taken_over = Tally("race"), list[Raced](), 0
    for kind in kinds:
        chance = Random(f"{seed} {kind}")  # noqa: S311 - who is first, the same in each run
        found = await raced_so(kind, attempts // len(kinds), chance)
        tally.add_all(found.bad)
        raced += found.raced
        taken_over += found.taken_over
    tally.tried = sum(one.races for one in raced)
    return tally.line(
        attempts=len(raced),
        ends=dict(Counter(one.end for one in raced)),
        posted=sum(one.posted for one in raced),
        taken_over=taken_over,
    )


async def raced_so(kind: str, attempts: int, chance: Random) -> Found:
    """Races of one kind at a site of their own, and what is bad about them."""
    async with open_ground() as ground:
        async with two_rivals(ground.site) as rivals, ticking(ground):
            raced = await _run(Course(ground, rivals, chance), kind, attempts)
            for rival in rivals:
                await rival.ask("settled")
        lost = [one for one in ground.site.notes("errors") if one.get("error") == "LeaseLost"]
        return Found(tuple(raced), tuple(await judged(ground, raced)), len(lost))


@asynccontextmanager
async def ticking(ground: Ground) -> AsyncIterator[None]:
    """The clock runs while the block does."""
    task = asyncio.create_task(_tick(ground))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _tick(ground: Ground) -> None:
    while True:
        await asyncio.sleep(TICK)
        ground.clock.advance(TICK * SPEED)


async def _run(one: Course, kind: str, attempts: int) -> list[Raced]:
    gate = asyncio.Semaphore(AT_ONCE)
    each = 2 if kind == "twins" else 1
    raced = [
        Raced(kind, f"owner-{number // each}", script)
        for number, script in zip(range(attempts), cycle(SCRIPTS), strict=False)
    ]
    lapsing = asyncio.create_task(_lapse(one)) if kind == "lapsed" else None
    try:
        await asyncio.gather(*(_gated(gate, one, attempt) for attempt in raced))
    finally:
        if lapsing is not None:
            lapsing.cancel()
            with suppress(asyncio.CancelledError):
                await lapsing
    return raced


async def _lapse(one: Course) -> None:
    """Again and again one process stands still for longer than its leases."""
    while True:
        await asyncio.sleep(one.chance.uniform(0.1, 0.4))
        still, _ = one.shuffled()
        still.stop()
        try:
            jumps = one.chance.choice((1, 4))  # the other renews its own in time, or does not
            for _ in range(jumps):
                one.ground.clock.advance(LAPSE / jumps)
                await asyncio.sleep(0.03)
            await asyncio.sleep(one.chance.uniform(0.0, 0.2))
        finally:
            still.go_on()


# --- one attempt -----------------------------------------------------------------------------


async def _gated(gate: asyncio.Semaphore, one: Course, raced: Raced) -> None:
    async with gate:
        await _walk(one, raced)
    step()


async def _walk(one: Course, raced: Raced) -> None:
    """From its start to its end; the user is asked at either process, and answers both."""
    seen = await _ask(one, raced, "start")
    raced.attempt = seen.get("attempt", "")
    cancel_at = one.chance.randint(1, 5) if raced.kind == "cancelled" else 0
    for _ in range(STEPS):
        if "raised" in seen or seen["kind"] in ENDS:
            raced.end = seen.get("state", raced.end)
            return
        event = await _ask(one, raced, "answer", attempt=raced.attempt, script=raced.script)
        if not event or "raised" in event:  # nothing to do now, or not any more
            await asyncio.sleep(0.02)
        else:
            cancels = raced.races + 1 == cancel_at
            await _race(one, raced, event, {"type": "cancel"} if cancels else event)
        seen = await _ask(one, raced, "get", attempt=raced.attempt)
    raced.end = f"never: {seen['state']}"


async def _ask(one: Course, raced: Raced, name: str, **arguments: str) -> Any:
    """At either process; an end user who is shown another page meanwhile is no fault."""
    rival, _ = one.shuffled()
    answer = await rival.ask(name, owner=raced.owner, **arguments)
    if answer and "raised" in answer and not answer["refused"] and name != "answer":
        raced.raised.append(f"{name}: {answer['raised']}")
    return answer


async def _race(one: Course, raced: Raced, event: dict[str, Any], other: dict[str, Any]) -> None:
    raced.races += 1
    raced.rounds[event["type"]] += 1
    told = zip(one.shuffled(), (event, other), strict=True)
    for answer in await asyncio.gather(*(_send(one, raced, *each) for each in told)):
        raced.posted += answer.get("kind") == "working"
        if "raised" in answer and not answer["refused"]:
            raced.raised.append(f"{event['type']}: {answer['raised']}")


async def _send(one: Course, raced: Raced, rival: Rival, event: dict[str, Any]) -> Any:
    raced.sent[event["type"]] += 1
    return await rival.ask(
        "send", owner=raced.owner, attempt=raced.attempt, event=event, delay=one.delay()
    )
