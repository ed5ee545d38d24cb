"""`powens-flow serve`: the page, the engine and, unless a domain is configured, the simulator."""

import asyncio
import gc
from pathlib import Path

import click
from attrs import evolve

from powens_flow.cli.stores import StoreFile
from powens_flow.config import ConfigError, load
from powens_flow.policy import CHAIN, OFFER, RESTRICT
from powens_flow.serve import CannotListen, Served
from powens_flow.serve import serve as run
from powens_flow.store.port import StoreError

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--config", "file", type=FILE, help="The TOML file (docs/configuration.md).")
@click.option("--host", help="The address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one (8000).")
@click.option("--store", type=StoreFile(), help="The SQLite file.")
@click.option(
    "--sources",
    type=click.Choice((OFFER, RESTRICT, CHAIN)),
    help="How several sources of a bank are handled; else each person chooses on the page.",
)
def serve(
    file: Path | None, host: str | None, port: int | None, store: Path | None, sources: str | None
) -> None:
    """Serve the page at /, with the sub-application under /connect/, until SIGTERM or Ctrl-C.

    Unless a domain is configured, Powens is simulated in the same process, and nothing leaves
    this machine; on loopback, /inspect/ then shows attempts as they move. Each browser is an end
    user of its own.
    """
    try:
        configured = load(file)
        configuration = evolve(
            configured,
            host=host or configured.host,
            port=configured.port if port is None else port,
            store=store or configured.store,
        )
        asyncio.run(run(configuration, sources=sources, started=_started))
    except CannotListen as error:
        raise click.ClickException(f"powens-flow: {error}") from None
    except ConfigError as error:
        told = "\n".join(f"powens-flow: {fault}" for fault in error.faults)
        raise click.ClickException(told) from None
    except StoreError as error:
        raise click.ClickException(f"powens-flow: the store: {error}") from None


def _started(served: Served) -> None:
    _settle_memory()
    _told(served)


def _settle_memory() -> None:
    """What was loaded stays for good: no later collection of garbage looks through it again, as
    each whole one would hold up every request for as long as that takes."""
    gc.collect()
    gc.freeze()


def _told(served: Served) -> None:
    click.echo(f"Open {served.address}/ (stop with SIGTERM or Ctrl-C)")
    if served.simulator is not None:
        click.echo(f"Powens is simulated, at {served.simulator}")
    if served.inspect is not None:
        click.echo(f"Attempts, as staff see them: {served.inspect}")
    click.echo(f"store: {served.store}")
