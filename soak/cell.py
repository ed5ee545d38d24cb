"""One cell of the fault matrix: one fault, once or always, on one call of a story."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from attrs import evolve, field, frozen

from powens_flow.api.transport import Timeouts
from powens_flow.engine import Engine
from powens_flow.secret import Secret
from powens_flow.simulator.faults import Fault
from powens_flow.vault import PermanentUser
from powens_flow.view import View
from soak import check
from soak.stage import Stage, stage, unhandled
from soak.story import NEW, REFRESH, RETURNING, Story
from soak.user import EndUser

OWNER = "owner-1"
ORPHANS_DIE = 1801.0
"""Seconds: after these a temporary user that nobody knows of is gone."""

BRIEF = Timeouts(total=0.25, checking=0.25)
"""Real seconds, where the simulator keeps silent: its ten minutes are its own clock's."""


@frozen
class Column:
    """One fault of the matrix: what `Fault` takes beside the call. `always`: at each of them."""

    name: str
    fault: Mapping[str, Any]
    always: bool = False

    def played_on(self, story: Story) -> Fault:
        """The fault on the story's call."""
        return Fault(
            method=story.method,
            path=story.path,
            after=story.after,
            times=None if self.always else self._times(story),
            **self.fault,
        )

    def _times(self, story: Story) -> int:
        """A dropped read is sent again by aiohttp itself, on a fresh connection."""
        is_dropped = str(self.fault["kind"]).startswith("drop")
        return 2 if is_dropped and story.method == "GET" else 1


@frozen
class Came:
    """What a cell came to, counted when every orphan has died.

    `bad` are bad things (a kind of `soak.line.BAD`, and words) that are bad whatever is expected.
    """

    end: str
    users: int
    connections: int
    cleanup: str | None = None
    bad: list[tuple[str, str]] = field(factory=list)


async def play(story: Story, column: Column, seed: int = 0) -> Came:
    """The story with the column's fault, from its start to 30 minutes after its end."""
    timeouts = BRIEF if column.fault["kind"] == "silence" else None
    async with (
        unhandled() as escaped,
        stage(timeouts=timeouts, seed=seed) as on,
        on.engine() as engine,
    ):
        try:
            came = await _played(on, engine, story, column)
        except Exception as error:
            escaped.append(f"{type(error).__name__}: {error}"[:200])
            came = Came("none", -1, -1)
    came.bad.extend(("unhandled", words) for words in escaped)
    return came


async def _played(on: Stage, engine: Engine, story: Story, column: Column) -> Came:
    user = EndUser(
        engine,
        on.clock,
        story.script,
        owner=OWNER,
        policy=story.policy,
        closes_tab=story.closes_tab,
    )
    begin = await _prepared(on, engine, story, user)
    active = check.active(on)
    seen = len(on.simulator.received)
    for fault in (*story.faults, column.played_on(story)):
        on.simulator.add_fault(fault)
    played = list(on.simulator.faults)
    end = await user.run(await begin())
    await engine.settled(within=2.0)
    attempt = await on.store.load(end.attempt_id)
    assert attempt is not None, "it has just ended"
    users = len(on.simulator.users)
    on.clock.advance(ORPHANS_DIE)
    died = users - len(on.simulator.users)
    bad = [
        *check.posted_unasked(list(on.simulator.received)[seen:], user.submitted),
        *check.doubled_sources(on),
        *check.violated(on),
        *check.unmet(played),
        *check.uncounted_orphans(attempt, died),
        *[one async for one in check.untold(on, engine, attempt.id)],
        *[one async for one in check.unkept(on, attempt, active)],
        *[one async for one in check.unreplayed(engine, attempt)],
    ]
    return Came(
        attempt.state, len(on.simulator.users), len(on.simulator.connections), attempt.cleanup, bad
    )


Begin = Callable[[], Awaitable[View]]


async def _prepared(on: Stage, engine: Engine, story: Story, user: EndUser) -> Begin:
    """What the owner has before the story begins; how the story's attempt is started."""
    if story.owner == NEW:
        return partial(user.owner.start, policy=story.policy)
    if story.owner == RETURNING:
        made, token = on.simulator.new_user(permanent=True)
        await on.vault.put(OWNER, PermanentUser(made.id, Secret(token)))
        return partial(user.owner.start, policy=story.policy)
    earlier = EndUser(engine, on.clock, evolve(story.script, answers={}), owner=OWNER)
    added = (await earlier.run()).result
    assert added is not None, "nothing goes wrong with it"
    assert added.id_connection is not None, "it was completed"
    if story.broken is not None:
        on.simulator.set_state(added.id_connection, story.broken)
    return partial(user.owner.reconnect, added.id_connection, refresh=story.owner == REFRESH)
