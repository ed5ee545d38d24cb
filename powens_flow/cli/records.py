"""`powens-flow attempts export` and `consent`, and `powens-flow replay`."""

import json
from pathlib import Path

import click

from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.cli.stores import (
    json_option,
    machine_named,
    now,
    output_option,
    store_option,
    story,
)
from powens_flow.cli.tables import cells, console, facts, moment, printable, table, tell
from powens_flow.inspection import (
    ConsentRecord,
    Difference,
    Flight,
    FlightBroken,
    consent_of,
    read,
    recorded,
    replayed,
)
from powens_flow.inspection.consent import Activation
from powens_flow.machine import Registry


@click.command()
@click.argument("attempt_id", metavar="ID")
@store_option()
@output_option
@click.option("--with-owner", is_flag=True, help="Leave the owner in it.")
@machines_option
@registry_option
def export(
    *,
    attempt_id: str,
    store: str,
    output: Path | None,
    with_owner: bool,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Record the attempt ID as one JSON file, to attach to a ticket and to replay.

    It holds the redacted snapshot, the journal with each call, the machine's hash and versions, and
    sums that show where it was cut or changed.
    """
    found = story(store, loaded(folder, registry), attempt_id)
    text = recorded(found, now(), with_owner=with_owner)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise click.ClickException(f"powens-flow: {output}: {error.strerror}") from None


@click.command()
@click.argument("attempt_id", metavar="ID")
@store_option()
@json_option
@machines_option
@registry_option
def consent(
    *,
    attempt_id: str,
    store: str,
    as_json: bool,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Tell who approved which accounts and subscriptions of the attempt ID, when, in which wording.

    Accounts and subscriptions by their ids at Powens.
    """
    found = story(store, loaded(folder, registry), attempt_id)
    record = consent_of(found.attempt, found.rows)
    if as_json:
        click.echo(json.dumps(record.to_json(), indent=1))
    else:
        _print_consent(record)


def _print_consent(record: ConsentRecord) -> None:
    console().print(
        facts(
            (
                ("attempt", record.attempt),
                ("owner", record.owner),
                ("Powens user", record.id_user),
                ("connection", record.id_connection),
                ("connector", record.connector),
                ("state", record.state),
                ("wording", record.wording),
                ("consent", record.status),
            )
        )
    )
    made = table(
        ("when", "what", "accounts", "subscriptions", "request_id"), whole=("when", "what")
    )
    for one in record.history:
        what, asked = (
            ("made active", " ".join(one.request_ids))
            if isinstance(one, Activation)
            else ("approved", "")
        )
        accounts, subscriptions = _ids(one.accounts), _ids(one.subscriptions)
        made.add_row(*cells(moment(one.at), what, accounts, subscriptions, asked))
    if record.history:
        tell(made)


def _ids(ids: tuple[int, ...]) -> str:
    return " ".join(map(str, ids)) or "none"


# --- replay --------------------------------------------------------------------------------------


class Broken(click.ClickException):
    """A file that cannot be replayed."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@machines_option
@registry_option
def replay(file: Path, as_json: bool, folder: Path | None, registry: Registry | None) -> None:
    """Drive the machine through the recording FILE, and show where it would go another way today.

    Ends with status 0 when it goes the same way, 1 when it does not, 2 when FILE was cut or changed
    or cannot be replayed.
    """
    machines, flight = loaded(folder, registry), _read(file)
    machine = machine_named(machines, flight.machine)
    found = replayed(flight, machine)
    if as_json:
        click.echo(json.dumps(_json(flight, machine.hash, found), indent=1))
    else:
        _print_replay(flight, machine.hash, found)
    if found:
        click.get_current_context().exit(1)


def _read(file: Path) -> Flight:
    try:
        return read(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise Broken(f"powens-flow: {file}: changed at byte {error.start}: no UTF-8") from None
    except OSError as error:
        raise Broken(f"powens-flow: {file}: {error.strerror}") from None
    except FlightBroken as error:
        raise Broken(f"powens-flow: {file}: {error}") from None


def _json(flight: Flight, today: str, found: tuple[Difference, ...]) -> dict[str, object]:
    return {
        "attempt": flight.attempt,
        "machine": flight.machine,
        "hash": flight.machine_hash,
        "hash_today": today,
        "transitions": len(flight.rows),
        "differences": [
            {"seq": d.seq, "state": d.state, "trigger": d.trigger, "was": d.was, "now": d.told}
            for d in found
        ],
    }


def _print_replay(flight: Flight, today: str, found: tuple[Difference, ...]) -> None:
    out = console()
    versions = "the same machine" if today == flight.machine_hash else f"today {today}"
    told = f"{flight.attempt}: {flight.machine}, hash {flight.machine_hash} ({versions})"
    out.print(printable(told))
    if not found:
        out.print(f"all {len(flight.rows)} transitions go the same way")
        return
    made = table(("transition", "state", "trigger", "led to", "today"), right=("transition",))
    for one in found:
        made.add_row(*cells(one.seq, one.state, one.trigger, one.was, one.told))
    tell(made)
    out.print(f"{len(found)} of {len(flight.rows)} transitions differ")
