"""`powens-flow attempts cancel`, `retry`, `wake`: what staff may do."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from powens_flow.attempt import Attempt
from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.cli.stores import json_option, no_such_attempt, now, on_store, store_option
from powens_flow.errors import NoSuchAttempt, Outdated
from powens_flow.inspection.stuck import NOT_LOADED
from powens_flow.machine import Registry
from powens_flow.remedies import Remedy
from powens_flow.staff import EndingAlready, NotRemedied, post_remedy
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.store import WRITE

F = TypeVar("F", bound=Callable[..., Any])


def _acting(command: F) -> F:
    """The argument and the options of every act."""
    for option in (
        registry_option,
        machines_option,
        json_option,
        click.option("--by", metavar="NAME", help="Who; by default the system's user."),
        click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the journal."),
        store_option(),
        click.argument("attempt_id", metavar="ID"),
    ):
        command = option(command)
    return command


@click.command()
@_acting
@click.option(
    "--give-up-cleanup", "gives_up", is_flag=True, help="End one that is cleaning up already."
)
def cancel(gives_up: bool, **given: Any) -> None:
    """End the attempt ID; what it made is cleaned up as its policy says.

    Left in the store for the running backend, which takes it at once. Given twice it is done once.
    """
    _act("cancel", gives_up=gives_up, **given)


@click.command()
@_acting
def retry(**given: Any) -> None:
    """Try again what the attempt ID failed at: the user's "try again", or a call before its time.

    Left in the store for the running backend, which takes it at once.
    """
    _act("retry", **given)


@click.command()
@_acting
def wake(**given: Any) -> None:
    """Let the attempt ID look now at what it waits for, as after a webhook.

    Left in the store for the running backend, which takes it at once. No deadline is moved.
    """
    _act("wake", **given)


def _act(
    act: str,
    *,
    attempt_id: str,
    store: str,
    reason: str,
    by: str | None,
    as_json: bool,
    folder: Path | None,
    registry: Registry | None,
    gives_up: bool = False,
) -> None:
    machines = loaded(folder, registry)
    who = by if by is not None else _system_user()

    async def post(mailbox: SQLiteStore) -> tuple[Attempt, Remedy]:
        return await post_remedy(
            mailbox,
            machines,
            attempt_id,
            act,
            by=who,
            reason=reason,
            now=now(),
            gives_up_cleanup=gives_up,
        )

    try:
        attempt, remedy = on_store(store, post, access=WRITE)
    except NoSuchAttempt:
        raise no_such_attempt(attempt_id, store) from None
    except EndingAlready as error:
        raise click.ClickException(f"powens-flow: {error}: --give-up-cleanup") from None
    except Outdated:
        raise click.UsageError(f"{NOT_LOADED}: give --machines and --registry") from None
    except NotRemedied as error:
        raise click.ClickException(f"powens-flow: {error}") from None
    except ValueError as error:
        raise click.UsageError(f"--by and --reason are each {error}") from None
    _tell(attempt, remedy, act, store, as_json=as_json)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise click.UsageError("the system does not say who you are: give --by") from None


def _tell(attempt: Attempt, remedy: Remedy, act: str, store: str, *, as_json: bool) -> None:
    told = {
        "attempt": attempt.id,
        "state": attempt.state,
        "act": act,
        "trigger": remedy.trigger,
        "by": remedy.by,
        "reason": remedy.reason,
    }
    if as_json:
        click.echo(json.dumps(told, indent=1))
        return
    click.echo(
        f"left for the running backend: {remedy.trigger} in {attempt.state}, by {remedy.by}\n"
        f"what comes of it: powens-flow attempts show {attempt.id} --store {store}"
    )
