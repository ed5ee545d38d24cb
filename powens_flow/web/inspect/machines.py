"""One machine, live: its picture with how many are where, and the states as a table."""

from collections.abc import Iterator

from powens_flow.diagrams import NoSuchPart
from powens_flow.machine import Definition
from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.look import digest
from powens_flow.web.inspect.markup import Html, html, tag
from powens_flow.web.inspect.pictures import graph_shown, has_graphviz, no_pictures, picture
from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.shown import Shown, link, note, section
from powens_flow.web.inspect.tables import states_table
from powens_flow.web.inspect.visit import Visit


def machine_of(visit: Visit) -> Definition:
    """The machine that the path names. Raises `Refused`."""
    machine = visit.look.machines.get(visit.request.match_info["name"])
    if machine is None:
        raise Refused("not_found", f"there are: {', '.join(sorted(visit.look.machines))}")
    return machine


def part_of(visit: Visit, machine: Definition) -> str:
    """The part that the query names; empty for the whole. Raises `Refused`."""
    part = visit.request.query.get("part", "")
    if part and part not in machine.parts:
        there = ", ".join(machine.parts) or "none"
        raise Refused("invalid", "no such part", {"part": f"one of: {there}"})
    return part


async def machine_page(visit: Visit) -> Shown:
    """`GET machines/{name}`: one machine, or one of its parts."""
    machine = machine_of(visit)
    part = part_of(visit, machine)
    known = await visit.look.figures()
    every = link(visit.links.attempts(Filters(machine=machine.name)), "its attempts")
    body = html(
        tag("p", _means(machine, part), ": ", every, class_="note"),
        tag("nav", tag("ul", _parts(visit, machine, part), class_="choices"), aria_label="Parts"),
        section("picture", "Where attempts are", await live_picture(visit, machine, part)),
        section(
            "states",
            "States",
            note("Times: all stays of an attempt in a state together, of the latest attempts."),
            states_table(machine, known, visit.links, part),
        ),
    )
    title = f"{machine.name}, {part}" if part else machine.name
    return Shown(title, body, visit.look.limits.poll)


def _means(machine: Definition, part: str) -> str:
    return machine.parts[part].title if part else machine.title


def _parts(visit: Visit, machine: Definition, part: str) -> Iterator[Html]:
    for path in ("", *machine.parts):
        address = visit.links.machine(machine.name, path)
        here = "page" if path == part else None
        yield tag("li", link(address, path or "overview", aria_current=here))


async def live_picture(visit: Visit, machine: Definition, part: str) -> Html:
    """The picture with the fleet laid over it, or what is to be done to have one."""
    if not has_graphviz():
        return no_pictures()
    overlay = await visit.look.heat(machine)
    shows = digest(machine.hash, part, overlay)
    return picture(
        visit.links.live_picture(machine.name, part, shows),
        f"{_means(machine, part)}: how many attempts are where; the same as a table below",
    )


async def live_svg(visit: Visit) -> str:
    """The SVG of `live_picture`. Raises `Refused`."""
    machine = machine_of(visit)
    part = part_of(visit, machine)
    overlay = await visit.look.heat(machine)
    try:
        return await graph_shown(visit.look, machine, part, overlay)
    except NoSuchPart as error:
        raise Refused("invalid", str(error)) from None
