"""The simulated domain: everything it knows, and the handles that tests turn."""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import attrs

from powens_flow.clock import Clock, SystemClock
from powens_flow.simulator import accepted, bank
from powens_flow.simulator.clock import Agenda, SimulatedClock
from powens_flow.simulator.connectors import Catalogue, Connector, Source
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.faults import Fault, Faults
from powens_flow.simulator.keys import KeyRing
from powens_flow.simulator.ledger import Ledger, Received, Violation
from powens_flow.simulator.logins import Logins
from powens_flow.simulator.settings import Settings, changed
from powens_flow.simulator.tokens import Ids, Tokens
from powens_flow.simulator.webhooks import Outbox
from powens_flow.simulator.world import Connection, User

SETTLING_TURNS = 20
LAST_YEAR = 9000
"""Times are told by years of four digits, and everything that is planned lies later than now."""


@attrs.define(eq=False)
class Flow:
    """One visit to the bank's page that was asked for; used once, until it expires."""

    id: str = attrs.field(repr=False)
    user: User
    connector: Connector
    source: Source
    connection: Connection | None
    redirect_uri: str
    expires: datetime
    state: str | None = attrs.field(default=None, repr=False)
    used: bool = False


class Simulator:
    """One simulated Powens domain. Give it to `create_app`, or to `running` in a test.

    Time is `clock`'s (the system's by default) plus what `advance` moved it ahead. Not for
    several threads.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = SimulatedClock(clock or SystemClock())
        self.agenda = Agenda()
        self.catalogue = Catalogue(self.settings.connector_files)
        self.logins = Logins(self.settings.login_files)
        self.tasks: set[asyncio.Task[None]] = set()
        self.outbox = Outbox(self)
        self._start()

    def _start(self) -> None:
        self.ids = Ids(self.settings.seed)
        self.tokens = Tokens(self.ids)
        self.keys = KeyRing(self.settings.private_key, self.settings.kid)
        self.ledger = Ledger(self.settings.received_max)
        self.faults = Faults()
        self.flows: dict[str, Flow] = {}
        self._users: dict[int, User] = {}
        self._connections: dict[int, Connection] = {}
        self._recent: deque[datetime] = deque()
        self.agenda.clear()

    # What tests look at.

    @property
    def users(self) -> list[User]:
        """The users that exist now."""
        self.tick()
        return list(self._users.values())

    @property
    def connections(self) -> list[Connection]:
        """The connections that exist now, of all users."""
        self.tick()
        return list(self._connections.values())

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

    # What tests do.

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

    def tick(self) -> None:
        """Does what has fallen due; called before every call is answered."""
        self.agenda.run_due(self.clock.now())

    def add_fault(self, fault: Fault) -> int:
        """Plans a fault; its number is for `faults.remove`."""
        return self.faults.add(fault)

    def configure(self, **changes: Any) -> None:
        """Changes settings at run time; ValueError for one that is unknown or fixed at start."""
        self.settings = changed(self.settings, changes)

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

    def delete_connection(self, id_connection: int) -> None:
        """Deletes a connection, as somebody else might. Raises LookupError."""
        connection = self.find_connection(id_connection)
        user = self._users[connection.id_user]
        del user.connections[id_connection], self._connections[id_connection]
        self.outbox.tell(user, "CONNECTION_DELETED", {"id": id_connection, "id_user": user.id})

    def find_connection(self, id_connection: int) -> Connection:
        """A living connection of any user. Raises LookupError."""
        if id_connection not in self._connections:
            raise LookupError(f"no connection {id_connection}")
        return self._connections[id_connection]

    def rotate_key(self) -> None:
        """Puts another key in force: values sealed for the earlier one cannot be opened."""
        self.keys.rotate()

    def reset(self) -> None:
        """Forgets everything but the settings and the time."""
        self._start()
        self.outbox.clear()

    # What the routes use.

    def new_user(self, *, permanent: bool) -> tuple[User, str]:
        """A new user and its first token."""
        now = self.clock.now()
        expires = None if permanent else now + timedelta(seconds=self.settings.temporary_seconds)
        user = User(self.ids.number("user"), now, expires)
        user.token = self.tokens.issue(user.id, expires)
        self._users[user.id] = user
        if expires:
            self.agenda.add(expires, lambda: self._expire(user))
        self.outbox.tell(user, "USER_CREATED", {"id": user.id})
        return user, user.token

    def user(self, id_user: int) -> User:
        """Raises ApiError `notFound`."""
        if id_user not in self._users:
            raise not_found("user")
        return self._users[id_user]

    def has(self, user: User, connection: Connection | None = None) -> bool:
        """Whether the user, and its connection, still exist."""
        return self._users.get(user.id) is user and (
            connection is None or connection.id in user.connections
        )

    def new_connection(self, user: User, connector: Connector, login: str) -> Connection:
        """A connection that nobody sees before `keep_connection`: its values may be refused."""
        number = self.ids.number("connection")
        return Connection(number, user.id, connector, self.clock.now(), login)

    def keep_connection(self, made: Connection) -> None:
        self.user(made.id_user).connections[made.id] = made
        self._connections[made.id] = made

    def permanent_token(self, user: User) -> str:
        """A permanent token; a temporary user turns permanent, and its webhooks are sent."""
        user.expires = None
        user.token = self.tokens.issue(user.id, None)
        self.outbox.release(user)
        return user.token

    def delete_user(self, user: User) -> None:
        self.outbox.tell(user, "USER_DELETED", {"id": user.id})
        self._forget(user)

    def _expire(self, user: User) -> None:
        if not user.permanent:
            self._forget(user)

    def _forget(self, user: User) -> None:
        for number in user.connections:
            del self._connections[number]
        user.connections.clear()
        self._users.pop(user.id, None)
        self.tokens.forget(user.id)

    def later(self, seconds: float, act: Callable[[], None]) -> datetime:
        """Does `act` in so many seconds of the simulator's time; says when that is."""
        when = self.clock.now() + timedelta(seconds=seconds)
        self.agenda.add(when, act)
        return when

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Works on beside the calls, until it ends or the server stops."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def count_call(self) -> None:
        """Raises ApiError 429 when the domain's calls a minute are used up."""
        most = self.settings.calls_a_minute
        if most is None:
            return
        now = self.clock.now()
        while self._recent and now - self._recent[0] >= timedelta(minutes=1):
            self._recent.popleft()
        if len(self._recent) >= most:
            left = 60 - (now - self._recent[0]).total_seconds()
            raise ApiError("tooManyRequests", "Too many calls", retry_after=math.ceil(left))
        self._recent.append(now)
