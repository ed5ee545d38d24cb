"""`powens-flow attempts list` and `funnel`: the whole fleet."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from powens_flow.cli.acts import cancel, retry, wake
from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.cli.records import consent, export
from powens_flow.cli.show import show
from powens_flow.cli.stores import json_option, machine_named, now, on_store, store_option
from powens_flow.cli.tables import cells, console, moment, printable, table, tell
from powens_flow.inspection import Funnel, funnel, left_out, reasons, spoken, trouble
from powens_flow.inspection.durations import typed
from powens_flow.inspection.redaction import plain
from powens_flow.machine import Machines, Registry
from powens_flow.store.fleet import ConnectorName, Count, Fleet, Listed, Page, Trouble, Wanted
from powens_flow.utf8 import is_utf8


@click.group()
def attempts() -> None:
    """Look at attempts, one or all of them, and help one along.

    What only looks opens the store for reading, also while a backend writes to it.
    """


for command in (show, cancel, retry, wake, export, consent):
    attempts.add_command(command)


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """`90s`, `15m`, `2h`, `7d`, `1h30m`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """The duration; a usage error names the form."""
        if isinstance(value, timedelta):
            return value
        try:
            return typed(value)
        except ValueError as error:
            self.fail(f"{value!r} is not {error}", param, ctx)


DURATION = Duration()


def _text(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What the shell handed over; bytes that are no UTF-8 name nothing that is stored."""
    if value is not None and not is_utf8(value):
        raise click.BadParameter("it is no UTF-8", param=param)
    return value


@attempts.command("list")
@store_option()
@click.option("--state", "states", multiple=True, help="In this state: its name, or the last part.")
@click.option("--machine", help="Of this machine.")
@click.option("--owner", callback=_text, help="Of this end user.")
@click.option("--connector", callback=_text, help="Of this connector: its id, uuid or name.")
@click.option("--older-than", "--age", "older", type=DURATION, help="Begun longer ago.")
@click.option("--newer-than", "newer", type=DURATION, help="Begun since.")
@click.option("--unmoved-for", "unmoved", type=DURATION, help="In its state for longer.")
@click.option("--live/--ended", "lives", default=None, help="Only those under way, or that ended.")
@click.option("--stuck", is_flag=True, help="Only those that do not get on by themselves.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option(
    "--before", type=click.IntRange(0, 2**63 - 1), help="The next page; the last one says it."
)
@json_option
@machines_option
@registry_option
def listing(
    *,
    store: str,
    limit: int,
    before: int | None,
    stuck: bool,
    as_json: bool,
    folder: Path | None,
    registry: Registry | None,
    **filters: Any,
) -> None:
    """List attempts, the newest first."""
    machines, moment_now = loaded(folder, registry), now()
    what = trouble(machines, moment_now)

    async def read(fleet: Fleet) -> Page:
        wanted = await _wanted(fleet, machines, moment_now, what if stuck else None, **filters)
        return await fleet.attempts(wanted, limit=limit, before=before)

    page = on_store(store, read)
    if as_json:
        click.echo(json.dumps(_page_json(page, what, moment_now), indent=1))
    else:
        _print_page(page, what, moment_now)


async def _wanted(
    fleet: Fleet,
    machines: Machines,
    at: datetime,
    stuck: Trouble | None,
    *,
    states: tuple[str, ...],
    machine: str | None,
    owner: str | None,
    connector: str | None,
    older: timedelta | None,
    newer: timedelta | None,
    unmoved: timedelta | None,
    lives: bool | None,
) -> Wanted:
    counts = await fleet.counts() if states or machine else ()
    if machine is not None:
        _expect("machine", machine, {*machines, *(one.machine for one in counts)})
    return Wanted(
        states=_states(states, machines, {one.state for one in counts}) if states else None,
        machine=machine,
        owner=owner,
        connector=_connector(connector, await fleet.connectors()) if connector else None,
        created_before=_ago(at, older),
        created_since=_ago(at, newer),
        in_state_since=_ago(at, unmoved),
        lives=lives,
        stuck=stuck,
    )


def _expect(what: str, name: str, known: set[str]) -> None:
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise click.UsageError(f"no {what} {name!r}; there are: {there}")


def _states(names: tuple[str, ...], machines: Machines, stored: set[str]) -> frozenset[str]:
    known = stored | {state for one in machines.values() for state in one.states}
    found: set[str] = set()
    for name in names:
        fitting = {one for one in known if one == name or one.endswith(f".{name}")}
        if not fitting:
            there = ", ".join(sorted(stored)) or "none"
            raise click.UsageError(f"no state {name!r}; there are attempts in: {there}")
        found |= fitting
    return frozenset(found)


def _connector(name: str, known: tuple[ConnectorName, ...]) -> str:
    for one in known:
        if name.casefold() in (one.uuid.casefold(), str(one.id), one.name.casefold()):
            return one.uuid
    there = ", ".join(f"{one.id} ({one.name})" for one in known) or "none"
    raise click.UsageError(f"no attempt chose a connector {name!r}; there are: {there}")


def _ago(at: datetime, duration: timedelta | None) -> datetime | None:
    try:
        return at - duration if duration is not None else None
    except OverflowError:
        raise click.UsageError(f"{duration} is longer ago than there are dates") from None


def _page_json(page: Page, what: Trouble, at: datetime) -> dict[str, Any]:
    listed = []
    for one in page.attempts:
        shown = plain(one)
        del shown["place"]
        listed.append(shown | {"stuck": list(reasons(one, what, at))})
    return {"attempts": listed, "before": page.before}


def _print_page(page: Page, what: Trouble, at: datetime) -> None:
    made = table(
        ("attempt", "owner", "machine", "state", "for", "begun", "connector", "remarks"),
        right=("for",),
        whole=("attempt", "owner", "machine", "state", "for", "begun"),
    )
    for one in page.attempts:
        made.add_row(*cells(*_cells(one, what, at)))
    if page.attempts:
        tell(made)
    else:
        console().print("none")
    if page.before is not None:
        console().print(f"there are more: --before {page.before}")


def _cells(one: Listed, what: Trouble, at: datetime) -> tuple[object, ...]:
    ended = one.wakes_at is None
    here = "" if ended else spoken(max(0.0, (at - one.entered_at).total_seconds()))
    remarks = "; ".join(reasons(one, what, at)) or one.problem
    begun = moment(one.created_at)
    return one.id, one.owner, one.machine, one.state, here, begun, one.connector, remarks


# --- the funnel ----------------------------------------------------------------------------------


@attempts.command("funnel")
@click.argument("machine", required=False)
@store_option()
@click.option("--since", type=DURATION, help="Only attempts begun since: 7d, 12h.")
@json_option
@machines_option
@registry_option
def funnelling(
    *,
    machine: str | None,
    store: str,
    since: timedelta | None,
    as_json: bool,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Tell where attempts of MACHINE (or of each machine) are lost: by step, and by connector."""
    machines = loaded(folder, registry)
    wanted = [machine_named(machines, machine)] if machine else list(machines.values())
    start = _ago(now(), since)

    async def read(fleet: Fleet) -> tuple[list[Funnel], tuple[Count, ...]]:
        return [await funnel(fleet, one, start) for one in wanted], await fleet.counts(since=start)

    each, counts = on_store(store, read)
    funnels = [one for one in each if machine or one.attempts]
    if machine is None:
        _tell_left_out(machines, counts)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in funnels], indent=1))
        return
    for one in funnels:
        _print_funnel(one)
    if not funnels:
        console().print("no attempts")


