"""`powens-flow diagram` and `diagrams`: pictures of the machines."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.cli.stores import machine_named, on_store, output_option, store_option
from powens_flow.diagrams import (
    FORMATS,
    Graph,
    NoGraphviz,
    NoSuchPart,
    Overlay,
    graph_of,
    mermaid,
    overview,
    part,
    svg,
)
from powens_flow.diagrams.gallery import INDEX, gallery, index
from powens_flow.diagrams.graphviz import version
from powens_flow.diagrams.reading import reading
from powens_flow.inspection import heat
from powens_flow.machine import Definition, Registry

TEXT, PICTURE = ".mmd", ".svg"
OURS = (TEXT, PICTURE)

MADE = re.compile(r"<!-- (dot sha256:\w+) graphviz:(\S+) -->")
"""What an SVG says of its making."""


@click.command()
@click.argument("machine")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="mermaid")
@click.option("--part", "name", metavar="PART", help="Draw one part in full, such as source.state.")
@click.option("--overview", "folded", is_flag=True, help="Fold each part into one box.")
@output_option
@click.option("--heat", "heated", is_flag=True, help="Draw on it how many attempts are where now.")
@store_option(required=False)
@machines_option
@registry_option
def diagram(
    *,
    machine: str,
    form: str,
    name: str | None,
    folded: bool,
    output: Path | None,
    heated: bool,
    store: str | None,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Print the picture of MACHINE: the whole, an overview, or one part.

    mermaid, dot and json need nothing else; svg and png need the extra `diagrams`. With --heat, and
    --store, it shows how many attempts are in each state, how long they stay, and where they are
    lost.
    """
    if heated and store is None:
        raise click.UsageError("--heat is of the attempts in a --store: say which")
    definition = machine_named(loaded(folder, registry), machine)
    graph = graph_wanted(definition, name, folded=folded)
    overlay = on_store(store, partial(heat, machine=definition)) if heated and store else None
    write_picture(graph, form, overlay, output)


def write_picture(graph: Graph, form: str, overlay: Overlay | None, output: Path | None) -> None:
    """Render the graph, to stdout or into a file. Raises `click.ClickException`."""
    made = _rendered(lambda: FORMATS[form](graph, overlay))
    if output is None:
        click.echo(made, nl=False)
        return
    try:
        output.write_bytes(made if isinstance(made, bytes) else made.encode())
    except OSError as error:
        raise click.ClickException(f"powens-flow: {output}: {error.strerror}") from None


def graph_wanted(machine: Definition, name: str | None, *, folded: bool) -> Graph:
    """The whole machine, its overview, or the part of that name. Raises `click.UsageError`."""
    if name and folded:
        raise click.UsageError("--part and --overview are two pictures: ask for one")
    if folded:
        return overview(machine)
    if name is None:
        return graph_of(machine)
    try:
        return part(machine, name)
    except NoSuchPart as error:
        raise click.UsageError(str(error)) from None


def _rendered(render: Callable[[], str | bytes]) -> str | bytes:
    try:
        return render()
    except NoGraphviz as error:
        raise click.ClickException(f"powens-flow: {error}") from None


@click.command()
@click.argument("into", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--docs",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write into this file what each state means, shows, takes and leads to.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; status 1 if one differs.")
@machines_option
@registry_option
def diagrams(
    *,
    into: Path,
    docs: Path | None,
    only_check: bool,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Write the pictures of all machines into the folder INTO: NAME.mmd, NAME.svg, README.md.

    Each machine's overview, and each part once. Needs the extra `diagrams`.
    """
    machines = loaded(folder, registry)
    made = {into / name: text for name, text in _files(machines).items()}
    if docs is not None:
        made[docs] = reading(machines)
    differing = _differing(into, made)
    if only_check and differing:
        names = ", ".join(str(path) for path in differing)
        raise click.ClickException(f"not those of the machines: {names}")
    for path in differing:
        _write(path, made.get(path))
        click.echo(path)


def _files(machines: Mapping[str, Definition]) -> dict[str, str]:
    pictures = gallery(machines)
    files = {f"{one.name}{TEXT}": mermaid(one.graph) for one in pictures}
    for one in pictures:
        files[f"{one.name}{PICTURE}"] = str(_rendered(lambda graph=one.graph: svg(graph)))  # type: ignore[misc]
    return {**files, INDEX: index(pictures)}


def _differing(into: Path, made: Mapping[Path, str]) -> list[Path]:
    """The files that are missing, different, or of no machine."""
    ours = {path for path in into.glob("*") if path.suffix in OURS}
    return sorted(path for path in {*ours, *made} if not _is_same(path, made.get(path)))


def _is_same(path: Path, text: str | None) -> bool:
    if text is None or not path.is_file():
        return False
    there = path.read_text("utf-8", errors="replace")
    return there == text or (path.suffix == PICTURE and _is_laid_out_elsewhere(there, text))


def _is_laid_out_elsewhere(there: str, text: str) -> bool:
    """Whether an SVG shows the same, laid out by another version of Graphviz than ours: where
    things go may differ between versions, what is drawn may not."""
    was, now = MADE.search(there), MADE.search(text)
    return bool(was and now and was[1] == now[1] and was[2] != version())


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
