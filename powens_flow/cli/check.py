"""`powens-flow check`: whether the machines are sound."""

from collections import Counter
from pathlib import Path

import click

from powens_flow.cli.machines import FOLDER, loaded, registry_option
from powens_flow.machine import Definition, Registry
from powens_flow.machine.document import KINDS


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@registry_option
def check(folder: Path | None, registry: Registry | None) -> None:
    """Check our machines, or those of FOLDER laid over ours.

    Prints each machine with its states, transitions and hash; or each fault with file, state and
    trigger, to stderr, and ends with status 1.
    """
    for machine in loaded(folder, registry).values():
        click.echo(_line(machine))


def _line(machine: Definition) -> str:
    kinds = Counter(state.kind for state in machine.states.values())
    by_kind = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    return (
        f"{machine.name}: {len(machine.states)} states ({by_kind}),"
        f" {len(machine.transitions)} transitions, hash {machine.hash}"
    )
