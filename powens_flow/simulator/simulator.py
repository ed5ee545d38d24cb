"""The simulator: a domain, with the handles that tests turn."""

import asyncio
from collections import Counter, deque
from datetime import timedelta
from typing import Any

from powens_flow.simulator import accepted, bank
from powens_flow.simulator.domain import Domain
from powens_flow.simulator.faults import Fault
from powens_flow.simulator.ledger import Received, Violation
from powens_flow.simulator.settings import changed
from powens_flow.simulator.world import Connection, User

SETTLING_TURNS = 20
LAST_YEAR = 9000
"""Times are told by years of four digits, and everything that is planned lies later than now."""


class Simulator(Domain):
    """One simulated Powens domain. Give it to `create_app`, or to `running` in a test.

    Time is `clock`'s (the system's by default) plus what `advance` moved it ahead. Not for
    several threads.
    """

    # --- what tests look at ------------------------------------------------------------------

    @property
    def users(self) -> list[User]:
        """The users that exist now."""
        self.tick()
        return list(self.living_users.values())

    @property
    def connections(self) -> list[Connection]:
        """The connections that exist now, of all users."""
        self.tick()
        return list(self.living_connections.values())

    @property
    def received(self) -> deque[Received]:
        return self.ledger.received

    @property
    def calls(self) -> Counter[tuple[str, str]]:
        """How many calls there were, by method and route (`/users/me/connections/{id}`)."""
        return self.ledger.calls

    @property
    def violations(self) -> deque[Violation]:
        return self.ledger.violations

    # --- what tests do -----------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Moves the clock ahead; what falls due on the way happens at its own time, in order.

        Raises ValueError for what is no number of seconds from 0 on, or leads too far.
        """
        accepted.check_seconds("advance", seconds)
        target = self.clock.now() + timedelta(seconds=seconds)
        if target.year > LAST_YEAR:
            raise ValueError(f"advance leads to the year {LAST_YEAR} at most")
        while (due := self.agenda.next_due()) is not None and due <= target:
            self.clock.move(max(0.0, (due - self.clock.now()).total_seconds()))
            self.agenda.run_due(self.clock.now())
        self.clock.move(max(0.0, (target - self.clock.now()).total_seconds()))

    async def settle(self) -> None:
        """Lets what `advance` woke come to its next rest."""
        for _ in range(SETTLING_TURNS):
            await asyncio.sleep(0)

    def add_fault(self, fault: Fault) -> int:
        """Plans a fault; its number is for `faults.remove`."""
        return self.faults.add(fault)

    def configure(self, **changes: Any) -> None:
        """Changes settings at run time; ValueError for one that is unknown or fixed at start.

        A webhook URL, the same or another, also starts the sending of webhooks again.
        """
        self.settings = changed(self.settings, changes)
        if "webhook_url" in changes:
            self.outbox.restart()

    def set_state(
        self,
        id_connection: int,
        state: str | None,
        *,
        source: str | None = None,
        message: str | None = None,
        until: str = "",
        n: int = 1,
    ) -> None:
        """Gives a connection's source (the first by default) a state, as a sync would.

        `until` and `n` say what ends it, as in logins.toml; None is synced. Raises LookupError.
        """
        if state is not None and not accepted.is_text(state):
            raise ValueError("state is text, or null")
        connection = self.find_connection(id_connection)
        one = connection.sources[0] if source is None else connection.named(source)
        if one is None:
            raise LookupError(f"connection {id_connection} has no source {source!r}")
        one.steps = [] if state is None else [self.logins.step(state, message, until, n)]
        bank.enter(self, connection, one)

    def lock(self, id_connection: int, seconds: float) -> None:
        """Lets a sync run on the connection for so long: changes are answered 409."""
        accepted.check_seconds("lock", seconds)
        connection = self.find_connection(id_connection)
        connection.locked_until = self.clock.now() + timedelta(seconds=seconds)

    def rotate_key(self) -> None:
        """Puts another key in force: values sealed for the earlier one cannot be opened."""
        self.keys.rotate()

    def reset(self) -> None:
        """Forgets everything but the settings and the time."""
        self.start()
        self.outbox.clear()