def _tell_left_out(machines: Machines, counts: tuple[Count, ...]) -> None:
    """Say beside the output what is not in it: attempts of machines that are not loaded."""
    for name, number in left_out(machines, counts).items():
        told = f"{number} attempts of {printable(name)}, which is not loaded here: give --machines"
        click.echo(f"powens-flow: left out: {told}", err=True)


def _print_funnel(one: Funnel) -> None:
    console().print(
        f"{one.machine}: {one.attempts} attempts, {one.completed} completed,"
        f" {one.under_way} under way, {one.lost} lost"
    )
    tell(_steps(one))
    tell(_connectors(one))


def _steps(one: Funnel) -> Table:
    numbers = ("came", "of all", "here now", "lost", "cancelled", "expired", "failed")
    made = table(("step", *numbers, "lost by"), right=numbers, whole=("step",))
    for step in one.steps:
        lost = (step.lost, step.cancelled, step.expired, step.failed)
        share, by = _share(step.came, one.attempts), ", ".join(_by(step.by))
        made.add_row(*cells(step.name, step.came, share, step.here, *lost, by))
    made.add_row(*cells("completed", one.completed, _share(one.completed, one.attempts)))
    return made


def _connectors(one: Funnel) -> Table:
    numbers = ("attempts", "completed", "of all", "under way", "lost")
    made = table(("connector", *numbers, "mostly at"), right=numbers)
    for of in one.connectors:
        share = _share(of.completed, of.attempts)
        counted = (of.attempts, of.completed, share, of.under_way, of.lost)
        made.add_row(*cells(of.name, *counted, of.mostly_at))
    return made


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _by(lost: tuple[tuple[str, str, int], ...]) -> Iterator[str]:
    for state, trigger, number in lost:
        yield f"{number} {state} {trigger}"
