"""`powens-flow attempts show`: one attempt's story, as a timeline or a picture."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.text import Text

from powens_flow.attempt import CallRecord, JournalRow
from powens_flow.cli.diagram import graph_wanted, write_picture
from powens_flow.cli.machines import loaded, machines_option, registry_option
from powens_flow.cli.stores import json_option, judged, now, output_option, store_option
from powens_flow.cli.tables import cells, console, facts, lines, moment, table, tell
from powens_flow.diagrams import FORMATS
from powens_flow.inspection import Story, Verdict, path_of, sequence_of, spoken
from powens_flow.inspection.folding import Round, rounds, same
from powens_flow.machine import Definition, Registry


@click.command()
@click.argument("attempt_id", metavar="ID")
@store_option()
@click.option("--diagram", "form", type=click.Choice(list(FORMATS)), help="Its path as a picture.")
@click.option("--part", "name", metavar="PART", help="With --diagram: one part in full.")
@click.option("--overview", "folded", is_flag=True, help="With --diagram: each part as one box.")
@output_option
@click.option("--sequence", is_flag=True, help="A sequence diagram (Mermaid).")
@json_option
@machines_option
@registry_option
def show(
    *,
    attempt_id: str,
    store: str,
    form: str | None,
    name: str | None,
    folded: bool,
    output: Path | None,
    sequence: bool,
    as_json: bool,
    folder: Path | None,
    registry: Registry | None,
) -> None:
    """Tell the story of the attempt ID: when, from which state to which, by what, and the calls.

    No credential, token or account holder's data is in it.
    """
    if (form is not None) + sequence + as_json > 1:
        raise click.UsageError("one of --diagram, --sequence and --json at a time")
    if form is None and (name or folded or output):
        raise click.UsageError("--part, --overview and --output are of a --diagram")
    at = now()
    found, verdict = judged(store, loaded(folder, registry), attempt_id, at)
    if as_json:
        click.echo(json.dumps({"verdict": verdict.to_json(), **found.to_json()}, indent=1))
    elif sequence:
        click.echo(sequence_of(found), nl=False)
    elif form is not None:
        graph = graph_wanted(_machine(found), name, folded=folded)
        write_picture(graph, form, path_of(found, at), output)
    else:
        _tell(found, verdict)


def _machine(found: Story) -> Definition:
    if found.machine is None:
        name = found.attempt.machine
        raise click.UsageError(f"the machine {name!r} is not loaded here: give --machines")
    return found.machine


def _tell(found: Story, verdict: Verdict) -> None:
    console().print(facts(_facts(found, verdict)))
    made = table(
        ("when", "state", "spent", "trigger", "cause", "to", "with"),
        right=("spent",),
        whole=("when", "spent"),
    )
    for each in rounds([same(row) for row in found.rows]):
        for row in found.rows[each.place : each.place + each.length]:
            made.add_row(*_cells(row))
        if each.times > 1:
            made.add_row(*_again(found.rows[each.place :][: each.length * each.times], each))
    tell(made)


def _cells(row: JournalRow) -> tuple[Text, ...]:
    spent, told = spoken(row.duration), lines(_details(row))
    return (*cells(moment(row.at), row.source, spent, row.trigger, row.cause, row.dest), told)


def _again(rows: tuple[JournalRow, ...], each: Round) -> tuple[Text, ...]:
    """One line instead of the further rounds of a loop."""
    what = "the same" if each.length == 1 else f"the {each.length} above"
    spent = spoken(sum(row.duration for row in rows[each.length :]))
    told = f"{what}, {each.times - 1} more times (--json has them)"
    return cells(moment(rows[-1].at), "...", spent, "", "", rows[-1].dest, told)


def _facts(found: Story, verdict: Verdict) -> Iterator[tuple[str, object]]:
    attempt, problem = found.attempt, found.attempt.problem
    for_long = spoken(max(0.0, (verdict.now - verdict.since).total_seconds()))
    yield "attempt", attempt.id
    yield "owner", attempt.owner
    yield "machine", f"{attempt.machine}, hash {attempt.machine_hash}{_today(found)}"
    yield "state", f"{attempt.state}: {found.means}"
    yield "since", f"{moment(verdict.since)}{'' if found.has_ended else f' ({for_long})'}"
    yield "stuck", "; ".join(verdict.why)
    yield "waits for", verdict.waits_for
    yield "Powens user", found.id_user
    yield "connector", attempt.connector.name if attempt.connector else None
    yield "connection", attempt.id_connection
    yield "its state", attempt.reading.state
    yield "sources", ", ".join(f"{one.name or '(whole)'} {one.fate}" for one in attempt.sources)
    if problem is not None:
        parts = (problem.key, problem.code, problem.request_id)
        yield "problem", ", ".join(part for part in parts if part)
    yield "ending", ", ".join(part for part in (attempt.ending, attempt.cleanup) if part)
    if not found.has_ended:
        yield "lease ends" if verdict.driven else "next look", moment(verdict.next_look)
        yield "deadline", moment(attempt.deadline_at)
        yield "inbox", ", ".join(found.posted)
        yield "takes", ", ".join(found.takes)
        yield "staff may", ", ".join(found.staff_may)


def _today(found: Story) -> str:
    if found.machine is None:
        return " (not loaded here)"
    same = found.machine.hash == found.attempt.machine_hash
    return "" if same or not found.attempt.machine_hash else f" (today {found.machine.hash})"


def _details(row: JournalRow) -> Iterator[str]:
    facts = ((key, value) for key, value in row.facts.items() if value is not False)
    told = ", ".join(f"{key} {_value(value)}" for key, value in facts)
    if told:
        yield told
    yield from (_call(call) for call in row.calls)


def _call(call: CallRecord) -> str:
    answer = call.status if call.status is not None else "no answer"
    code = f" {call.code}" if call.code else ""
    asked = f", request_id {call.request_id}" if call.request_id else ""
    return f"{call.name}: {answer}{code}, {1000 * call.duration:.0f} ms{asked}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value)) or "none"
    if value is None or value is True:
        return "none" if value is None else "yes"
    return str(value)
