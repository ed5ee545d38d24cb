"""Every owner's attempts: begun, looked at, and taken from event to event."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from powens_flow import events as e
from powens_flow.attempt import Attempt
from powens_flow.connectors import ConnectorPage, Directory, Filter
from powens_flow.drive import Drive, Tools
from powens_flow.drives import LEASE, Drives
from powens_flow.errors import EventNotAccepted, NoSuchAttempt, Outdated
from powens_flow.evolving import evolve
from powens_flow.idempotency import IdempotencyKey, TakenBefore
from powens_flow.inbox import CANCELLATIONS, first_of, to_post
from powens_flow.machine import Machines, NotAccepted
from powens_flow.policy import Policy
from powens_flow.sealer import Sealer, ValuesRefused
from powens_flow.store.port import Busy, DuplicateAttempt, LeaseLost, Taken
from powens_flow.view import View
from powens_flow.viewing import Viewing


class Attempts:
    """What `Owner` asks of the engine: each attempt is taken under a lease, judged, and driven.

    `policy` is that of an attempt which is begun with none, `holder` the name on the leases.
    """

    def __init__(
        self,
        tools: Tools,
        drives: Drives,
        *,
        machines: Machines,
        policy: Policy,
        holder: str,
        shown: Viewing,
    ) -> None:
        self._tools = tools
        self._drives = drives
        self._machines = machines
        self._policy = policy
        self._holder = holder
        self._shown = shown
        self._store = tools.services.store
        self._clock = tools.services.clock
        self._sealer = Sealer(tools.services.keys)
        self._directory = Directory(tools.services.api, self._clock)

    def drive(self, taken: Taken) -> Drive:
        """A drive of an attempt that was taken, not begun yet. `KeyError`: no such machine here."""
        return Drive(self._tools, taken)

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
        return await self._driven_view(taken, self.drive(taken).run())

    async def send(
        self, owner: str, attempt_id: str, event: e.Event, key: IdempotencyKey | None = None
    ) -> View:
        """See `Owner.send`."""
        try:
            return await self._send(owner, attempt_id, event, key)
        except TakenBefore:
            return await self.get(owner, attempt_id)

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

    async def wake(self, attempt_id: str, *, id_connection: int | None = None) -> bool:
        """See `Engine.wake`."""
        now = self._clock.now()
        taken = await self._store.take(
            attempt_id,
            holder=self._holder,
            now=now,
            until=now + LEASE,
            post=to_post(e.Woken()),
        )
        if not isinstance(taken, Taken):
            return taken is not None
        with self._drives.held(attempt_id), suppress(Outdated):  # one for another process
            return await self._woken(taken, id_connection)
        return False

    # --- how it is done ----------------------------------------------------------------------

    async def _new_attempt_id(self, key: IdempotencyKey | None) -> str:
        """With a key, the id under which its attempt is made, now or before."""
        attempt_id = self._tools.new_id()
        if key is None:
            return attempt_id
        now = self._clock.now()
        claim = await self._store.claim(key.claim(attempt_id, now), now)
        key.expect_same(claim)
        return claim.attempt_id

    async def _send(
        self, owner: str, attempt_id: str, event: e.Event, key: IdempotencyKey | None
    ) -> View:
        await self._expect_new(key)
        has_values = isinstance(event, e.SubmitValues)
        taken = await self._take(owner, attempt_id, None if has_values else event, key)
        if isinstance(taken, Busy):
            if has_values:
                raise self._shown.busy(taken.attempt)
            return await self._waited(taken)
        with self._drives.held(attempt_id):
            return await self._sent(owner, taken, event, key)

    async def _sent(
        self, owner: str, taken: Taken, event: e.Event, key: IdempotencyKey | None
    ) -> View:
        attempt_id = taken.attempt.id
        drive = await self._drive_or_let_go(taken)
        if _goes_on_first(taken, drive):
            self._drives.start(taken, drive.run())
            return await self._send(owner, attempt_id, event, key)
        try:
            await drive.expect_new(key)
            drive.take(event, await self._checked(event, taken.attempt), key)
        except BaseException as error:
            await self._let_go(taken, drive)
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
            return self.drive(taken)
        except KeyError:  # its machine is not loaded here
            if not taken.lapsed:
                await self._store.release(taken.lease)
            name = f"{taken.attempt.machine} (not loaded)"
            raise Outdated(taken.attempt.state, name, ()) from None

    async def _let_go(self, taken: Taken, drive: Drive) -> None:
        """Give the lease back unsaved; events that came meanwhile are taken first.

        One that lapsed in a state that is unknown here is left to lapse again: what its dead holder
        did is found out by who knows the state.
        """
        if taken.lapsed and not drive.is_known():
            return
        inbox = await asyncio.shield(self._store.release(taken.lease))
        if inbox:
            self._drives.start(taken, self.drive(evolve(taken, inbox=inbox)).run())

    async def _woken(self, taken: Taken, id_connection: int | None) -> bool:
        drive = await self._drive_or_let_go(taken)
        if _goes_on_first(taken, drive):
            self._drives.start(taken, drive.run())  # what a crash left behind is looked at anyway
            return True
        known = taken.attempt.id_connection
        if id_connection is None or known in (None, id_connection):
            with suppress(NotAccepted, e.InvalidEvent, Outdated):
                drive.take(e.Woken())
                self._drives.start(taken, drive.run())
                return True
        await self._let_go(taken, drive)
        return False

    async def _take(
        self, owner: str, attempt_id: str, event: e.Event | None, key: IdempotencyKey | None
    ) -> Taken | Busy:
        now = self._clock.now()
        taken = await self._store.take(
            attempt_id,
            owner=owner,
            holder=self._holder,
            now=now,
            until=now + LEASE,
            post=None if event is None else to_post(event, key),
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


def _goes_on_first(taken: Taken, drive: Drive) -> bool:
    """What came before goes first; after a crash, what it left behind is found out first, and one
    that never came to a rest is brought there: until then it has no time. In a state that is
    unknown here only a cancellation can be taken: the rest is for who knows it."""
    if taken.lapsed and not drive.is_known():
        return first_of(CANCELLATIONS, taken.inbox) is not None
    is_under_way = drive.is_calling() or taken.attempt.due_at is None
    return bool(taken.inbox) or (taken.lapsed and is_under_way)
