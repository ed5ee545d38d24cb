"""The commands under one roof, and how they end: an error is one line, never a traceback."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TextIO

import click

from powens_flow.cli.attempts import attempts
from powens_flow.cli.check import check
from powens_flow.cli.demo import demo
from powens_flow.cli.diagram import diagram, diagrams
from powens_flow.cli.doctor import doctor
from powens_flow.cli.logs import configure_logs
from powens_flow.cli.records import replay
from powens_flow.cli.serve import serve
from powens_flow.cli.simulate import simulate

NAME = "powens-flow"
INTERRUPTED = 130


@click.group(no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=NAME, prog_name=NAME)
@click.option("-v", "--verbose", is_flag=True, help="Log everything, to stderr.")
def cli(verbose: bool) -> None:
    """The Powens custom connection protocol, run as explicit state machines."""
    configure_logs(verbose=verbose)


COMMANDS = (demo, serve, simulate, doctor, check, diagram, diagrams, attempts, replay)
for command in COMMANDS:
    cli.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (the process's own by default); answers the exit status."""
    for stream in (sys.stdout, sys.stderr):
        _print_everything(stream)
    try:
        status = cli.main(
            list(arguments) if arguments is not None else None, NAME, standalone_mode=False
        )
    except click.ClickException as error:
        return _told(error)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        return _unwritten(error)
    return status if isinstance(status, int) else 0


def _print_everything(stream: TextIO) -> None:
    """What a terminal's encoding has no letter for is printed as its number."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _unwritten(error: OSError) -> int:
    """A file, or what is printed: its reader has seen enough, or there is no room for it."""
    why = error.strerror or type(error).__name__
    if error.filename is not None:
        click.echo(f"{NAME}: {error.filename}: {why}", err=True)
        return 1
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the exit's flush
    if not isinstance(error, BrokenPipeError):
        click.echo(f"{NAME}: {why}", err=True)
    return 1


def _told(error: click.ClickException) -> int:
    """A wrong call is told on one line; a command's own faults stand as it wrote them."""
    text = error.format_message()
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else NAME
        text = f"{NAME}: {' '.join(text.split()).rstrip('.')} (see {command} --help)"
    click.echo(text, err=True)
    return error.exit_code
