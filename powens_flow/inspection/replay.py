"""A recording flown again through a machine as it is today: where it would go another way. Pure."""

from attrs import frozen

from powens_flow.inspection.flight import Flight, Flown
from powens_flow.machine import Definition, NotAccepted
from powens_flow.machine.definition import GuardNotRecorded


@frozen
class Difference:
    """One transition that today's definition would not take as it was taken."""

    seq: int
    state: str
    trigger: str
    was: str
    told: str


def replayed(flight: Flight, machine: Definition) -> tuple[Difference, ...]:
    """Each transition that differs; each is taken from the state that it really began in."""
    found = []
    state = flight.rows[0].source if flight.rows else machine.initial
    for row in flight.rows:
        told = _gap(state, row) or _told(row, machine)
        if told is not None:
            found.append(Difference(row.seq, row.source, row.trigger, row.dest, told))
        state = row.dest
    if flight.rows and state != flight.state:
        last = flight.rows[-1]
        told = f"the journal ends in {state!r}, the attempt stands in {flight.state!r}"
        found.append(Difference(last.seq, last.source, last.trigger, last.dest, told))
    return tuple(found)


def _gap(state: str, row: Flown) -> str | None:
    if row.source == state:
        return None
    return f"the journal has a gap: it was in {state!r} before"


def _told(row: Flown, machine: Definition) -> str | None:
    source = machine.today(row.source)
    if source is None:
        return f"there is no state {row.source!r} any more"
    try:
        step = machine.replay(source, row.trigger, row.guards)
    except NotAccepted as error:
        return f"not taken any more; the state takes: {', '.join(error.accepts) or 'nothing'}"
    except GuardNotRecorded as error:
        return f"the guard {str(error)!r} is asked now, and was not asked then"
    if step.to != (machine.today(row.dest) or row.dest):
        return f"leads to {step.to!r} now"
    return None
