"""One cell of the fault matrix: one fault, once or always, on one call of a story."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from powens_flow.api.transport import Timeouts
from powens_flow.engine import Engine
from powens_flow.simulator.faults import Fault
from soak import check
from soak.owner import OWNER, begun
from soak.stage import Stage, stage, unhandled
from soak.story import VAULT, Story
from soak.user import EndUser

ORPHANS_DIE = 1801.0
"""Seconds: after these a temporary user that nobody knows of is gone."""

MANY = 10**6

BRIEF = Timeouts(total=0.25, checking=0.25)
"""Real seconds, where the simulator keeps silent: its ten minutes are its own clock's."""


@frozen
class Column:
    """One fault of the matrix: what `Fault` takes beside the call. `always`: at each of them."""

    name: str
    fault: Mapping[str, Any]
    always: bool = False

    @property
    def of_vault(self) -> bool:
        """Whether it is the vault that is down, and not Powens."""
        return bool(self.fault["kind"] == VAULT)

    def put_in_force(self, on: Stage, story: Story) -> None:
        """The fault on the story's call, from now on."""
        times = None if self.always else self._times(story)
        if self.of_vault:
            on.vault.fails[story.path] = times or MANY
            return
        on.simulator.add_fault(
            Fault(
                method=story.method,
                path=story.path,
                after=story.after,
                times=times,
                **self.fault,
            )
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
    begin = await begun(on, engine, story.owner, story.policy)
    active = check.active(on)
    seen = len(on.simulator.received)
    for fault in story.faults:
        on.simulator.add_fault(fault)
    column.put_in_force(on, story)
    played = list(on.simulator.faults)
    end = await user.run(await begin())
    on.vault.fails.clear()
    await engine.settled(within=2.0)
    attempt = await on.store.load(end.attempt_id)
    assert attempt is not None, "it has just ended"
    users = len(on.simulator.users)
    await on.pass_by(ORPHANS_DIE)
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
