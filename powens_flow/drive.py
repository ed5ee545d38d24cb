"""Drives one leased attempt from where it is to its next rest: the engine's loop.

It is the in-process runtime's `Context` too: it saves before and after each call that writes, in
as few writes as that takes, and gives handlers their calls, time and ids.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from powens_flow import events as e
from powens_flow import telemetry
from powens_flow import vocabulary as v
from powens_flow.api import PowensError, recorded_as, recorded_calls
from powens_flow.attempt import Attempt, CallRecord, Claim, JournalRow
from powens_flow.calls import Services
from powens_flow.decisions import accepting, waiting
from powens_flow.decisions.moving import absorb, move, told
from powens_flow.erasing import forgotten_meanwhile
from powens_flow.errors import HandlerError, Outdated
from powens_flow.evolving import evolve
from powens_flow.faults import guard_failed, handler_failed
from powens_flow.fitting import expect_changeable, fitting
from powens_flow.handlers.failures import outcome_of
from powens_flow.idempotency import IdempotencyKey, TakenBefore
from powens_flow.inbox import CANCELLATIONS, RETRIES, Inbox, read_posted
from powens_flow.keyring import SealBroken
from powens_flow.machine import Call, Definition, NotAccepted
from powens_flow.machine.compose import State
from powens_flow.outcomes import Outcome
from powens_flow.patience import TimeLimit, is_to_end
from powens_flow.remedies import Remedy
from powens_flow.store.port import LeaseLost, Posted, Save, StoreError, Taken, Untold

_OURS = "powens_flow."

LONGEST_RUN = 900.0
"""Seconds that a handler of an integrator's own may take; ours are bounded by their calls."""

UNFIT_TRIGGERS = (v.CANCEL, v.EXPIRE)
"""What an attempt still takes whose stored state fits nowhere any more."""


class _Cancelled(BaseException):
    """Ends a handler's run before its next call; no handler can take it for a failure."""


@frozen(eq=False)
class Tools:
    """What a drive gets from its engine."""

    services: Services
    definition: Callable[[str], Definition]
    calls: Mapping[str, Call]
    new_id: Callable[[], str]
    chance: Callable[[], float]
    has_listeners: Callable[[], bool]
    tell: Callable[[list[Untold]], None]
    refuse: Callable[[str, int, Exception], None]
    longest_run: TimeLimit = field(factory=lambda: TimeLimit(LONGEST_RUN))


