"""The engine, as a backend holds it: its parts put together, and what is not one end user's."""

import random
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from powens_flow import erasing, telemetry
from powens_flow.api import PowensClient, PublicKeys
from powens_flow.arguments import check_age, check_start, checked_owner
from powens_flow.attempt import JournalRow
from powens_flow.attempts import Attempts
from powens_flow.calls import Services
from powens_flow.clock import Clock, SystemClock
from powens_flow.drive import Tools
from powens_flow.drives import Drives
from powens_flow.due import Due
from powens_flow.errors import NoSuchAttempt
from powens_flow.handlers import default_registry
from powens_flow.keyring import Keyring
from powens_flow.listeners import Listener, Listeners, Subscription
from powens_flow.machine import Machines, Registry, load_machines
from powens_flow.owner import Owner
from powens_flow.policy import Policy
from powens_flow.store.port import Store
from powens_flow.vault import Vault
from powens_flow.viewing import Viewing
from powens_flow.wishes import check_listener, check_watcher, check_wish, former_names


class Engine:
    """Carries attempts from event to event; an async context manager.

    `api` talks to Powens; `store` keeps attempts; `vault` keeps permanent users; `keyring` seals
    the tokens that rest in the store. `policy` is used where `start` is given none. `machines` is
    a folder of machine files that replace or extend ours, with `registry` for their handlers and
    guards; `MachineError` names everything that is wrong with them. `patience` is how many seconds
    `send` waits for a rest before it answers `working`, `grace` how many `close` waits for what is
    under way.
    """

    def __init__(
        self,
        api: PowensClient,
        store: Store,
        vault: Vault,
        keyring: Keyring,
        *,
        policy: Policy | None = None,
        machines: Path | str | Machines | None = None,
        registry: Registry | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] | None = None,
        chance: Callable[[], float] = random.random,
        patience: float = 25.0,
        grace: float = 10.0,
    ) -> None:
        check_start(policy, None)
        telemetry.start()
        self._clock = clock or SystemClock()
        self._store = store
        self._grace = grace
        self._machines = (
            machines
            if isinstance(machines, Machines)
            else load_machines(registry or default_registry(), machines)
        )
        make_id = new_id or _unguessable
        holder = make_id()
        self._listeners = Listeners(store, self._clock)
        self._drives = Drives(store, self._clock, holder, patience)
        self._services = Services(api, PublicKeys(api), keyring, vault, store, self._clock)
        tools = Tools(
            services=self._services,
            definition=self._machines.__getitem__,
            calls=self._machines.calls,
            new_id=make_id,
            chance=chance,
            has_listeners=lambda: bool(self._listeners),
            tell=self._listeners.tell,
            refuse=self._drives.refuse,
        )
        self._attempts = Attempts(
            tools,
            self._drives,
            machines=self._machines,
            policy=policy or Policy(),
            holder=holder,
            shown=Viewing(self._machines, keyring.open),
        )
        self._due = Due(
            store,
            self._clock,
            holder,
            machines=self._machines,
            drives=self._drives,
            listeners=self._listeners,
            drive=self._attempts.drive,
        )

    @property
    def store(self) -> Store:
        """Where this engine keeps attempts."""
        return self._store

    @property
    def clock(self) -> Clock:
        """This engine's time."""
        return self._clock

    @property
    def machines(self) -> Machines:
        """The machines that this engine runs."""
        return self._machines

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the drives under way `grace` seconds to rest, and tell the listeners.

        A drive that is cut short is taken up again, here or elsewhere, when its lease has lapsed;
        what a listener takes too long to hear is told by a later run.
        """
        await self._drives.close(self._grace)
        await self._listeners.close()

    def for_owner(self, owner: str) -> Owner:
        """The attempts of one end user; another owner's do not exist there.

        Raises:
            TypeError: it is no text, such as a number that is somebody's id.
            ValueError: it is empty, or no Unicode.
        """
        return Owner(self._attempts, checked_owner(owner))

    def on(
        self, *, state: str | None = None, machine: str | None = None
    ) -> Callable[[Listener], Listener]:
        """A decorator for listeners: `@engine.on()` hears every saved transition, `state=` those
        into one state (`completed`, `source.state.approving`, ...), by today's name; `machine=`
        those of one machine. At least once each.

        What the listeners of one process have heard counts as heard for all that share its store,
        and what is saved where there are none is kept for nobody: every process that has an engine
        on the store, a worker too, has to register the same listeners.

        Raises:
            ValueError: there is no such machine or state, which would never be heard of.
            TypeError: `state` or `machine` is not one name; when it is applied: the listener is not
                an async function of one argument.
        """
        check_wish(self._machines, state, machine)
        former = former_names(self._machines, state)

        def add(listener: Listener) -> Listener:
            check_listener(listener)
            self._listeners.add(Subscription(listener, state, machine, former))
            return listener

        return add

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call `watcher` with an attempt's id whenever a drive of it has ended in this process.

        A hint for whoever shows attempts as they are: nothing is kept for it, and what other
        processes do is not heard of. One that raises is logged, and called again for the next.
        Answers a function that ends it. TypeError for one that is not a plain function.
        """
        check_watcher(watcher)
        self._drives.watchers.append(watcher)
        return lambda: self._drives.watchers.remove(watcher)

    async def public_key(self) -> Mapping[str, str]:
        """The domain's public key as a JWK, for a browser that seals values itself.

        Raises:
            PowensError: it could not be fetched.
        """
        return dict((await self._services.keys.current()).members)

    async def settled(self, *, within: float | None = None) -> None:
        """Wait until no attempt is driven here, and the listeners heard of all that was saved.

        With `within`, at most so many seconds; the listeners are then left to hear of it later.
        """
        if await self._drives.settled(within):
            await self._listeners.settled()

    async def history(self, attempt_id: str) -> tuple[JournalRow, ...]:
        """The journal of any attempt, oldest first.

        Raises:
            NoSuchAttempt: there is none of that id.
        """
        rows = await self._store.history(attempt_id)
        if not rows and await self._store.load(attempt_id) is None:
            raise NoSuchAttempt
        return rows

    async def purge(self, older_than: timedelta) -> int:
        """Forget attempts that ended longer ago, with their journals; answers how many.

        Raises:
            TypeError, ValueError: it is no timedelta, or less than nothing.
        """
        check_age("older_than", older_than)
        try:
            before = self._clock.now() - older_than
        except OverflowError:  # before there were dates
            return 0
        total = 0
        while purged := await self._store.purge(before):
            total += purged
        return total

    async def erase(self, owner: str, *, user: bool = False) -> int:
        """Forget an end user: attempts, journals and the token; answers how many attempts.

        With `user` their Powens user is deleted first, with everything under it; also one that
        an attempt under way has made.

        Raises:
            PowensError: the user could not be deleted; nothing was forgotten.
            TypeError, ValueError: an owner that there cannot be (as in `for_owner`).
        """
        return await erasing.erase(self._services, checked_owner(owner), user=user)

    async def wake(self, attempt_id: str, *, id_connection: int | None = None) -> bool:
        """Something happened at Powens: let the attempt look now, if it waits for that.

        With `id_connection`, only an attempt that waits for this connection, or knows none yet.
        The work goes on by itself; a signal that comes late or twice changes nothing.
        """
        return await self._attempts.wake(attempt_id, id_connection=id_connection)

    async def run(self) -> None:
        """Take up what is due, now and for ever: deadlines, polls, retries, crashed attempts.

        One task of each process of the backend should run this.
        """
        await self._due.run()

    async def tick(self) -> int:
        """Take up what is due at this moment, and drive it to rest; answers how many there were."""
        return await self._due.tick()


def _unguessable() -> str:
    """144 bits; no id begins with a dash, which a command line would take for an option."""
    while (made := secrets.token_urlsafe(18)).startswith("-"):
        pass
    return made
