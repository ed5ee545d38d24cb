"""How staff act on an attempt: the remedy is checked against the machine, then left in the inbox.

Whoever runs the engine takes it from there, in this process or in another: no token, no key and no
API is needed to leave it. Left twice it is taken once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from powens_flow.attempt import Attempt
from powens_flow.drive import UNFIT_TRIGGERS
from powens_flow.errors import FlowError, NoSuchAttempt, Outdated
from powens_flow.inbox import to_post
from powens_flow.machine import Definition
from powens_flow.remedies import ACTS, CancelByStaff, Remedy
from powens_flow.store.fleet import Mailbox
from powens_flow.store.port import StoreError

TRIES: Final = 20
"""How often the attempt is looked at again that has moved on between the look and the posting."""


class NotRemedied(FlowError):
    """The attempt's state does not take what staff want; `may` says what staff may do there."""

    def __init__(self, state: str, act: str, takes: tuple[str, ...], may: tuple[str, ...]) -> None:
        does = ", ".join(may) or "nothing"
        listed = ", ".join(takes) or "nothing: it is an end"
        super().__init__(
            f"state {state!r} cannot be told to {act}; staff may: {does}; it takes: {listed}"
        )
        self.state = state
        self.takes = takes
        self.may = may


class EndingAlready(FlowError):
    """The attempt is ending, and cleans up what it made: a second cancellation would stop that."""

    def __init__(self, ending: str) -> None:
        super().__init__(
            f"it is ending already ({ending}), and cleans up what it made;"
            " to end it without the clean-up, say that this is given up"
        )
        self.ending = ending


def remedy_for(
    attempt: Attempt,
    machine: Definition,
    act: str,
    *,
    by: str,
    reason: str,
    gives_up_cleanup: bool = False,
) -> Remedy:
    """What `act` (`cancel`, `retry`, `wake`) means for the attempt as it is. Pure.

    Raises:
        NotRemedied: its state does not take it.
        EndingAlready: it is ending, and `gives_up_cleanup` does not say that this is to stop.
        ValueError: who or why is no line of text.
    """
    takes = taken_by(attempt, machine)
    kind = next((one for one in ACTS[act] if one.trigger in takes), None)
    if kind is None:
        raise NotRemedied(attempt.state, act, takes, acts_on(takes))
    if kind is not CancelByStaff:
        return kind(by=by, reason=reason)
    if attempt.ending is not None and not gives_up_cleanup:
        raise EndingAlready(attempt.ending)
    return CancelByStaff(by=by, reason=reason, gives_up_cleanup=gives_up_cleanup)


def taken_by(attempt: Attempt, machine: Definition) -> tuple[str, ...]:
    """The triggers that the attempt's state takes; few where it fits nowhere any more."""
    state = machine.today(attempt.state)
    return UNFIT_TRIGGERS if state is None else machine.accepts(state)


def acts_on(takes: tuple[str, ...]) -> tuple[str, ...]:
    """What staff may do to an attempt whose state takes these triggers."""
    return tuple(act for act, kinds in ACTS.items() if any(one.trigger in takes for one in kinds))


async def post_remedy(
    store: Mailbox,
    machines: Mapping[str, Definition],
    attempt_id: str,
    act: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    gives_up_cleanup: bool = False,
) -> tuple[Attempt, Remedy]:
    """Leave the remedy for whoever drives the attempt; answers the attempt that it was meant for.

    Raises:
        NoSuchAttempt: there is none of that id.
        NotRemedied, EndingAlready, ValueError: see `remedy_for`; nothing was written.
        Outdated: its machine is not among `machines`.
        StoreError: the store could not do it.
    """
    for _ in range(TRIES):
        attempt = await store.load(attempt_id)
        if attempt is None:
            raise NoSuchAttempt
        machine = machines.get(attempt.machine)
        if machine is None:
            raise Outdated(attempt.state, f"{attempt.machine} (not loaded)", ())
        remedy = remedy_for(
            attempt, machine, act, by=by, reason=reason, gives_up_cleanup=gives_up_cleanup
        )
        if await store.post(attempt_id, to_post(remedy), version=attempt.version, now=now):
            return attempt, remedy
    raise StoreError("the attempt moves on all the time; ask again")
