"""Which attempts a list shows, as its address says it: the filters of `powens-flow attempts list`.

`show` is `live`, `ended` or `stuck`; `state` (again and again) is a state's name or its last part;
`machine`, `owner`, `connector` (id, uuid or name); `older_than`, `newer_than` and `unmoved_for` are
durations (`90s`, `15m`, `2h`, `7d`); `before` and `limit` are for paging.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from attrs import evolve, frozen
from multidict import MultiMapping

from powens_flow.inspection.durations import typed
from powens_flow.machine import Machines
from powens_flow.store.fleet import ConnectorName, Trouble, Wanted
from powens_flow.web.inspect.figures import Figures
from powens_flow.web.inspect.limits import InspectLimits
from powens_flow.web.inspect.refusals import Refused

SHOW: Final = ("live", "ended", "stuck")
DURATIONS: Final = ("older_than", "newer_than", "unmoved_for")
TEXTS: Final = ("machine", "owner", "connector")
KNOWN: Final = ("show", "state", *TEXTS, *DURATIONS, "before", "limit")
LONGEST: Final = 200
MOST_STATES: Final = 50


@frozen
class Filters:
    """What was asked for, as it was asked for; None and empty are no filter."""

    show: str | None = None
    states: tuple[str, ...] = ()
    machine: str | None = None
    owner: str | None = None
    connector: str | None = None
    older_than: str | None = None
    newer_than: str | None = None
    unmoved_for: str | None = None
    before: int | None = None
    limit: int | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the fleet's counts can say how many there are."""
        asked = (self.owner, self.older_than, self.newer_than, self.unmoved_for)
        return not any(asked) and self.show != "stuck"

    def but(self, **changes: Any) -> "Filters":
        """The same with something else, from the first page on."""
        return evolve(self, **{"before": None, **changes})

    def query(self) -> str:
        """The query of an address that asks for this; empty for all attempts."""
        single = [(name, getattr(self, name)) for name in KNOWN if name != "state"]
        given = [(name, value) for name, value in single if value is not None]
        return urlencode([*given, *(("state", state) for state in self.states)])


def filters_of(query: MultiMapping[str], limits: InspectLimits) -> Filters:
    """What an address asks for. Raises `Refused`, naming each key that is wrong."""
    wrong = dict(_wrong(query, limits))
    if wrong:
        raise Refused("invalid", f"wrong in the query: {', '.join(wrong)}", wrong)
    numbers = {name: int(query[name]) for name in ("before", "limit") if query.get(name)}
    single = {name: query.get(name) or None for name in ("show", *TEXTS, *DURATIONS)}
    states = tuple(dict.fromkeys(one for one in query.getall("state", []) if one))
    return Filters(states=states, **single, **numbers)  # type: ignore[arg-type]  # by their names


def _wrong(query: MultiMapping[str], limits: InspectLimits) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(query):
        values, problem = query.getall(name), None
        if name not in KNOWN:
            problem = f"no such filter; there are: {', '.join(KNOWN)}"
        elif len(values) > (MOST_STATES if name == "state" else 1):
            problem = "given too often"
        elif any(len(one) > LONGEST or not one.isprintable() for one in values):
            problem = f"must be a line of at most {LONGEST} characters"
        elif values[0]:
            problem = _problem(name, values[0], limits)
        if problem:
            yield name[:LONGEST], problem


def _problem(name: str, value: str, limits: InspectLimits) -> str | None:
    if name == "show" and value not in SHOW:
        return f"must be one of: {', '.join(SHOW)}"
    if name in DURATIONS:
        return _duration_problem(value)
    if name == "limit":
        return _number_problem(value, 1, limits.largest_page)
    if name == "before":
        return _number_problem(value, 0, 2**62)
    return None


def _duration_problem(value: str) -> str | None:
    try:
        typed(value)
    except ValueError as error:
        return f"must be {error}"
    return None


def _number_problem(value: str, least: int, most: int) -> str | None:
    is_number = value.isascii() and value.isdigit() and len(value) < 20
    return None if is_number and least <= int(value) <= most else f"a number, {least} to {most}"


def wanted_by(
    asked: Filters, machines: Machines, known: Figures, trouble: Trouble, now: datetime
) -> Wanted:
    """What the store is asked for. Raises `Refused` for a name that nothing has."""
    counted = known.counts
    if asked.machine is not None:
        _expect("machine", asked.machine, {*machines, *(one.machine for one in counted)})
    return Wanted(
        states=_states(asked.states, machines, {one.state for one in counted}),
        machine=asked.machine,
        owner=asked.owner,
        connector=connector_of(asked.connector, known.connectors),
        created_before=_ago(now, asked.older_than, "older_than"),
        created_since=_ago(now, asked.newer_than, "newer_than"),
        in_state_since=_ago(now, asked.unmoved_for, "unmoved_for"),
        lives={"live": True, "ended": False}.get(asked.show or ""),
        stuck=trouble if asked.show == "stuck" else None,
    )


def connector_of(name: str | None, known: tuple[ConnectorName, ...]) -> str | None:
    """The uuid of the connector of that id, uuid or name."""
    if name is None:
        return None
    for one in known:
        if name.casefold() in (one.uuid.casefold(), str(one.id), one.name.casefold()):
            return one.uuid
    raise _none_such("connector", (f"{one.id} ({one.name})" for one in known))


def _expect(what: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise _none_such(what, sorted(known))


def _states(names: tuple[str, ...], machines: Machines, stored: set[str]) -> frozenset[str] | None:
    if not names:
        return None
    known = stored | {state for one in machines.values() for state in one.states}
    found: set[str] = set()
    for name in names:
        fitting = {one for one in known if one == name or one.endswith(f".{name}")}
        if not fitting:
            raise _none_such("state", sorted(stored))
        found |= fitting
    return frozenset(found)


def _none_such(what: str, known: Iterable[str]) -> Refused:
    listed = list(known)
    there = ", ".join(listed[:50]) + (", ..." if len(listed) > 50 else "")
    return Refused("invalid", f"no attempt has this {what}", {what: f"one of: {there or 'none'}"})


def _ago(now: datetime, text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        return now - typed(text)
    except OverflowError:
        raise Refused("invalid", "longer ago than there are dates", {name: "a duration"}) from None


PERIODS: Final[Mapping[str, timedelta | None]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "all": None,
}
"""Since when a funnel counts: a closed set, so that few figures are kept."""
