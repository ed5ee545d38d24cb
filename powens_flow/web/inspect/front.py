"""The first page: how it stands now, who needs somebody, and each machine live."""

from collections.abc import Iterator

from powens_flow.machine import Definition
from powens_flow.store.fleet import Page, Trouble, Wanted
from powens_flow.web.inspect.figures import Figures
from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.look import FIRST_STUCK
from powens_flow.web.inspect.machines import live_picture
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.shown import Shown, link, note, section
from powens_flow.web.inspect.tables import attempts_table, states_table
from powens_flow.web.inspect.visit import Visit

NEWEST = 10


async def front(visit: Visit) -> Shown:
    """`GET /`: the fleet as it is now."""
    look = visit.look
    known, stuck, trouble = await look.figures(), await look.stuck(), look.trouble()
    newest = await look.attempts("all", Wanted(), limit=NEWEST, before=None)
    body = html(
        _now(visit, known, stuck),
        _stuck(visit, stuck, trouble),
        [await _machine(visit, known, one) for one in _used(visit, known)],
        section(
            "newest",
            "Newest attempts",
            attempts_table("Newest attempts", newest.attempts, trouble, visit.now, visit.links),
            tag("p", link(visit.links.attempts(), "All attempts")),
        ),
    )
    return Shown("Now", body, look.limits.poll, _said(stuck))


def _said(stuck: Page) -> str:
    return f"{_stuck_count(stuck)} stuck"


def _stuck_count(stuck: Page) -> str:
    size = len(stuck.attempts)
    return f"{size} or more" if stuck.before is not None else str(size)


def _now(visit: Visit, known: Figures, stuck: Page) -> Html:
    live = sum(one.attempts for one in known.counts if one.lives)
    ended = sum(one.attempts for one in known.counts if not one.lives)
    lost = sum(one.attempts for one in known.losses)
    links = visit.links
    figures: tuple[tuple[str, Child, str, str], ...] = (
        ("stuck", _stuck_count(stuck), links.attempts(Filters(show="stuck")), _alarm(stuck)),
        ("under way", live, links.attempts(Filters(show="live")), ""),
        ("ended", ended, links.attempts(Filters(show="ended")), ""),
        ("lost, of all", lost, links.funnel(), ""),
    )
    tiles = (
        tag("li", link(address, tag("strong", number), " ", name, class_=kind or None))
        for name, number, address, kind in figures
    )
    return section("now", "All attempts", tag("ul", tiles, class_="tiles"))


def _alarm(stuck: Page) -> str:
    return "bad" if stuck.attempts else ""


def _stuck(visit: Visit, stuck: Page, trouble: Trouble) -> Html:
    if not stuck.attempts:
        return section("stuck", "Stuck", note("None: every attempt gets on by itself."))
    more = (
        tag("p", link(visit.links.attempts(Filters(show="stuck")), "All that are stuck"))
        if stuck.before is not None
        else None
    )
    return section(
        "stuck",
        "Stuck",
        note(f"The newest {FIRST_STUCK} that do not get on by themselves.") if more else None,
        attempts_table("Stuck attempts", stuck.attempts, trouble, visit.now, visit.links),
        more,
    )


def _used(visit: Visit, known: Figures) -> Iterator[Definition]:
    """The machines that have attempts; without any the first, so that there is one to see."""
    names = {one.machine for one in known.counts}
    machines = list(visit.look.machines.values())
    used = [one for one in machines if one.name in names]
    yield from used or machines[:1]


async def _machine(visit: Visit, known: Figures, machine: Definition) -> Html:
    return section(
        f"machine-{machine.name}",
        html(
            machine.title, ": ", link(visit.links.machine(machine.name), tag("code", machine.name))
        ),
        await live_picture(visit, machine, ""),
        tag(
            "details",
            tag("summary", "The same as a table"),
            states_table(machine, known, visit.links),
            id=f"table-{machine.name}",
        ),
    )
