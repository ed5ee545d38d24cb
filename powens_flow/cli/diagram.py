"""`powens-flow diagram` and `diagrams`: pictures of the machines."""

from collections.abc import Mapping
from pathlib import Path

import click

from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.diagrams import FORMATS, graph_of, mermaid
from powens_flow.machine import Registry

SUFFIX = ".mmd"


@click.command()
@click.argument("machine")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="mermaid")
@machines_option
@registry_option
def diagram(machine: str, form: str, folder: Path | None, registry: Registry | None) -> None:
    """Print the picture of MACHINE."""
    machines = loaded(folder, registry)
    if machine not in machines:
        there = ", ".join(sorted(machines))
        raise click.UsageError(f"no machine {machine!r}; there are: {there}")
    click.echo(FORMATS[form](graph_of(machines[machine]), None), nl=False)


@click.command()
@click.argument("into", type=click.Path(file_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; status 1 if one differs.")
@machines_option
@registry_option
def diagrams(into: Path, only_check: bool, folder: Path | None, registry: Registry | None) -> None:
    """Write the picture of each machine into the folder INTO, as MACHINE.mmd."""
    machines = loaded(folder, registry)
    made = {f"{name}{SUFFIX}": mermaid(graph_of(machines[name])) for name in machines}
    differing = _differing(into, made)
    if only_check and differing:
        raise click.ClickException(f"not those of the machines: {', '.join(differing)}")
    for file in differing:
        _write(into / file, made.get(file))
        click.echo(into / file)


def _differing(into: Path, made: Mapping[str, str]) -> list[str]:
    """The names of the files that are missing, different, or of no machine."""
    there = {path.name: path.read_text("utf-8") for path in into.glob(f"*{SUFFIX}")}
    return sorted(name for name in {*there, *made} if there.get(name) != made.get(name))


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
