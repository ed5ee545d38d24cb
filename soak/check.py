"""What must hold at the end of an attempt, whatever went wrong on its way."""

from collections.abc import AsyncIterator, Iterable, Iterator

from powens_flow.attempt import Attempt
from powens_flow.engine import Engine
from powens_flow.simulator.faults import Planned
from powens_flow.simulator.ledger import Received
from soak.stage import Stage

Bad = tuple[str, str]
"""A kind of `soak.line.BAD`, and words without values."""

CREATE = "/users/me/connections"
UPDATE = "/users/me/connections/{id_connection}"
NO_VALUES = {"connector_uuid", "id_connector", "resume", "refresh_auth"}


def posted_unasked(calls: Iterable[Received], submitted: int) -> Iterator[Bad]:
    """Values are posted once for each time that the user gave them: banks lock accounts."""
    posted = sum(_posts_values(call) for call in calls)
    if posted > submitted:
        yield "twice", f"values were posted {posted} times, the user gave them {submitted} times"


def _posts_values(call: Received) -> bool:
    if call.method != "POST" or call.route not in (CREATE, UPDATE):
        return False
    unread = call.route == CREATE and not call.keys  # a fault was met before the body was read
    return unread or not NO_VALUES.issuperset(call.keys)


def doubled_sources(on: Stage) -> Iterator[Bad]:
    """No source was added twice to a connection."""
    for connection in on.simulator.connections:
        names = [one.source.name for one in connection.sources]
        if len(names) != len(set(names)):
            yield "twice", f"connection {connection.id} has a source twice"


def uncounted_orphans(attempt: Attempt, died: int) -> Iterator[Bad]:
    """Temporary users that died of age are those that the attempt says it left behind."""
    own = attempt.cleanup == "incomplete"
    if died > attempt.orphans + own:
        yield "lost", f"{died} orphans, of which the attempt counts {attempt.orphans}"


def violated(on: Stage) -> Iterator[Bad]:
    """Nothing was sent that a strict server would refuse."""
    for one in on.simulator.violations:
        yield "unhandled", f"violation: {one.kind} {one.method} {one.detail}"


def unmet(faults: Iterable[Planned]) -> Iterator[Bad]:
    """Every fault that was planned was played: else the cell shows nothing."""
    for one in faults:
        if not one.met:
            yield "unhandled", f"never played: {one.fault.kind} on {one.fault.path}"


async def untold(on: Stage, engine: Engine, attempt_id: str) -> AsyncIterator[Bad]:
    """The listeners heard of every transition."""
    for row in await engine.history(attempt_id):
        if (attempt_id, row.seq) not in on.heard:
            yield "untold", f"{row.source} -> {row.dest} by {row.trigger}"


async def unkept(on: Stage, attempt: Attempt, before: frozenset[int]) -> AsyncIterator[Bad]:
    """A completed attempt: its user is in the vault, its connection exists, its consent stands.

    `before` is what was active before the attempt.
    """
    result = attempt.result
    if result is None:
        return
    kept = await on.vault.get(attempt.owner)
    now = on.simulator.clock.now()
    if kept is None or on.simulator.tokens.bearer(kept.token.reveal(), now) != result.id_user:
        yield "lost", "the vault has no token that lets the user in"
    if result.id_connection not in {one.id for one in on.simulator.connections}:
        yield "lost", "the connection of the result does not exist"
        return
    approved = {*result.accounts, *result.subscriptions}
    made = active(on) - before
    if made - approved:
        yield "twice", "something is active that was not approved"
    if approved - made:
        yield "lost", "something was approved that is not active"


def active(on: Stage) -> frozenset[int]:
    """The ids of the accounts and subscriptions that are active at Powens."""
    found = [[*one.accounts(), *one.subscriptions()] for one in on.simulator.connections]
    return frozenset(row.id for rows in found for row in rows if row.disabled is None)


async def unreplayed(engine: Engine, attempt: Attempt) -> AsyncIterator[Bad]:
    """The journal is whole, and leads through the machine to the present state."""
    definition = engine.machines[attempt.machine]
    state = definition.initial
    for seq, row in enumerate(await engine.history(attempt.id), start=1):
        step = definition.replay(row.source, row.trigger, row.guards)
        if (row.seq, row.source, row.dest) != (seq, state, step.to):
            yield "lost", f"row {row.seq} of the journal does not follow: {row.source}"
            return
        state = row.dest
    if state != attempt.state:
        yield "lost", f"the journal ends in {state}, the attempt in {attempt.state}"
