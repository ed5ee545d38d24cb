"""The fault matrix: every call that the machines make, times all that can go wrong with it."""

import asyncio
import multiprocessing
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from soak.cell import Came, Column, play
from soak.check import Bad
from soak.line import Tally
from soak.progress import step
from soak.story import STORIES, VAULT, Story

TABLE = Path(__file__).with_suffix(".toml")
NOT_A_FAULT = ("ends", "always")
PROCESSES = min(2, os.cpu_count() or 1)


@frozen
class Expected:
    """How a cell ends; `cleanup` None: it was not left incomplete."""

    end: str
    users: int
    connections: int
    cleanup: str | None = None


@cache
def table() -> Mapping[str, Any]:
    """The columns and expectations of `faults.toml`."""
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def columns() -> tuple[Column, ...]:
    """The columns, in the table's order."""
    return tuple(
        Column(
            name,
            {key: value for key, value in given.items() if key not in NOT_A_FAULT},
            given.get("always", False),
        )
        for name, given in table()["columns"].items()
    )


def columns_of(story: Story) -> tuple[Column, ...]:
    """The faults that the story's call can meet."""
    return tuple(column for column in columns() if column.of_vault == (story.method == VAULT))


def expected(story: Story, column: Column) -> Expected:
    """What the table says of a cell."""
    end = _end(story, column)
    users, connections = (1, 1) if end == "completed" else story.owner.left
    exceptions = table()["left"].get(story.name, {})
    return Expected(
        end, **{"users": users, "connections": connections, **exceptions.get(column.name, {})}
    )


def _end(story: Story, column: Column) -> str:
    for end, names in table()["stories"].get(story.name, {}).items():
        if column.name in names:
            return str(end)
    if story.plain != "completed":
        return story.plain
    return str(table()["columns"][column.name]["ends"])


def compared(wanted: Expected, came: Came) -> Iterator[Bad]:
    """The bad things of a cell: those that are bad anyway, and what is not as expected."""
    yield from came.bad
    if came.end != wanted.end:
        yield "lost", f"ended {came.end}, not {wanted.end}"
    for what, wants, has in (
        ("users", wanted.users, came.users),
        ("connections", wanted.connections, came.connections),
    ):
        if has != wants:
            yield ("twice" if has > wants else "lost"), f"{has} {what}, not {wants}"
    cleanup = came.cleanup if came.cleanup == "incomplete" else None
    if cleanup != wanted.cleanup:
        yield "lost", f"clean-up {came.cleanup}"


async def cell(story: Story, column: Column, seed: int = 0) -> list[Bad]:
    """Plays a cell, with the retries' jitter by `seed`; what is bad about it."""
    came = await play(story, column, seed)
    where = f"{story.name} x {column.name}"
    return [(kind, f"{where}: {what}") for kind, what in compared(expected(story, column), came)]


def _row(number: int, seed: int) -> list[list[Bad]]:
    """All cells of one story, in a process of its own loop."""
    story = STORIES[number]

    async def played() -> list[list[Bad]]:
        return [await cell(story, column, seed) for column in columns_of(story)]

    return asyncio.run(played())


async def all_of(rows: Iterable[asyncio.Future[list[list[Bad]]]]) -> list[list[list[Bad]]]:
    """What the rows come to, each a step; the first that fails ends the others."""
    rows = [*rows]
    for row in rows:
        row.add_done_callback(step)
    try:
        return await asyncio.gather(*rows)
    finally:
        for row in rows:
            row.cancel()


async def run(*, seed: int = 0) -> dict[str, Any]:
    """The whole matrix; `seed` is of the retries' jitter."""
    tally, loop = Tally("faults"), asyncio.get_running_loop()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        rows = [loop.run_in_executor(pool, _row, number, seed) for number in range(len(STORIES))]
        for bad in [bad for row in await all_of(rows) for bad in row]:
            tally.tried += 1
            tally.add_all(bad)
    return tally.line(stories=len(STORIES), columns=len(columns()))
