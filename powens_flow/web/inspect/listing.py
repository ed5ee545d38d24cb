"""The list of attempts: its filters as links, each with how many it would show."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from powens_flow.store.fleet import ConnectorName, Count
from powens_flow.web.inspect.figures import Figures
from powens_flow.web.inspect.filters import (
    DURATIONS,
    Filters,
    connector_of,
    filters_of,
    wanted_by,
)
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.shown import Shown, code, link, note, section
from powens_flow.web.inspect.tables import attempts_table
from powens_flow.web.inspect.visit import Visit

AGES = {
    "newer_than": ("begun in the last", ("15m", "1h", "24h", "7d")),
    "older_than": ("begun longer ago than", ("15m", "1h", "24h", "7d")),
    "unmoved_for": ("unmoved for", ("1m", "15m", "1h", "24h")),
}
assert tuple(sorted(AGES)) == tuple(sorted(DURATIONS))


async def listing(visit: Visit) -> Shown:
    """`GET attempts`: the attempts that the address asks for, the newest first."""
    look = visit.look
    asked = filters_of(visit.request.query, look.limits)
    known, trouble = await look.figures(), look.trouble()
    wanted = wanted_by(asked, look.machines, known, trouble, visit.now)
    size = asked.limit or look.limits.page
    page = await look.attempts(asked, wanted, limit=size, before=asked.before)
    found = (
        attempts_table("Attempts", page.attempts, trouble, visit.now, visit.links)
        if page.attempts
        else note("No attempt is like that.")
    )
    body = html(
        _filters(visit, asked, known),
        section("attempts", _heading(asked), found, _pages(visit, asked, page.before)),
    )
    return Shown("Attempts", body, look.limits.poll, f"{len(page.attempts)} attempts listed")


def _heading(asked: Filters) -> str:
    return "The newest first" if asked.before is None else "Further ones"


def _pages(visit: Visit, asked: Filters, before: int | None) -> Html | None:
    links = []
    if asked.before is not None:
        links.append(link(visit.links.attempts(asked.but()), "To the newest"))
    if before is not None:
        links.append(
            link(visit.links.attempts(asked.but(before=before)), "Further ones", rel="next")
        )
    return tag("p", (html(one, " ") for one in links), class_="pages") if links else None


def _chosen(visit: Visit, asked: Filters) -> Html | None:
    """What is filtered by, each to be left out by its link."""
    items = [
        tag("li", link(visit.links.attempts(less), "without ", tag("strong", told)))
        for told, less in _single(asked)
    ]
    if not items:
        return None
    return tag("ul", items, class_="choices", id="chosen", aria_label="Filtered by")


def _single(asked: Filters) -> Iterator[tuple[str, Filters]]:
    for state in asked.states:
        left = tuple(one for one in asked.states if one != state)
        yield f"state {state}", asked.but(states=left)
    for name in ("machine", "owner", "connector"):
        if (value := getattr(asked, name)) is not None:
            yield f"{name} {value}", asked.but(**{name: None})
    for name, (words, _) in AGES.items():
        if (value := getattr(asked, name)) is not None:
            yield f"{words} {value}", asked.but(**{name: None})


# --- what one can filter by ----------------------------------------------------------------------


def _filters(visit: Visit, asked: Filters, known: Figures) -> Html:
    counted = _Counted(asked, known)
    groups = (
        ("Machine", _machines(visit, asked, counted)),
        ("State", _states(visit, asked, counted)),
        ("Connector", _connectors(visit, asked, counted, known.connectors)),
        ("Age", _ages(visit, asked)),
    )
    made = (
        tag("div", tag("h3", name), tag("ul", links, class_="choices")) for name, links in groups
    )
    finding = note("An attempt or an owner: ", code("find?q=..."), " below this page's first one.")
    return section(
        "filters",
        "Which",
        tag("ul", _shows(visit, asked, counted), class_="choices"),
        _chosen(visit, asked),
        tag("details", tag("summary", "More filters"), made, finding, id="more-filters"),
    )


class _Counted:
    """How many there would be, as far as counts can say it."""

    def __init__(self, asked: Filters, known: Figures) -> None:
        self._asked = asked
        self._known = known
        self.can = asked.is_counted

    def by(self, leave_out: str, key: Callable[[Count], str | None]) -> Counter[str | None]:
        """Attempts by a key, filtered by all that is asked for but one thing."""
        found: Counter[str | None] = Counter()
        for one in self._known.counts:
            if self._fits(one, leave_out):
                found[key(one)] += one.attempts
        return found

    def _fits(self, one: Count, leave_out: str) -> bool:
        asked = self._asked
        uuid = connector_of(asked.connector, self._known.connectors)
        return (
            (leave_out == "machine" or asked.machine in (None, one.machine))
            and (leave_out == "connector" or uuid in (None, one.connector))
            and (leave_out == "show" or asked.show is None or one.lives == (asked.show == "live"))
            and (leave_out == "states" or _is_in(one.state, asked.states))
        )


def _is_in(state: str, states: tuple[str, ...]) -> bool:
    return not states or any(state == one or state.endswith(f".{one}") for one in states)


def _choice(visit: Visit, to: Filters, name: str, number: int | None, *, is_on: bool) -> Html:
    shown: Child = html(name) if number is None else html(name, " ", tag("small", number))
    address = visit.links.attempts(to)
    return tag("li", link(address, shown, aria_current="true" if is_on else None))


def _shows(visit: Visit, asked: Filters, counted: _Counted) -> Iterator[Html]:
    numbers = counted.by("show", lambda one: "live" if one.lives else "ended")
    known: dict[str | None, int | None] = {None: numbers.total(), **numbers}
    for name, show in (
        ("all", None),
        ("under way", "live"),
        ("ended", "ended"),
        ("stuck", "stuck"),
    ):
        number = known.get(show) if counted.can else None
        yield _choice(visit, asked.but(show=show), name, number, is_on=asked.show == show)


def _machines(visit: Visit, asked: Filters, counted: _Counted) -> Iterator[Html]:
    numbers = counted.by("machine", lambda one: one.machine)
    for name in sorted({*visit.look.machines, *(one for one in numbers if one)}):
        number = numbers[name] if counted.can else None
        to = asked.but(machine=name)
        yield _choice(visit, to, name, number, is_on=asked.machine == name)


def _states(visit: Visit, asked: Filters, counted: _Counted) -> Iterator[Html]:
    numbers = counted.by("states", lambda one: one.state)
    for name in sorted(one for one in numbers if one):
        number = numbers[name] if counted.can else None
        is_on = bool(asked.states) and _is_in(name, asked.states)
        yield _choice(visit, asked.but(states=(name,)), name, number, is_on=is_on)


def _connectors(
    visit: Visit, asked: Filters, counted: _Counted, known: Iterable[ConnectorName]
) -> Iterator[Html]:
    numbers = counted.by("connector", lambda one: one.connector)
    for one in known:
        number = numbers[one.uuid] if counted.can else None
        is_on = asked.connector is not None and asked.connector.casefold() in (
            one.uuid.casefold(),
            str(one.id),
            one.name.casefold(),
        )
        yield _choice(visit, asked.but(connector=one.uuid), one.name, number, is_on=is_on)


def _ages(visit: Visit, asked: Filters) -> Iterator[Html]:
    for name, (words, durations) in AGES.items():
        for duration in durations:
            to = asked.but(**{name: duration})
            is_on = getattr(asked, name) == duration
            yield _choice(visit, to, f"{words} {duration}", None, is_on=is_on)
