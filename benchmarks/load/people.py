"""The people, in a process of their own: `python -m benchmarks.load.people ORIGIN FILE SIZE`.

At every moment so many people are busy: who has ended makes room for the next, who is somebody new.
When the time is up, those who have begun go on to their end; what they ask for then is not counted.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path

import aiohttp
import attrs
from attrs import define, field

from benchmarks.load.pace import Size, a_plan, thinking
from benchmarks.load.person import Failed, Person, Request


@define
class Tally:
    """What became of everybody."""

    ended: int = 0
    errors: list[str] = field(factory=list)
    requests: list[Request] = field(factory=list)


async def crowd(origin: str, size: Size) -> Tally:
    """Everybody, for as long as it lasts."""
    tally = Tally()
    until = asyncio.get_running_loop().time() + size.seconds
    await asyncio.gather(*(_place(origin, size, n, until, tally) for n in range(size.people)))
    return tally


async def _place(origin: str, size: Size, number: int, until: float, tally: Tally) -> None:
    """One person after the other."""
    chance = random.Random(f"{size.seed}-{number}")  # noqa: S311 - who wants what, the same each time
    loop = asyncio.get_running_loop()
    await asyncio.sleep(chance.uniform(0, size.think[1]))  # nobody comes at the same moment
    while loop.time() < until:
        person = Person(origin, a_plan(chance), thinking(size, chance), chance.random)
        try:
            end = await person.run()
            if end["state"] != "completed":
                tally.errors.append(f"{person.plan}: ended in {end['state']}")
            tally.ended += 1
        except (Failed, aiohttp.ClientError, OSError, RuntimeError) as error:
            tally.errors.append(f"{person.plan}: {type(error).__name__}: {error}")
        finally:
            tally.requests += [one for one in person.requests if one.at <= until]


def main(origin: str, file: str, size: str) -> None:
    """Runs, and writes what came of it into `file`."""
    given = json.loads(size)
    wanted = Size(**{**given, "think": tuple(given["think"])})
    began, cpu = time.perf_counter(), time.process_time()
    tally = asyncio.run(crowd(origin, wanted))
    told = attrs.asdict(tally) | {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
    }
    Path(file).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
