"""How fast people are, and what they want: told, not guessed by whoever reads the numbers."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from attrs import evolve, frozen

from benchmarks.load.person import Plan

OTHER_BANK: Final = "88"
"""A bank of the simulator, looked at first: leaving it again makes no API call."""

PLANS: Final = (
    (45, Plan("40", "camille")),
    (20, Plan("40", "sms")),
    (10, Plan("40", "wrongpass-once")),
    (10, Plan("40", "decoupled-2")),
    (15, Plan("63", "camille", further=1, bank="credit")),
)
"""What people want, in per cent: one bank with what its login leads to; the last adds a second
source after the bank's own page."""


@frozen
class Size:
    """How many people there are at every moment, for how many seconds, and their pace.

    `think` are the least and the most seconds between seeing a screen and answering it, evenly
    spread: quicker than people are, who type a login and a password, or wait for a code.
    """

    people: int = 200
    seconds: float = 60.0
    think: tuple[float, float] = (1.0, 3.0)
    seed: int = 0


def a_plan(chance: random.Random) -> Plan:
    """What the next person wants."""
    weights = [weight for weight, _ in PLANS]
    [(_, plan)] = chance.choices(PLANS, weights)
    return evolve(plan, looks_at=OTHER_BANK)


def thinking(size: Size, chance: random.Random) -> Callable[[], Awaitable[None]]:
    """A person's own pace."""

    async def think() -> None:
        await asyncio.sleep(chance.uniform(*size.think))

    return think
