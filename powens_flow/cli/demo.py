"""`powens-flow demo`: scripted attempts against the simulator, told as they happen."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from powens_flow.cli.stores import StoreFile
from powens_flow.demo import PARKED, SCENARIOS, Narrator, Report, Scenario, park, play, stage
from powens_flow.store.port import StoreError

NARROWEST = 120
"""Columns of the table where the output is no terminal."""


@click.command()
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Only this one.")
@click.option(
    "--store",
    type=StoreFile(),
    help="Keep the database in this SQLite file.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, one an attempt.")
def demo(names: tuple[str, ...], store: Path | None, as_json: bool) -> None:
    """Carry scripted attempts through the simulator, over HTTP, saved in SQLite.

    Time is simulated. A store that is kept, of all scenarios, also gets attempts that are left
    under way, to try `powens-flow attempts` on; nothing is reported of these. Ends with status 0
    only if every attempt ended as its scenario says.
    """
    scenarios = [_scenario(name) for name in names] or list(SCENARIOS.values())
    with tempfile.TemporaryDirectory(prefix="powens-flow-") as folder:
        path = store or Path(folder) / "demo.sqlite"
        parks = store is not None and not names
        reports = _played(scenarios, path, parks=parks, as_json=as_json)
    if not as_json:
        _summed_up(reports)
    faults = [f"{one.scenario}: {fault}" for one in reports for fault in one.faults]
    if faults:
        raise click.ClickException("\n".join(faults))


def _scenario(name: str) -> Scenario:
    if name not in SCENARIOS:
        raise click.UsageError(f"no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
    return SCENARIOS[name]


def _played(
    scenarios: Sequence[Scenario], path: Path, *, parks: bool, as_json: bool
) -> list[Report]:
    try:
        return asyncio.run(_play_all(scenarios, path, parks=parks, as_json=as_json))
    except StoreError as error:
        raise click.ClickException(f"powens-flow: {path}: {error}") from None


async def _play_all(
    scenarios: Sequence[Scenario], path: Path, *, parks: bool, as_json: bool
) -> list[Report]:
    narrator = Narrator(_silence if as_json else click.echo)
    reports = []
    async with stage(path) as played_on:
        played_on.engine.on()(narrator.hears)
        for scenario in scenarios:
            report = await play(played_on, scenario, narrator)
            reports.append(report)
            if as_json:
                click.echo(json.dumps(report.to_json(), ensure_ascii=False))
        for parked in PARKED if parks else ():
            await park(played_on, parked, narrator)
    return reports


def _silence(_: str) -> None:
    """What `--json` says besides its objects."""


def _summed_up(reports: Sequence[Report]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(NARROWEST, console.width))
    console.print()
    console.print(_table(reports))
    well = sum(not report.faults for report in reports)
    console.print(f"{well} of {len(reports)} attempts ended as their scenario says")


def _table(reports: Sequence[Report]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("scenario", "end"):
        table.add_column(column, no_wrap=True)
    table.add_column("sources")
    for column in ("connection", "accounts", "transitions", "calls", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("as said")
    for one in reports:
        table.add_row(
            one.scenario,
            one.end,
            ", ".join(one.sources),
            str(one.connection or "-"),
            str(len(one.accounts)),
            str(one.transitions),
            str(one.calls),
            f"{one.seconds:.3f}",
            "no" if one.faults else "yes",
        )
    return table
