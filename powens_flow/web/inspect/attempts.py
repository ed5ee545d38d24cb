"""One attempt: why it is where it is, its way, its calls, its consent."""

from collections.abc import Iterator

from powens_flow.errors import NoSuchAttempt
from powens_flow.inspection import Story, consent_of, path_of, spoken
from powens_flow.inspection.consent import Activation, Answer, ConsentRecord
from powens_flow.inspection.path import stays
from powens_flow.inspection.verdict import ENDED, STUCK, WORKING, LastError, Verdict
from powens_flow.machine import Definition
from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.look import digest
from powens_flow.web.inspect.machines import part_of
from powens_flow.web.inspect.markup import Child, Html, html, joined, tag
from powens_flow.web.inspect.messages import sequence
from powens_flow.web.inspect.pictures import graph_shown, has_graphviz, no_pictures, picture
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shown import (
    Shown,
    at,
    badge,
    code,
    facts,
    link,
    note,
    section,
    since,
    table,
    until,
)
from powens_flow.web.inspect.timeline import timeline
from powens_flow.web.inspect.visit import LONGEST_ID, Visit

SLOW = 30.0
"""Seconds between two looks at an attempt that has ended: it may be forgotten, and no more."""


async def story_shown(visit: Visit) -> Story:
    """The story of the attempt that the path names. Raises `Refused`."""
    attempt_id = visit.attempt_id
    if len(attempt_id) > LONGEST_ID or not attempt_id.isprintable():
        raise Refused("no_such_attempt")
    try:
        return await visit.look.story(attempt_id)
    except NoSuchAttempt:
        raise Refused("no_such_attempt") from None


async def attempt_page(visit: Visit) -> Shown:
    """`GET attempts/{id}`: one attempt, the answer to "why?" first."""
    story = await story_shown(visit)
    verdict = await visit.look.verdict(story)
    limits = visit.look.limits
    body = html(
        _verdict(verdict),
        section("facts", "What it is", facts(_facts(visit, story, verdict))),
        section("way", "What happened", timeline(story, limits.rows)),
        _path(visit, story),
        section("sequence", "Who said what", sequence(story)),
        section("consent", "Consent", _consent(story)),
        _further(visit, story),
    )
    return Shown(
        f"Attempt {story.attempt.id}",
        body,
        SLOW if story.has_ended else limits.poll,
        f"{verdict.stands}: {verdict.state}",
    )


# --- the verdict ---------------------------------------------------------------------------------


_KINDS = {ENDED: "quiet", STUCK: "bad", WORKING: "busy"}


def _verdict(verdict: Verdict) -> Html:
    kind = _KINDS.get(verdict.stands, "good")
    sentence = tag("p", joined(_clauses(verdict), "; "), ".", class_="sentence")
    more = tag("p", verdict.means, class_="note")
    return section("verdict", "Why it is here", sentence, more, class_=f"verdict {kind}")


def _clauses(verdict: Verdict) -> Iterator[Html]:
    now, stands = verdict.now, verdict.stands
    kind = _KINDS.get(stands, "good")
    ago = since(verdict.since, now)
    how_long = html(" ", ago, " ago") if stands == ENDED else html(" for ", ago)
    where = html(" as " if stands == ENDED else " in ", code(verdict.state))
    yield html(badge(stands, kind), where, how_long, " (since ", at(verdict.since), ")")
    yield from (tag("strong", why) for why in verdict.why)
    if verdict.connection_state:
        bank = verdict.connector or "the bank"
        yield html("the connection to ", bank, " is in state ", code(verdict.connection_state))
    if verdict.inbox:
        yield html("not taken yet: ", joined(map(code, verdict.inbox), ", "))
    if verdict.waits_for:
        yield html("it waits for ", verdict.waits_for)
    if verdict.until:
        yield html("at most until ", at(verdict.until), ", ", until(verdict.until, now))
    elif stands == WORKING and verdict.next_look:
        yield html("leased " if verdict.driven else "taken up ", until(verdict.next_look, now))
    if verdict.error:
        yield _error(verdict.error)
    elif stands == STUCK and verdict.last_call is not None:
        call = verdict.last_call
        yield html(
            "no call failed; the last was ",
            code(call.name),
            f", {call.status}",
            _asked(call.request_id),
        )


def _error(error: LastError) -> Html:
    before = "an earlier call failed: " if error.is_past else "last error: "
    return html(
        before,
        code(error.what),
        error.status and f", status {error.status}",
        error.code and html(", code ", code(error.code)),
        _asked(error.request_id),
    )


def _asked(request_id: str | None) -> Html:
    return html(", request_id ", code(request_id)) if request_id else html()


# --- what it is ----------------------------------------------------------------------------------


def _facts(visit: Visit, story: Story, verdict: Verdict) -> Iterator[tuple[str, Child]]:
    attempt, links = story.attempt, visit.links
    yield "owner", link(links.attempts(Filters(owner=attempt.owner)), attempt.owner)
    yield (
        "machine",
        html(link(links.machine(attempt.machine), attempt.machine), " ", _version(story)),
    )
    yield "begun", at(attempt.created_at)
    yield "connector", _connector(visit, story)
    yield "connection", attempt.id_connection
    yield "connection's state", attempt.reading.state and code(attempt.reading.state)
    yield "Powens user", story.id_user
    yield "sources", ", ".join(f"{one.name or 'whole'}: {one.fate}" for one in attempt.sources)
    yield "present source", attempt.source
    yield "how it ended", ", ".join(one for one in (attempt.ending, attempt.cleanup) if one)
    if story.has_ended:
        return
    if verdict.next_look:
        name = "lease ends" if verdict.driven else "next look"
        yield name, html(at(verdict.next_look), ", ", until(verdict.next_look, visit.now))
    yield "tries, polls", f"{attempt.tries}, {attempt.polls}"
    yield "takes", ", ".join(story.takes)
    yield "staff may", ", ".join(story.staff_may) or "nothing"


