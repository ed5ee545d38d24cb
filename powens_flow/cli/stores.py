"""The option `--store`, how a command opens the store, and who calls."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from powens_flow.clock import SystemClock
from powens_flow.errors import NoSuchAttempt
from powens_flow.inspection import Story, Verdict, story_of, trouble, verdict_on
from powens_flow.machine import Definition, Machines
from powens_flow.store.address import KINDS, file_at, store_at
from powens_flow.store.port import StoreError
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.store import READ, Access

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def store_option(*, required: bool = True) -> Callable[[F], F]:
    """The option `--store`."""
    return click.option(
        "--store",
        "store",
        metavar="STORE",
        required=required,
        envvar="POWENS_FLOW_STORE",
        show_envvar=True,
        help=f"Where attempts are kept: {', or '.join(KINDS)}.",
    )


class StoreFile(click.Path):
    """The file of a store that may have to be made, by its address."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The file; a usage error says what an address may be."""
        try:
            file = file_at(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return super().convert(file, param, ctx)


def output_option(command: F) -> F:
    """The option `--output`."""
    return click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write into this file, instead of to stdout.",
    )(command)


def json_option(command: F) -> F:
    """The option `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="As JSON.")(command)


def on_store(
    address: str, work: Callable[[SQLiteStore], Awaitable[T]], *, access: Access = READ
) -> T:
    """What `work` answers on the store, which is opened as it is and closed again.

    Raises:
        click.ClickException: in one line, what is wrong with the store.
    """
    try:
        store = store_at(address, access=access)
    except ValueError as error:
        raise click.UsageError(str(error)) from None

    async def opened() -> T:
        async with store:
            return await work(store)

    try:
        return asyncio.run(opened())
    except StoreError as error:
        raise click.ClickException(f"powens-flow: {address}: {error}") from None


def story(address: str, machines: Machines, attempt_id: str) -> Story:
    """The story of an attempt. Raises `click.ClickException` where there is none."""

    return _read(address, attempt_id, lambda store: story_of(store, machines, attempt_id))


def judged(
    address: str, machines: Machines, attempt_id: str, at: datetime
) -> tuple[Story, Verdict]:
    """The same with why it is where it is at that moment."""

    async def read(store: SQLiteStore) -> tuple[Story, Verdict]:
        found = await story_of(store, machines, attempt_id)
        return found, await verdict_on(store, found, trouble(machines, at), at)

    return _read(address, attempt_id, read)


def _read(address: str, attempt_id: str, work: Callable[[SQLiteStore], Awaitable[T]]) -> T:
    try:
        return on_store(address, work)
    except NoSuchAttempt:
        raise no_such_attempt(attempt_id, address) from None


def no_such_attempt(attempt_id: str, address: str) -> click.ClickException:
    """What is said of an id that no attempt has."""
    listing = f"powens-flow attempts list --store {address}"
    return click.UsageError(f"no attempt {attempt_id!r}; to list them: {listing}")


def machine_named(machines: Machines, name: str) -> Definition:
    """The machine of that name. Raises `click.UsageError`."""
    if name not in machines:
        there = ", ".join(sorted(machines))
        raise click.UsageError(f"no machine {name!r}; there are: {there}")
    return machines[name]


def now() -> datetime:
    """The present moment."""
    return SystemClock().now()
