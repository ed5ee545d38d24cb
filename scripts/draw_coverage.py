"""Which transitions the last run of the tests took, drawn over the machines; see `tests/taken.py`.

    python -m scripts.draw_coverage [--check]

Writes pictures into `build/coverage`: an overview of each machine and each part where it stands, a
state the darker the more of its ways were never taken, and each such way drawn and labelled. Prints
what was never taken; with `--check` that ends with status 1, and nothing is drawn.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from powens_flow.diagrams import Graph, Mark, Overlay, overview, part, svg
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, load_machines
from powens_flow.machine.compose import Transition
from tests.taken import recorded

INTO = Path(__file__).resolve().parents[1] / "build" / "coverage"


def main() -> int:
    machines = load_machines(default_registry())
    untaken = {name: never_taken(machine) for name, machine in machines.items()}
    for name, machine in machines.items():
        told(machine, untaken[name])
    if "--check" in sys.argv[1:]:
        return 1 if any(untaken.values()) else 0
    draw(machines, untaken)
    return 0


def never_taken(machine: Definition) -> tuple[Transition, ...]:
    """The transitions that no test took."""
    taken = {row[2:] for row in recorded() if row[:2] == (machine.name, machine.hash)}
    return tuple(t for t in machine.transitions if (t.source, t.trigger, t.to, t.when) not in taken)


def told(machine: Definition, untaken: tuple[Transition, ...]) -> None:
    every = len(machine.transitions)
    print(f"{machine.name}: {every - len(untaken)} of {every} transitions taken by tests")
    for one in untaken:
        guards = f" [{' and '.join(one.when)}]" if one.when else ""
        print(f"  never taken: {one.source} --{one.trigger}{guards}--> {one.to}")


def draw(machines: Mapping[str, Definition], untaken: Mapping[str, tuple[Transition, ...]]) -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    for name, machine in machines.items():
        laid = coverage(machine, untaken[name])
        graphs: dict[str, Graph] = {name: overview(machine)}
        graphs |= {f"{name}.{path}": part(machine, path) for path in machine.parts}
        for picture, graph in graphs.items():
            (INTO / f"{picture}.svg").write_text(svg(graph, laid), "utf-8")
    print(f"drawn: {INTO}")


def coverage(machine: Definition, untaken: tuple[Transition, ...]) -> Overlay:
    """What of each state was taken, and each transition that never was."""
    every = len(machine.transitions)
    return Overlay(
        title=f"{every - len(untaken)} of {every} transitions taken by tests",
        states={
            name: mark for name in machine.states if (mark := _mark(name, machine, untaken)).notes
        },
        edges={(t.source, t.trigger, t.to): "never taken" for t in untaken},
    )


def _mark(name: str, machine: Definition, untaken: tuple[Transition, ...]) -> Mark:
    ways = sum(one.source == name for one in machine.transitions)
    missing = sum(one.source == name for one in untaken)
    if not ways:
        return Mark()
    return Mark(
        notes=(f"{ways - missing} of {ways} ways",), heat=missing / ways if missing else None
    )


if __name__ == "__main__":
    sys.exit(main())
