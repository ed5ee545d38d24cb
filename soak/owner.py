"""Who an end user is before an attempt begins, and how the attempt is begun."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from attrs import evolve, field, frozen

from powens_flow.engine import Engine
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.testing import Script
from powens_flow.vault import PermanentUser
from powens_flow.view import View
from soak.stage import POLICY, Stage
from soak.user import EndUser

OWNER = "owner-1"
Begin = Callable[[], Awaitable[View]]


@frozen
class Beginning:
    """What the owner has before: nothing, a permanent user, or a connection of it too.

    `connected` makes the connection, with `script`, and leaves it in the state `broken` (what
    `Simulator.set_state` takes). `reconnect`: the attempt is one to repair it, with `refresh` to
    renew its consent.
    """

    returning: bool = False
    connected: Script | None = None
    broken: Mapping[str, Any] = field(factory=dict)
    reconnect: bool = False
    refresh: bool = False

    @property
    def left(self) -> tuple[int, int]:
        """The users and connections that there are before, and after an attempt that fails."""
        return int(self.returning or self.connected is not None), int(self.connected is not None)


NEW = Beginning()
RETURNING = Beginning(returning=True)


async def begun(on: Stage, engine: Engine, beginning: Beginning, policy: Policy = POLICY) -> Begin:
    """The owner made what they are before; starts the attempt when it is called."""
    owner = engine.for_owner(OWNER)
    if beginning.connected is not None:
        connection = await _connection(on, engine, beginning)
        if beginning.reconnect:
            return partial(owner.reconnect, connection, refresh=beginning.refresh, policy=policy)
    elif beginning.returning:
        await returning(on, OWNER)
    return partial(owner.start, policy=policy)


async def returning(on: Stage, owner: str) -> None:
    """The owner has a permanent user."""
    made, token = on.simulator.new_user(permanent=True)
    await on.vault.put(owner, PermanentUser(made.id, Secret(token)))


async def _connection(on: Stage, engine: Engine, beginning: Beginning) -> int:
    """The id of a connection that an earlier attempt made."""
    assert beginning.connected is not None, "asked for only then"
    script = evolve(beginning.connected, answers={})
    added = (await EndUser(engine, on.clock, script, owner=OWNER, policy=POLICY).run()).result
    assert added is not None, "nothing goes wrong with it"
    assert added.id_connection is not None, "it was completed"
    if beginning.broken:
        on.simulator.set_state(added.id_connection, **beginning.broken)
    return added.id_connection
