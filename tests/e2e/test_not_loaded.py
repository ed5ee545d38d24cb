"""An attempt of a machine that this backend has not loaded: shown as outdated, and left alone."""

import pytest
from attrs import evolve

from powens_flow import events as e
from powens_flow.errors import Outdated
from powens_flow.store.port import Save, Taken
from tests.web.site import site


async def test_it_is_shown_refuses_and_stays() -> None:
    async with site() as s:
        view = await s.started()
        store, now = s.world.store, s.world.clock.now()
        taken = await store.take(view["attempt_id"], holder="x", now=now, until=now)
        assert isinstance(taken, Taken)
        theirs = evolve(taken.attempt, machine="theirs")
        await store.save(Save(theirs, taken.lease, release=True))

        shown = await (await s.get(f"/attempts/{view['attempt_id']}")).json()
        assert (shown["prompt"]["kind"], shown["prompt"]["message_key"]) == (
            "try_again",
            "attempt.outdated",
        )
        assert shown["prompt"]["accepts"] == []
        answer = await s.post(f"/attempts/{view['attempt_id']}/events", {"type": "cancel"})
        assert (answer.status, (await answer.json())["code"]) == (409, "outdated")
        with pytest.raises(Outdated):
            await s.world.engine.for_owner("maya").send(view["attempt_id"], e.Cancel())
        assert (await store.load(view["attempt_id"])) == evolve(theirs, version=theirs.version + 1)
