"""Where attempts are lost: by step, and by connector."""

from collections.abc import Iterator
from typing import Final

from powens_flow.inspection.funnel import Funnel, OfConnector, Step
from powens_flow.web.inspect.filters import PERIODS, Filters
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shown import Shown, code, link, note, section, table
from powens_flow.web.inspect.visit import Visit

STEPS: Final = {
    "step": "",
    "came so far": "bar",
    "of all": "number",
    "here now": "number",
    "lost": "number",
    "cancelled": "number",
    "expired": "number",
    "failed": "number",
    "lost by": "long",
}
CONNECTORS: Final = {
    "connector": "",
    "attempts": "number",
    "completed": "number",
    "of all": "number",
    "under way": "number",
    "lost": "number",
    "mostly at": "",
}
NAMES: Final = {
    "hour": "last hour",
    "day": "last 24 hours",
    "week": "last 7 days",
    "month": "last 30 days",
    "all": "all",
}
DEFAULT: Final = "all"


def period_of(visit: Visit) -> str:
    """Since when it is counted. Raises `Refused`."""
    period = visit.request.query.get("since", DEFAULT)
    if period not in PERIODS:
        raise Refused("invalid", "no such period", {"since": f"one of: {', '.join(PERIODS)}"})
    return period


async def funnel_page(visit: Visit) -> Shown:
    """`GET funnel`: each machine's funnel, of the attempts begun in a period."""
    period = period_of(visit)
    funnels = await visit.look.funnels(PERIODS[period])
    left_out = await visit.look.left_out(PERIODS[period])
    none = note("No attempt began in this time.") if not left_out else None
    body = html(
        tag("nav", tag("ul", _periods(visit, period), class_="choices"), aria_label="Begun in the"),
        [_funnel(visit, one) for one in funnels] or none,
        section("left-out", "Left out", map(_left_out, left_out.items())) if left_out else None,
    )
    return Shown(f"Funnel: {NAMES[period]}", body, visit.look.limits.poll)


def _periods(visit: Visit, period: str) -> Iterator[Html]:
    for name, told in NAMES.items():
        here = "page" if name == period else None
        yield tag("li", link(visit.links.funnel(name), told, aria_current=here))


def _funnel(visit: Visit, one: Funnel) -> Html:
    return section(
        f"funnel-{one.machine}",
        html(code(one.machine)),
        note(
            f"{one.attempts} attempts: {one.completed} completed"
            f" ({_share(one.completed, one.attempts)}), {one.under_way} under way, {one.lost} lost"
        ),
        tag("h3", "By step"),
        table(f"Steps of {one.machine}", STEPS, [*_steps(one), _end(one)]),
        tag("h3", "By connector"),
        table(
            f"Connectors of {one.machine}",
            CONNECTORS,
            (_connector(visit, one, of) for of in one.connectors),
        ),
    )


def _left_out(one: tuple[str, int]) -> Html:
    machine, attempts = one
    return note(html(f"{attempts} attempts of ", code(machine), ", which is not loaded here"))


def _steps(one: Funnel) -> Iterator[tuple[Child, ...]]:
    for step in one.steps:
        lost = (step.lost, step.cancelled, step.expired, step.failed)
        shown = (number or "" for number in (step.here, *lost))
        share = _share(step.came, one.attempts)
        yield (code(step.name), _bar(step.came, one.attempts), share, *shown, _by(step))


def _end(one: Funnel) -> tuple[Child, ...]:
    share = _share(one.completed, one.attempts)
    return (tag("strong", "completed"), _bar(one.completed, one.attempts), share, *[""] * 6)


def _bar(part: int, whole: int) -> Html:
    """A number with its share as a length."""
    meter = tag("progress", value=part, max=max(whole, 1), aria_hidden="true")
    return html(meter, " ", part)


def _by(step: Step) -> Html:
    told = (f"{number} at {state} by {trigger}" for state, trigger, number in step.by)
    return tag("ul", (tag("li", one) for one in told), class_="plain") if step.by else html()


def _connector(visit: Visit, funnel: Funnel, of: OfConnector) -> tuple[Child, ...]:
    asked = Filters(machine=funnel.machine, connector=of.uuid)
    name = link(visit.links.attempts(asked), of.name) if of.uuid else of.name
    share = _share(of.completed, of.attempts)
    counted = (of.attempts, of.completed, share, of.under_way, of.lost)
    return (name, *counted, code(of.mostly_at))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""