def _version(story: Story) -> Html:
    stored, machine = story.attempt.machine_hash, story.machine
    if machine is None:
        return tag("small", f"hash {stored}, not loaded here")
    today = "" if machine.hash == stored or not stored else f", today {machine.hash}"
    return tag("small", f"hash {stored}{today}")


def _connector(visit: Visit, story: Story) -> Child:
    connector = story.attempt.connector
    if connector is None:
        return None
    asked = Filters(connector=connector.uuid)
    return html(link(visit.links.attempts(asked), connector.name), f" ({connector.id})")


def _further(visit: Visit, story: Story) -> Html:
    attempt_id = story.attempt.id
    json = visit.links.attempt_json(attempt_id)
    commands = (
        f"powens-flow attempts {what}" for what in ("show", "export", "consent", "cancel", "wake")
    )
    return section(
        "further",
        "Further",
        tag(
            "ul",
            tag("li", link(json, "The whole story as JSON"), ", with every transition"),
            tag("li", link(f"{json}/consent", "The consent as JSON")),
            tag(
                "li",
                "To act, or for a recording to attach to a ticket: ",
                joined(map(code, commands), ", "),
            ),
            class_="plain",
        ),
    )


# --- its path ------------------------------------------------------------------------------------


def _path(visit: Visit, story: Story) -> Html:
    machine = story.machine
    if machine is None:
        return section("path", "Its path", note("Its machine is not loaded here."))
    part = _part_shown(visit, story, machine)
    shown = (
        picture(
            visit.links.path_picture(
                story.attempt.id, part, digest(machine.hash, part, story.rows)
            ),
            f"The path over {part or machine.name}, the present state marked; as a table below",
        )
        if has_graphviz()
        else no_pictures()
    )
    return section(
        "path",
        "Its path",
        tag(
            "nav",
            tag("ul", _parts(visit, story, machine, part), class_="choices"),
            aria_label="Parts of the path",
        ),
        shown,
        tag(
            "details",
            tag("summary", "The same as a table"),
            _stays(story, machine),
            id="stays",
            open=not has_graphviz(),
        ),
    )


def _part_shown(visit: Visit, story: Story, machine: Definition) -> str:
    """The part that was asked for; else the one where the attempt is, or the overview."""
    if "part" in visit.request.query:
        return part_of(visit, machine)
    if story.state is None or story.has_ended:
        return ""
    return machine.state(story.state).part


def _parts(visit: Visit, story: Story, machine: Definition, shown: str) -> Iterator[Html]:
    """The overview, and the parts that the attempt came through."""
    seen = {row.source for row in story.rows} | {row.dest for row in story.rows}
    for path in ("", *machine.parts):
        if not path or path == shown or any(state.startswith(f"{path}.") for state in seen):
            here = "page" if path == shown else None
            address = f"{visit.links.attempt(story.attempt.id)}?part={path}#path"
            yield tag("li", link(address, path or "overview", aria_current=here))


def _stays(story: Story, machine: Definition) -> Html:
    heads = {"state": "", "came": "number", "tried again": "number", "spent": "number", "now": ""}
    rows = (
        (
            code(name),
            stay.times,
            stay.tries or "",
            spoken(stay.seconds),
            badge("here now", "busy") if name == story.attempt.state else "",
        )
        for name, stay in stays(story.rows, machine.initial).items()
    )
    return table("States on its path", heads, rows)


async def path_svg(visit: Visit) -> str:
    """`GET attempts/{id}/picture.svg`: the SVG of the path. Raises `Refused`."""
    story = await story_shown(visit)
    if story.machine is None:
        raise Refused("not_found", "the attempt's machine is not loaded here")
    part = part_of(visit, story.machine)
    return await graph_shown(visit.look, story.machine, part, path_of(story, None))


# --- consent -------------------------------------------------------------------------------------


def _consent(story: Story) -> Html:
    record = consent_of(story.attempt, story.rows)
    return html(
        facts(
            [
                ("status", record.status),
                ("wording", code(record.wording)),
                ("Powens user", record.id_user),
                ("connection", record.id_connection),
            ]
        ),
        _answers(record) if record.answers else None,
    )


def _answers(record: ConsentRecord) -> Html:
    heads = {"when": "moment", "what": "", "accounts": "", "subscriptions": "", "request_id": "id"}
    return table("Answers and what was made active", heads, map(_answer, record.history))


def _answer(one: Answer | Activation) -> tuple[Child, ...]:
    what, asked = (
        ("made active", joined(map(code, one.request_ids), ", "))
        if isinstance(one, Activation)
        else ("approved by the user", "")
    )
    return (at(one.at), what, _ids(one.accounts), _ids(one.subscriptions), asked)


def _ids(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids)) or "none"
