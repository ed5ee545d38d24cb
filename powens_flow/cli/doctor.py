"""`powens-flow doctor`: whether what is configured works, and what to mend."""

import asyncio
import json
from pathlib import Path

import attrs
import click
from rich.console import Console
from rich.text import Text

from powens_flow.config import ConfigError, load
from powens_flow.doctor import Finding, Status, examine

FILE = click.Path(dir_okay=False, path_type=Path)
COLOURS = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.WRONG: "red",
    Status.UNKNOWN: "cyan",
}


@click.command()
@click.option("--config", "file", type=FILE, help="The TOML file (docs/configuration.md).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(file: Path | None, as_json: bool) -> int:
    """Say whether what is configured works, and what to mend. Changes nothing.

    Exit status 1 if anything is wrong; a warning, and what cannot be known, is not.
    """
    findings = _findings(file)
    for finding in findings:
        if as_json:
            click.echo(json.dumps(attrs.asdict(finding)))
        else:
            _show(finding)
    return 1 if any(finding.status is Status.WRONG for finding in findings) else 0


def _findings(file: Path | None) -> tuple[Finding, ...]:
    try:
        configuration = load(file)
    except ConfigError as error:
        return tuple(
            Finding("configuration", Status.WRONG, str(fault), "see docs/configuration.md")
            for fault in error.faults
        )
    return asyncio.run(examine(configuration))


def _show(finding: Finding) -> None:
    console = Console(soft_wrap=True, highlight=False)
    status = Text(f"{finding.status:<8}", style=COLOURS[finding.status])
    console.print(Text.assemble(status, f"{finding.check}: {finding.says}"))
    if finding.mend:
        console.print(Text(f"        -> {finding.mend}"))