class Drive:
    """One lease of one attempt. Nothing of it outlives the lease."""

    def __init__(self, tools: Tools, taken: Taken) -> None:
        self._tools = tools
        self._lease = taken.lease
        self._saved = taken.attempt
        self.attempt = taken.attempt
        self.definition = tools.definition(taken.attempt.machine)
        self._state = self._looked_up()
        self._calls: list[CallRecord] = []
        self._inbox = Inbox(taken.inbox)
        self._rows: list[JournalRow] = []
        self._claims: dict[str, Claim] = {}
        self._dropped: dict[str, None] = {}
        self._has_written = False
        self._wrote_here = False
        self._is_writing = False
        self._saving = asyncio.Lock()
        self._look_after = 0.0
        self._hearing = telemetry.who_hears()
        self.values: Mapping[str, str] = {}
        self.recovering = self.is_calling() and (taken.lapsed or taken.attempt.cut_short)

    # --- the context of handlers -------------------------------------------------------------

    def now(self) -> datetime:
        return self._tools.services.clock.now()

    def new_id(self) -> str:
        return self._tools.new_id()

    def note(self, **changes: Any) -> Attempt:
        expect_changeable(changes)
        self.attempt = evolve(self.attempt, **changes)
        return self.attempt

    async def call(self, name: str, /, **arguments: Any) -> Any:
        call = self._tools.calls.get(name)
        if call is None:
            known = ", ".join(self._tools.calls)
            raise HandlerError(f"no call is named {name!r}; there are: {known}")
        if call.writes:
            if self._is_writing:
                raise HandlerError(f"{name}: a calling state makes one call that writes")
            self._is_writing = True
            await self._save_step(is_sure=self.now() < self._lease.until)
            self._wrote_here = self._has_written = True
        elif self._has_written:
            await self._save_step()
        if call.run.__module__.startswith(_OURS):  # the API's client records what it sends
            return await call.run(self._tools.services, self.attempt, **arguments)
        with recorded_as(name, self.now):
            return await call.run(self._tools.services, self.attempt, **arguments)

    async def _save_step(self, *, is_sure: bool = True) -> None:
        """Save what has changed; a cancellation that came meanwhile goes before the next call,
        unless this run has written: what came of that is not to be lost. Where it is not sure
        that the lease is still held, a save tells."""
        async with self._saving:
            if self._rows or self.attempt is not self._saved or not is_sure:
                await self._save(durable=True)
        if self._inbox and self._cancellation() is not None and not self._wrote_here:
            raise _Cancelled

    # --- the loop ----------------------------------------------------------------------------

    def take(
        self,
        event: e.Event,
        values: Mapping[str, str] | None = None,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Take an event in the present state; nothing is saved yet. With a `key`, that it was
        taken is claimed in the same write.

        Raises:
            NotAccepted: the state does not take it.
            InvalidEvent: its content cannot be taken.
        """
        facts = accepting.facts_of(event)
        self._expect(event.trigger)
        accepted = accepting.accept(self.attempt, event, self.now())
        outcome = Outcome(v.DONE, facts=facts)
        self._move(accepted, event.trigger, _cause(event), outcome, facts=facts)
        self.values = values or {}
        self.recovering = self.attempt.cut_short  # where staff have the call tried again
        self._look_after = 0.0
        if key is not None:
            self._claims[key.name] = key.claim(self.attempt.id, self.now())

    async def expect_new(self, key: IdempotencyKey | None) -> None:
        """Of an event that comes with a key.

        Raises:
            TakenBefore: it was taken already.
            IdempotencyKeyReused: the key came with another request.
        """
        if key is None:
            return
        held = self._claims.get(key.name)
        held = held or await self._tools.services.store.claimed(key.name, self.now())
        if held is not None:
            key.expect_same(held)
            raise TakenBefore

    def _expect(self, trigger: str) -> None:
        state = self._state
        if state is None and trigger not in UNFIT_TRIGGERS:
            raise Outdated(self.attempt.state, self.attempt.machine_hash, UNFIT_TRIGGERS)
        if state is not None and not self._takes(trigger):
            raise NotAccepted(state.name, trigger, self.definition.accepts(state.name))

    def tick(self) -> bool:
        """Let the clock speak to a waiting attempt; False when it has nothing to say."""
        trigger = waiting.due_trigger(self.attempt, self.now())
        if self._state is None:
            is_over = self.now() >= waiting.unfit_until(self.attempt)
            trigger = v.EXPIRE if is_over else None
        elif trigger == v.POLL and not self._takes(v.POLL):
            trigger = None
        if trigger is None:
            return False
        attempt = waiting.reminded(self.attempt, trigger)
        facts = {"deadline": attempt.deadline_at.isoformat()} if attempt.deadline_at else {}
        self._move(attempt, trigger, "clock", None, facts=facts)
        return True

    async def run(self) -> Attempt:
        """Go on until the attempt waits, ends, or has to try a call again later."""
        try:
            with recorded_calls() as self._calls:
                return await self._driven()
        except LeaseLost:
            await forgotten_meanwhile(self._tools.services, self._saved)
            raise

    async def _driven(self) -> Attempt:
        later = False
        while True:
            while not later and self.is_calling():
                later = not await self._called()
            await self._rest()
            if await self._taken_from_inbox():
                later = False
            elif not self._inbox.took:
                return self.attempt

    def _looked_up(self) -> State | None:
        """The present state; None when what is stored fits nowhere any more."""
        name = self.definition.today(self.attempt.state)
        return None if name is None else self.definition.state(name)

    def _takes(self, trigger: str) -> bool:
        state = self._state
        return state is not None and trigger in self.definition.accepts(state.name)

    def is_known(self) -> bool:
        """Whether this version knows the present state."""
        return self._state is not None

    def is_calling(self) -> bool:
        """Whether the present state is one of the engine's own."""
        return self._state is not None and self._state.kind == "calling"

    async def _called(self) -> bool:
        """One run of the present calling state's handler; False when it is tried again later."""
        if self._inbox and (await self._take_cancel() or await self._take_retry()):
            return True
        state = self._state
        assert state is not None, "one that is calling is one of the machine's"
        self._calls.clear()
        self._is_writing = False
        try:
            outcome = await self._outcome(state)
        except _Cancelled:
            await self._take_cancel()
            return True
        calls, wrote_here = tuple(self._calls), self._wrote_here
        self.values, self._wrote_here = {}, False
        try:
            return self._gone_on(state, outcome, calls)
        except NotAccepted:
            raise
        except Exception as error:
            fault = guard_failed(self.attempt.id, state, error, wrote=wrote_here)
            fault = evolve(fault, changes=outcome.changes)  # what was made is not lost for it
            return self._gone_on(state, fault, calls)
        finally:
            self.recovering = False

    def _gone_on(self, state: State, outcome: Outcome, calls: tuple[CallRecord, ...]) -> bool:
        """The machine takes the outcome; False when the same call is tried again later."""
        self._look_after = outcome.retry_after or 0.0
        later = waiting.retry(self.attempt, state.retry, outcome, self.now(), self._tools.chance())
        self._claims |= {claim.key: claim for claim in outcome.claims}
        self._dropped |= dict.fromkeys(outcome.dropped_claims)
        if later is not None:
            self._move(later.attempt, v.RETRY, "engine", outcome, calls=calls)
            # What a crash left behind is found out then, if it was not now.
            self.attempt = evolve(self.attempt, due_at=later.at, cut_short=self.recovering)
            return False
        cause = state.table.handler or ""
        self._move(absorb(self.attempt, outcome), outcome.kind, cause, outcome, calls=calls)
        return True

    async def _outcome(self, state: State) -> Outcome:
        handler = self.definition.handler(state.name)
        try:
            if handler.__module__.startswith(_OURS):  # its calls have their limits
                return fitting(await handler(self, self.attempt), self.attempt, is_ours=True)
            with self._tools.longest_run.begun():
                answer = await handler(self, self.attempt)
            return fitting(answer, self.attempt, is_ours=False)
        except PowensError as error:
            return outcome_of(error, writing=self._wrote_here)
        except (StoreError, SealBroken):
            raise  # the attempt stays as it was, until it can be gone on with
        except asyncio.CancelledError as error:
            if is_to_end():
                raise
            return self._faulty(state, error)  # of something else that it waited for
        except Exception as error:
            return self._faulty(state, error)

    def _faulty(self, state: State, error: BaseException) -> Outcome:
        return handler_failed(self.attempt.id, state, error, wrote=self._wrote_here)

    def _move(
        self,
        attempt: Attempt,
        trigger: str,
        cause: str,
        outcome: Outcome | None,
        *,
        calls: tuple[Any, ...] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        if facts is None:
            facts = told(outcome)
        self.attempt, row = move(
            attempt,
            self.definition,
            trigger,
            self.now(),
            cause=cause,
            outcome=outcome,
            calls=calls,
            facts=facts,
        )
        self._state = self._looked_up()
        self._rows.append(row)
        for hear in self._hearing:
            hear(self.attempt, row)

    # --- saving ------------------------------------------------------------------------------

    async def _rest(self) -> None:
        """Save, and give the lease back unless events wait."""
        state = self._state
        if state is None:
            self.attempt = waiting.left_alone(self.attempt)
        elif state.kind == "waiting":
            after = self._look_after
            self.attempt = waiting.resting(self.attempt, state, self.now(), look_after=after)
        final = state is not None and state.kind == "final"
        await self._save(durable=self._has_written or final, release=True)
        self._has_written = False

    async def _save(self, *, durable: bool, release: bool = False) -> None:
        rows = tuple(self._rows)
        untold = self._tools.has_listeners()
        saved = await self._tools.services.store.save(
            Save(
                attempt=self.attempt,
                lease=self._lease,
                rows=rows,
                untold=untold,
                took=self._inbox.took,
                claims=tuple(self._claims.values()),
                dropped_claims=tuple(self._dropped),
                release=release,
                durable=durable,
            )
        )
        self.attempt = self._saved = saved.attempt
        self._rows, self._claims, self._dropped = [], {}, {}
        self._inbox.saved(saved.inbox)
        if untold and rows:
            self._tools.tell([Untold(row, saved.attempt) for row in rows])

    # --- the inbox ---------------------------------------------------------------------------

    def _cancellation(self) -> Posted | None:
        """The cancellation that waits, unless what a crash left behind must be found out first."""
        if not self._inbox or self.recovering or not self._takes(v.CANCEL):
            return None
        return self._inbox.first(CANCELLATIONS)

    async def _take_cancel(self) -> bool:
        posted = self._cancellation()
        return posted is not None and await self._take_posted(posted)

    async def _take_retry(self) -> bool:
        """Take what staff say of a call that waits to be tried again, before it is."""
        if not self._inbox or self.recovering or not self._takes(v.RETRY):
            return False
        posted = self._inbox.first(RETRIES)
        return posted is not None and await self._take_posted(posted)

    async def _taken_from_inbox(self) -> bool:
        """Take the next event that waits and can be taken, in order; False when there is none."""
        for posted in self._inbox.waiting():
            if await self._take_posted(posted):
                return True
        return False

    async def _take_posted(self, posted: Posted) -> bool:
        self._inbox.take(posted)
        try:
            event, key = read_posted(posted)
            await self.expect_new(key)
            self.take(event, key=key)
        except StoreError:
            raise
        except Exception as error:
            self._tools.refuse(self.attempt.id, posted.seq, error)
            return False
        return True


def _cause(event: e.Event) -> str:
    if isinstance(event, Remedy):
        return "staff"
    return "webhook" if isinstance(event, e.Woken) else "event"
