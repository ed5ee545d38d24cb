"""One attempt's story: what it is now, what it takes, and every transition on its way."""

from typing import Any, Final

from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.errors import NoSuchAttempt
from powens_flow.inspection.redaction import redacted, row_json
from powens_flow.machine import Definition, Machines
from powens_flow.prompts import fitting
from powens_flow.staff import acts_on, taken_by
from powens_flow.store.fleet import Fleet

_OPENED_BY: Final = ("open_user", "find_user")


@frozen
class Story:
    """An attempt with its journal, oldest row first; `machine` is None where it is not loaded.

    `posted` are the types of the events that wait in its inbox, in order.
    """

    attempt: Attempt
    rows: tuple[JournalRow, ...]
    machine: Definition | None = None
    posted: tuple[str, ...] = ()

    @property
    def state(self) -> str | None:
        """Today's name of the present state; None where it fits nowhere."""
        return self.machine.today(self.attempt.state) if self.machine else None

    @property
    def means(self) -> str:
        """What being in the present state means, for people."""
        if self.machine is None:
            return "Its machine is not loaded here."
        if self.state is None:
            return "A state of another version of the machines."
        return self.machine.state(self.state).table.means

    @property
    def has_ended(self) -> bool:
        """Whether the present state is a final one."""
        if self.machine is None or self.state is None:
            return self.attempt.due_at is None and self.attempt.result is not None
        return self.machine.state(self.state).kind == "final"

    @property
    def id_user(self) -> int | None:
        """Its user's id at Powens; see `id_user_of`."""
        return id_user_of(self.attempt, self.rows)

    @property
    def takes(self) -> tuple[str, ...]:
        """The events that the present state takes from the attempt's user."""
        return fitting(self.attempt, self._triggers)

    @property
    def staff_may(self) -> tuple[str, ...]:
        """What staff may do to the attempt now."""
        return acts_on(self._triggers)

    @property
    def _triggers(self) -> tuple[str, ...]:
        return taken_by(self.attempt, self.machine) if self.machine else ()

    def to_json(self) -> dict[str, Any]:
        """The story as JSON values; no secret, nothing of an account's holder."""
        return {
            "attempt": redacted(self.attempt),
            "means": self.means,
            "ended": self.has_ended,
            "posted": list(self.posted),
            "takes": list(self.takes),
            "staff_may": list(self.staff_may),
            "journal": [row_json(row) for row in self.rows],
        }


def id_user_of(attempt: Attempt, rows: tuple[JournalRow, ...]) -> int | None:
    """The id at Powens of the user that the attempt works for, also after its end.

    One that ends without a result has its user no more; the journal says whose it was.
    """
    if attempt.user is not None:
        return attempt.user.id
    if attempt.result is not None:
        return attempt.result.id_user
    told = (row.facts.get("user") for row in reversed(rows) if row.cause in _OPENED_BY)
    return next((one for one in told if isinstance(one, int)), None)


async def story_of(fleet: Fleet, machines: Machines, attempt_id: str) -> Story:
    """The story of one attempt.

    Raises:
        NoSuchAttempt: there is none of that id.
        StoreError: it cannot be read.
    """
    attempt = await fleet.load(attempt_id)
    if attempt is None:
        raise NoSuchAttempt
    rows, posted = await fleet.history(attempt_id), await fleet.posted(attempt_id)
    return Story(attempt, rows, machines.get(attempt.machine), posted)
