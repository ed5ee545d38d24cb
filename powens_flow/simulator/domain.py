"""The simulated domain: everything it knows, and what the routes ask of it."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import attrs

from powens_flow.clock import Clock, SystemClock
from powens_flow.simulator.catalogue import Catalogue
from powens_flow.simulator.clock import Agenda, SimulatedClock
from powens_flow.simulator.connectors import Connector, Source
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.faults import Faults
from powens_flow.simulator.keys import KeyRing
from powens_flow.simulator.ledger import Ledger
from powens_flow.simulator.logins import Logins
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.tokens import Ids, Tokens
from powens_flow.simulator.webhooks import Outbox
from powens_flow.simulator.world import Connection, User


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


class Domain:
    """One Powens domain: its users and their connections, its keys, what is planned and counted.

    Time is `clock`'s (the system's by default) plus what it was moved ahead. Not for several
    threads.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = SimulatedClock(clock or SystemClock())
        self.agenda = Agenda()
        self.resets = -1
        self.catalogue = Catalogue(self.settings.connector_files)
        self.logins = Logins(self.settings.login_files)
        self.tasks: set[asyncio.Task[None]] = set()
        self.outbox = Outbox(self)
        self.start()

    def start(self) -> None:
        """Everything new, but for the settings and the time."""
        self.resets += 1
        self.ids = Ids(self.settings.seed)
        self.tokens = Tokens(self.ids)
        self.keys = KeyRing(self.settings.private_key, self.settings.kid)
        self.ledger = Ledger(self.settings.received_max)
        self.faults = Faults()
        self.flows: dict[str, Flow] = {}
        self.living_users: dict[int, User] = {}
        self.living_connections: dict[int, Connection] = {}
        self._recent: deque[datetime] = deque()
        self.agenda.clear()

    # --- users -------------------------------------------------------------------------------

    def new_user(self, *, permanent: bool) -> tuple[User, str]:
        """A new user and its first token."""
        now = self.clock.now()
        expires = None if permanent else now + timedelta(seconds=self.settings.temporary_seconds)
        user = User(self.ids.number("user"), now, expires)
        user.token = self.tokens.issue(user.id, expires)
        self.living_users[user.id] = user
        if expires:
            self.agenda.add(expires, lambda: self._expire(user))
        self.outbox.tell(user, "USER_CREATED", {"id": user.id})
        return user, user.token

    def user(self, id_user: int) -> User:
        """Raises ApiError `notFound`."""
        if id_user not in self.living_users:
            raise not_found("user")
        return self.living_users[id_user]

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
            del self.living_connections[number]
        user.connections.clear()
        self.living_users.pop(user.id, None)
        self.tokens.forget(user.id)

    # --- connections -------------------------------------------------------------------------

    def has(self, user: User, connection: Connection | None = None) -> bool:
        """Whether the user, and its connection, still exist."""
        return self.living_users.get(user.id) is user and (
            connection is None or connection.id in user.connections
        )

    def new_connection(self, user: User, connector: Connector, login: str) -> Connection:
        """A connection that nobody sees before `keep_connection`: its values may be refused."""
        number = self.ids.number("connection")
        return Connection(number, user.id, connector, self.clock.now(), login)

    def keep_connection(self, made: Connection) -> None:
        self.user(made.id_user).connections[made.id] = made
        self.living_connections[made.id] = made

    def keeps(self, connection: Connection) -> bool:
        """Whether it is a living user's, and was not deleted."""
        return self.living_connections.get(connection.id) is connection

    def find_connection(self, id_connection: int) -> Connection:
        """A living connection of any user. Raises LookupError."""
        if id_connection not in self.living_connections:
            raise LookupError(f"no connection {id_connection}")
        return self.living_connections[id_connection]

    def delete_connection(self, id_connection: int) -> None:
        """Deletes a connection, as somebody else might. Raises LookupError."""
        connection = self.find_connection(id_connection)
        user = self.living_users[connection.id_user]
        del user.connections[id_connection], self.living_connections[id_connection]
        self.outbox.tell(user, "CONNECTION_DELETED", {"id": id_connection, "id_user": user.id})

    # --- time and work -----------------------------------------------------------------------

    def tick(self) -> None:
        """Does what has fallen due; called before every call is answered."""
        self.agenda.run_due(self.clock.now())

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
