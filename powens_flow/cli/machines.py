"""The options with which a command is given a user's own machines, and how they are loaded."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from powens_flow.handlers import default_registry
from powens_flow.machine import MachineError, Machines, Registry, load_machines

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _registry(ctx: click.Context, option: click.Parameter, value: str | None) -> Registry | None:
    """What `module:attribute` names: a `Registry`, or what such a function answers."""
    if value is None:
        return None
    try:
        found = _found(value)
        made = found() if callable(found) else found
    except Exception as error:  # the user's module may raise anything
        raise click.BadParameter(f"{value!r}: {type(error).__name__}: {error}") from None
    if not isinstance(made, Registry):
        raise click.BadParameter(f"{value!r} is no powens_flow.machine.Registry")
    return made


def _found(value: str) -> Any:
    module, colon, attribute = value.partition(":")
    if not (module and colon and attribute):
        raise ValueError("not of the form module:attribute")
    if "" not in sys.path:  # an installed command does not look in the present folder
        sys.path.insert(0, "")
    return getattr(importlib.import_module(module), attribute)


def registry_option(command: F) -> F:
    """The option `--registry`."""
    return click.option(
        "--registry",
        metavar="MODULE:ATTRIBUTE",
        callback=_registry,
        help="Your own handlers, guards and calls: a Registry that includes ours, or a function.",
    )(command)


def machines_option(command: F) -> F:
    """The option `--machines`."""
    return click.option(
        "--machines",
        "folder",
        type=FOLDER,
        help="A folder of machine files, laid over ours.",
    )(command)


def loaded(folder: Path | None, registry: Registry | None) -> Machines:
    """Our machines, with those of `folder` laid over them.

    Raises:
        click.ClickException: one line for each fault, with file, state and trigger; status 1.
    """
    if folder is not None and not any(folder.glob("*.toml")):
        raise click.UsageError(f"there is no machine file (*.toml) in {folder}")
    try:
        return load_machines(registry or default_registry(), folder)
    except MachineError as error:
        raise click.ClickException(str(error)) from None
