"""Tables that several pages have: attempts, and states with their counts."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from powens_flow.inspection import reasons, spoken
from powens_flow.machine import Definition
from powens_flow.store.fleet import Listed, Trouble
from powens_flow.web.inspect.figures import Figures, StateFigures, by_state
from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.shown import at, attempt_link, badge, code, link, since, table
from powens_flow.web.inspect.visit import Links

ATTEMPTS: Final = {
    "attempt": "id",
    "state": "",
    "in it for": "number",
    "why, or what went wrong last": "long",
    "connector": "name",
    "owner": "id",
    "begun": "moment",
}
STATES: Final = {
    "state": "",
    "kind": "",
    "here now": "number",
    "ended here": "number",
    "lost here": "number",
    "median": "number",
    "p95": "number",
}


def attempts_table(
    label: str, attempts: Iterable[Listed], trouble: Trouble, now: datetime, links: Links
) -> Html:
    """Attempts, one a row."""
    return table(label, ATTEMPTS, (_attempt(one, trouble, now, links) for one in attempts))


def _attempt(one: Listed, trouble: Trouble, now: datetime, links: Links) -> Iterator[Child]:
    why = reasons(one, trouble, now)
    yield attempt_link(links, one.id)
    yield html(_standing(one, why), " ", code(one.state), " ", tag("small", one.machine))
    yield html() if one.wakes_at is None else since(one.entered_at, now)
    yield tag("strong", "; ".join(why)) if why else (one.problem or "")
    yield one.connector or ""
    yield link(links.attempts(Filters(owner=one.owner)), one.owner)
    yield at(one.created_at)


def _standing(one: Listed, why: tuple[str, ...]) -> Html:
    if why:
        return badge("stuck", "bad")
    if one.wakes_at is None:
        return badge("ended", "quiet")
    return badge("driven", "busy") if one.driven else badge("live", "good")


def states_table(machine: Definition, known: Figures, links: Links, part: str = "") -> Html:
    """The states of a machine, or of one part, in the order of its files; those that nothing is
    known of are left out."""
    shown = (one for one in by_state(machine, known) if one.name.startswith(part and f"{part}."))
    rows = (_state(machine, one, links) for one in shown)
    return table(f"States of {machine.name}", STATES, rows)


def _state(machine: Definition, one: StateFigures, links: Links) -> Iterator[Child]:
    asked = Filters(machine=machine.name, states=(one.name,))
    yield code(one.name)
    yield one.kind
    yield link(links.attempts(asked.but(show="live")), one.here) if one.here else ""
    yield link(links.attempts(asked.but(show="ended")), one.ended) if one.ended else ""
    yield one.lost or ""
    yield spoken(one.spent.median) if one.spent else ""
    yield spoken(one.spent.p95) if one.spent else ""
