"""The engine: one event, taken to the next rest."""

import asyncio
import random
import secrets
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from powens_flow import events as e
from powens_flow import telemetry
from powens_flow.api import PowensClient, PublicKeys
from powens_flow.api.errors import Gone, Unauthorised
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.calls import Services
from powens_flow.clock import Clock, SystemClock
from powens_flow.connectors import ConnectorPage, Directory, Filter
from powens_flow.drive import KEY, Drive, Tools
from powens_flow.drives import LEASE, Drives
from powens_flow.due import Due
from powens_flow.errors import EventNotAccepted, NoSuchAttempt, Outdated, Working
from powens_flow.evolving import evolve
from powens_flow.handlers import default_registry
from powens_flow.idempotency import IdempotencyKey, TakenBefore
from powens_flow.keyring import Keyring
from powens_flow.listeners import Listener, Listeners, Subscription
from powens_flow.machine import Machines, NotAccepted, Registry, load_machines
from powens_flow.owner import Owner
from powens_flow.policy import Policy
from powens_flow.sealer import Sealer, ValuesRefused
from powens_flow.store.port import Busy, DuplicateAttempt, LeaseLost, Store, Taken
from powens_flow.vault import Vault
from powens_flow.view import View
from powens_flow.viewing import Viewing


class Engine:
    """Carries attempts from event to event; an async context manager.

    `api` talks to Powens; `store` keeps attempts; `vault` keeps permanent users; `keyring` seals
    the tokens that rest in the store. `policy` is used where `start` is given none. `machines` is
    a folder of machine files that replace or extend ours, with `registry` for their handlers and
    guards. `patience` is how many seconds `send` waits for a rest before it answers `working`,
    `grace` how many `close` waits for what is under way.
    """

    def __init__(
        self,
        api: PowensClient,
        store: Store,
        vault: Vault,
        keyring: Keyring,
        *,
        policy: Policy | None = None,
        machines: Path | Machines | None = None,
        registry: Registry | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] | None = None,
        chance: Callable[[], float] = random.random,
        patience: float = 25.0,
        grace: float = 10.0,
    ) -> None:
        telemetry.start()
        self._policy = policy or Policy()
        self._clock = clock or SystemClock()
        self._store = store
        self._new_id = new_id or _unguessable
        self._grace = grace
        self._holder = self._new_id()
        self._machines = (
            machines
            if isinstance(machines, Machines)
            else load_machines(registry or default_registry(), machines)
        )
        self._shown = Viewing(self._machines, keyring.open)
        self._keys = keys = PublicKeys(api)
        self._sealer = Sealer(keys)
        self._directory = Directory(api, self._clock)
        self._listeners = Listeners(store, self._clock)
        self._drives = Drives(store, self._clock, self._holder, patience)
        self._tools = Tools(
            services=Services(api, keys, keyring, vault, store, self._clock),
            definition=self._machines.__getitem__,
            new_id=self._new_id,
            chance=chance,
            has_listeners=lambda: bool(self._listeners),
            tell=self._listeners.tell,
            refuse=self._drives.refuse,
        )
        self._due = Due(
            store,
            self._clock,
            self._holder,
            drives=self._drives,
            listeners=self._listeners,
            drive=self._drive,
        )

    # --- for the backend -------------------------------------------------------------------------

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
        """The attempts of one end user; another owner's do not exist there."""
        if not owner:
            raise ValueError("an owner is a text that is not empty")
        return Owner(self, owner)

    def on(
        self, *, state: str | None = None, machine: str | None = None
    ) -> Callable[[Listener], Listener]:
        """A decorator for listeners: `@engine.on()` hears every saved transition, `state=` those
        into one state (`completed`, `source.state.approving`, ...). At least once each."""

        def add(listener: Listener) -> Listener:
            self._listeners.add(Subscription(listener, state, machine))
            return listener

        return add

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call `watcher` with an attempt's id whenever a drive of it has ended in this process.

        A hint for whoever shows attempts as they are: nothing is kept for it, and what other
        processes do is not heard of. Answers a function that ends it.
        """
        self._drives.watchers.append(watcher)
        return lambda: self._drives.watchers.remove(watcher)

    async def public_key(self) -> Mapping[str, str]:
        """The domain's public key as a JWK, for a browser that seals values itself.

        Raises:
            PowensError: it could not be fetched.
        """
        return dict((await self._keys.current()).members)

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
        """Forget attempts that ended longer ago, with their journals; answers how many."""
        before = self._clock.now() - older_than
        total = 0
        while purged := await self._store.purge(before):
            total += purged
        return total

    async def erase(self, owner: str, *, user: bool = False) -> int:
        """Forget an end user: attempts, journals and the token; answers how many attempts.

        With `user` their Powens user is deleted first, with everything under it.

        Raises:
            PowensError: the user could not be deleted; nothing was forgotten.
        """
        kept = await self._tools.services.vault.get(owner)
        if user and kept is not None:
            with suppress(Gone, Unauthorised):  # deleted before
                await self._tools.services.api.delete_user(kept.token)
        erased = await self._store.erase(owner)
        await self._tools.services.vault.delete(owner)
        return erased

    async def wake(self, attempt_id: str, *, id_connection: int | None = None) -> bool:
        """Something happened at Powens: let the attempt look now, if it waits for that.

        With `id_connection`, only an attempt that waits for this connection, or knows none yet.
        The work goes on by itself; a signal that comes late or twice changes nothing.
        """
        now = self._clock.now()
        taken = await self._store.take(
            attempt_id,
            holder=self._holder,
            now=now,
            until=now + LEASE,
            post=e.Woken().to_json(),
        )
        if not isinstance(taken, Taken):
            return taken is not None
        with self._drives.held(attempt_id):
            return await self._woken(taken, id_connection)

    async def _woken(self, taken: Taken, id_connection: int | None) -> bool:
        drive = await self._drive_or_let_go(taken)
        if taken.inbox or (taken.lapsed and drive.is_calling()):
            self._drives.start(taken, drive.run())  # what a crash left behind is looked at anyway
            return True
        known = taken.attempt.id_connection
        if id_connection is None or known in (None, id_connection):
            with suppress(NotAccepted, e.InvalidEvent, Outdated):
                drive.take(e.Woken())
                self._drives.start(taken, drive.run())
                return True
        await self._let_go(taken)
        return False

    async def run(self) -> None:
        """Take up what is due, now and for ever: deadlines, polls, retries, crashed attempts.

        One task of each process of the backend should run this.
        """
        await self._due.run()

    async def tick(self) -> int:
        """Take up what is due at this moment, and drive it to rest; answers how many there were."""
        return await self._due.tick()

    # --- for one owner (see `Owner`) -------------------------------------------------------------

    async def start(
        self,
        owner: str,
        machine: str,
        policy: Policy | None,
        key: IdempotencyKey | None = None,
        **given: Any,
    ) -> View:
        """See `Owner.start`."""
        definition = self._machines[machine]
        now = self._clock.now()
        attempt = Attempt(
            id=await self._new_attempt_id(key),
            owner=owner,
            machine=definition.name,
            state=definition.initial,
            created_at=now,
            entered_at=now,
            machine_hash=definition.hash,
            policy=policy or self._policy,
            **given,
        )
        try:
            taken = await self._store.create(
                attempt, (), holder=self._holder, until=now + LEASE, untold=False
            )
        except DuplicateAttempt:
            if key is None:
                raise
            return await self.get(owner, attempt.id)  # the same request made it before
        return await self._driven_view(taken, self._drive(taken).run())

    async def _new_attempt_id(self, key: IdempotencyKey | None) -> str:
        """With a key, the id under which its attempt is made, now or before."""
        attempt_id = self._new_id()
        if key is None:
            return attempt_id
        now = self._clock.now()
        claim = await self._store.claim(key.claim(attempt_id, now), now)
        key.expect_same(claim)
        return claim.attempt_id

    async def send(
        self, owner: str, attempt_id: str, event: e.Event, key: IdempotencyKey | None = None
    ) -> View:
        """See `Owner.send`."""
        try:
            return await self._send(owner, attempt_id, event, key)
        except TakenBefore:
            return await self.get(owner, attempt_id)

    async def _send(
        self, owner: str, attempt_id: str, event: e.Event, key: IdempotencyKey | None
    ) -> View:
        await self._expect_new(key)
        has_values = isinstance(event, e.SubmitValues)
        taken = await self._take(owner, attempt_id, None if has_values else event, key)
        if isinstance(taken, Busy):
            if has_values:
                raise Working(self._shown.working(taken.attempt).prompt)
            return await self._waited(taken)
        with self._drives.held(attempt_id):
            return await self._sent(owner, taken, event, key)

    async def _sent(
        self, owner: str, taken: Taken, event: e.Event, key: IdempotencyKey | None
    ) -> View:
        attempt_id = taken.attempt.id
        drive = await self._drive_or_let_go(taken)
        if taken.inbox or (taken.lapsed and drive.is_calling()):
            # What came before goes first; after a crash, what it left behind is found out first.
            self._drives.start(taken, drive.run())
            return await self._send(owner, attempt_id, event, key)
        try:
            await drive.expect_new(key)
            drive.take(event, await self._checked(event, taken.attempt), key)
        except BaseException as error:
            await self._let_go(taken)
            raise self._shown.told(error, taken.attempt) from None
        return await self._driven_view(taken, drive.run())

    async def _expect_new(self, key: IdempotencyKey | None) -> None:
        """Before an event is posted; `Drive.expect_new` is sure, with the attempt in hand."""
        if key is None:
            return
        held = await self._store.claimed(key.name, self._clock.now())
        if held is not None:
            key.expect_same(held)
            raise TakenBefore

    async def _drive_or_let_go(self, taken: Taken) -> Drive:
        try:
            return self._drive(taken)
        except KeyError:  # its machine is not loaded here
            await self._store.release(taken.lease)
            name = f"{taken.attempt.machine} (not loaded)"
            raise Outdated(taken.attempt.state, name, ()) from None

    async def _let_go(self, taken: Taken) -> None:
        """Give the lease back unsaved; events that came meanwhile are taken first."""
        inbox = await asyncio.shield(self._store.release(taken.lease))
        if inbox:
            self._drives.start(taken, self._drive(evolve(taken, inbox=inbox)).run())

    async def get(self, owner: str, attempt_id: str) -> View:
        """See `Owner.get`."""
        attempt = await self._load(owner, attempt_id)
        shown = self._shown.working if attempt_id in self._drives else self._shown.view
        return shown(attempt)

    async def connectors(
        self, owner: str, attempt_id: str, q: str, page: int, size: int, *, only: Filter
    ) -> ConnectorPage:
        """See `Owner.connectors`."""
        attempt = await self._load(owner, attempt_id)
        return await self._directory.page(attempt, q, page, size, only)

    async def seal(self, owner: str, attempt_id: str, values: Mapping[str, str]) -> e.SubmitValues:
        """See `Owner.seal`."""
        attempt = await self._load(owner, attempt_id)
        accepts = self._shown.accepts(attempt)
        if e.SubmitValues.trigger not in accepts:
            cause = NotAccepted(attempt.state, e.SubmitValues.trigger, accepts)
            raise EventNotAccepted(cause, self._shown.prompt(attempt))
        try:
            return await self._sealer.seal(attempt, values)
        except ValuesRefused as error:
            raise self._shown.told(error, attempt) from None

    async def _take(
        self, owner: str, attempt_id: str, event: e.Event | None, key: IdempotencyKey | None
    ) -> Taken | Busy:
        now = self._clock.now()
        beside = {} if key is None else {KEY: key.to_json()}
        taken = await self._store.take(
            attempt_id,
            owner=owner,
            holder=self._holder,
            now=now,
            until=now + LEASE,
            post=event.to_json() | beside if event is not None else None,
        )
        if taken is None:
            raise NoSuchAttempt
        return taken

    async def _load(self, owner: str | None, attempt_id: str) -> Attempt:
        attempt = await self._store.load(attempt_id)
        if attempt is None or owner not in (None, attempt.owner):
            raise NoSuchAttempt
        return attempt

    async def _checked(self, event: e.Event, attempt: Attempt) -> Mapping[str, str] | None:
        accepts = self._shown.accepts(attempt)
        if not isinstance(event, e.SubmitValues) or event.trigger not in accepts:
            return None
        return await self._sealer.check(attempt, event.values)

    async def _waited(self, busy: Busy) -> View:
        """The view once the posted event was taken, here; another process's rest is not seen."""
        attempt_id, seq = busy.attempt.id, busy.seq
        try:
            if seq is None or not await self._drives.taken(attempt_id, seq):
                return self._shown.working(busy.attempt)
        except (NotAccepted, e.InvalidEvent) as error:
            raise self._shown.told(error, await self._load(None, attempt_id)) from None
        now = await self._load(None, attempt_id)
        # Unmoved since: another process drives it, and has not come to a save yet.
        is_unmoved = now.version == busy.attempt.version
        return self._shown.working(now) if is_unmoved else self._shown.view(now)

    async def _driven_view(self, taken: Taken, work: Coroutine[Any, Any, Attempt]) -> View:
        """The view at the next rest; the work goes on if the caller leaves or loses patience."""
        try:
            rested = await self._drives.driven(taken, work)
        except LeaseLost:
            return self._shown.view(await self._load(None, taken.attempt.id))
        return self._shown.working(taken.attempt) if rested is None else self._shown.view(rested)

    def _drive(self, taken: Taken) -> Drive:
        return Drive(self._tools, taken)


def _unguessable() -> str:
    """144 bits; no id begins with a dash, which a command line would take for an option."""
    while (made := secrets.token_urlsafe(18)).startswith("-"):
        pass
    return made
