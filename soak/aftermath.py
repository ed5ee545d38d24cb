"""What stood in the end of one trial, here and at Powens, and what is bad about it."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from powens_flow.simulator import Simulator
from powens_flow.simulator.world import Connection
from soak.scenarios import Scenario
from soak.site import Ground, Site

SUBMITTING = frozenset({"/users/me/connections", "/users/me/connections/{id_connection}"})
NOT_VALUES = frozenset({"id_connector", "connector_uuid", "resume", "refresh_auth", "disabled"})

BEYOND = 1801.0
"""Seconds after which an orphaned temporary user is dead (protocol: "User context")."""

Bad = tuple[str, str]
"""A kind of `soak.line.BAD`, and words."""


@frozen
class Left:
    """How the attempt ended and what it left at Powens: to be the same, crashed or not."""

    end: tuple[Any, ...]
    users: tuple[str, ...]
    connections: tuple[Any, ...]


def left_by(site: Site, simulator: Simulator) -> Left:
    """What is left now; ids, which differ from trial to trial, are left out."""
    users = sorted("permanent" if one.permanent else "temporary" for one in simulator.users)
    connections = sorted(map(_shape, simulator.connections))
    return Left(_end(site), tuple(users), tuple(connections))


def _end(site: Site) -> tuple[Any, ...]:
    notes = site.notes("end")
    if not notes:
        return ()
    result = notes[-1]["result"] or {}
    counts = [len(result.get(kind, ())) for kind in ("accounts", "subscriptions")]
    return notes[-1]["state"], tuple(result.get("sources", ())), *counts, result.get("pending")


def _shape(one: Connection) -> tuple[Any, ...]:
    sources = tuple((s.source.name, str(s.state), s.disabled is None) for s in one.sources)
    rows = [*one.accounts(), *one.subscriptions()]
    active = sum(row.disabled is None for row in rows)
    return one.connector.id, sources, active


def bad_codes(codes: list[int | None]) -> Iterator[Bad]:
    """The last process has to come to the end by itself."""
    if codes[-1] is None:
        yield "lost", "the attempt did not end"
    elif codes[-1] != 0:
        yield "unhandled", f"a process ended with {codes[-1]}"


def bad_notes(site: Site) -> Iterator[Bad]:
    """What the library logged as an error, and what no listener heard."""
    for error in site.notes("errors"):
        yield "unhandled", f"{error.get('event')} ({error.get('error')})"
    for end in site.notes("end")[-1:]:
        heard = {one["seq"]: one["dest"] for one in site.notes("heard") if _same(one, end)}
        if heard.get(max(heard, default=0)) != end["state"]:
            yield "untold", f"the end, {end['state']}"
        for seq in set(range(1, max(heard, default=0))) - set(heard):
            yield "untold", f"transition {seq}"


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["attempt"] == other["attempt"])


def bad_left(left: Left, expected: Left) -> Iterator[Bad]:
    """What is there twice, or not at all, or otherwise than without a crash."""
    for name in ("users", "connections"):
        there, wanted = len(getattr(left, name)), len(getattr(expected, name))
        if there != wanted:
            yield "twice" if there > wanted else "lost", f"{there} {name} instead of {wanted}"
    if left.end != expected.end:
        yield "lost", f"the end is {left.end} instead of {expected.end}"
    elif left.connections != expected.connections and len(left.connections) == len(
        expected.connections
    ):
        yield "lost", f"left is {left.connections} instead of {expected.connections}"


def bad_end(site: Site, scenario: Scenario, simulator: Simulator) -> Iterator[Bad]:
    """The end is the scenario's, and the vault's user is the one at Powens, with its token."""
    for end in site.notes("end")[-1:]:
        if end["state"] != scenario.end:
            yield "lost", f"ended {end['state']} instead of {scenario.end}"
        kept = {end["user"]} if end["user"] is not None else set()
        if kept != {one.id for one in simulator.users}:
            yield "lost", "the vault's user is not the one that is at Powens"
        if kept and set(end["connections"]) != {one.id for one in simulator.connections}:
            yield "lost", "the vault's token does not show the connections"


def posted_again(ground: Ground) -> Iterator[Bad]:
    """Credentials and codes are posted at most once each time that the user gave them."""
    yield from bad_posts(ground.simulator, len(ground.site.notes("submitted")))


def bad_posts(simulator: Simulator, given: int) -> Iterator[Bad]:
    """Values posted more often than they were given, and what a strict server refused."""
    posts = [
        one
        for one in simulator.received
        if one.method == "POST" and one.route in SUBMITTING and set(one.keys) - NOT_VALUES
    ]
    if len(posts) > given:
        yield "twice", f"values posted {len(posts)} times, given {given} times"
    for violation in simulator.violations:
        yield "unhandled", f"{violation.kind} {violation.method} {violation.path}"
