"""POSTs that come again with their `Idempotency-Key`."""

import asyncio
from typing import Any

import pytest

from tests.web.site import Site, site

CANCEL = {"type": "cancel"}
CHOOSE = {"type": "choose_connector", "connector": "40"}


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


async def rows(s: Site, view: dict[str, Any], trigger: str) -> int:
    journal = await s.world.engine.history(view["attempt_id"])
    return sum(row.trigger == trigger for row in journal)


async def test_a_start_that_comes_again_is_answered_the_same() -> None:
    async with site() as s:
        first = await s.post("/attempts", {}, **keyed("k-1"))
        again = await s.post("/attempts", {}, **keyed('"k-1"'))  # quoted, as the draft has it
        assert (first.status, again.status) == (201, 201)
        assert await first.json() == await again.json()
        assert first.headers["Location"] == again.headers["Location"]
        assert len(await s.world.store.live("maya")) == 1


async def test_an_event_whose_answer_was_lost_is_taken_once() -> None:
    async with site() as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}/events"
        first = await s.post(path, CHOOSE, **keyed("k-1"))
        again = await s.post(path, CHOOSE, **keyed("k-1"))
        assert (first.status, again.status) == (200, 200)
        assert await first.json() == await again.json()
        assert await rows(s, view, "choose_connector") == 1
        assert (await s.post(path, CHOOSE)).status == 409  # without its key, it is stale


async def test_values_that_come_twice_at_once_are_posted_once() -> None:
    async with site() as s:
        view = await s.started()
        view = await s.sent(view, **CHOOSE)
        owner = s.world.engine.for_owner("maya")
        event = await owner.seal(view["attempt_id"], {"login": "camille", "password": "9876"})
        path = f"/attempts/{view['attempt_id']}/events"
        answers = await asyncio.gather(
            *(s.post(path, event.to_json(), **keyed("k-1")) for _ in range(5))
        )
        assert [answer.status for answer in answers] == [200] * 5
        views = [await answer.json() for answer in answers]
        assert all(one == views[0] for one in views)
        assert await rows(s, view, "submit_values") == 1
        posted = [one for one in s.world.simulator.received if one.method == "POST"]
        assert [one.path for one in posted].count("/users/me/connections") == 1


async def test_the_same_events_at_once_without_a_key_are_judged_one_by_one() -> None:
    async with site() as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}/events"
        answers = await asyncio.gather(*(s.post(path, CHOOSE) for _ in range(4)))
        assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
        assert await rows(s, view, "choose_connector") == 1


@pytest.mark.parametrize("other", [CANCEL, {**CHOOSE, "connector": "41"}])
async def test_a_key_that_comes_with_another_body_is_refused(other: dict[str, Any]) -> None:
    async with site() as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}/events"
        await s.post(path, CHOOSE, **keyed("k-1"))
        before = await (await s.get(f"/attempts/{view['attempt_id']}")).json()
        refused = await s.post(path, other, **keyed("k-1"))
        assert refused.status == 422
        assert (await refused.json())["code"] == "idempotency_key_reused"
        assert await (await s.get(f"/attempts/{view['attempt_id']}")).json() == before


async def test_a_key_of_a_start_is_not_one_of_an_event_nor_of_another_attempt() -> None:
    async with site() as s:
        view = await (await s.post("/attempts", {}, **keyed("k-1"))).json()
        other = await s.started()
        path = f"/attempts/{view['attempt_id']}/events"
        assert (await s.post(path, CANCEL, **keyed("k-1"))).status == 422
        assert (await s.post(path, CANCEL, **keyed("k-2"))).status == 200
        elsewhere = f"/attempts/{other['attempt_id']}/events"
        assert (await s.post(elsewhere, CANCEL, **keyed("k-2"))).status == 422


async def test_owners_have_keys_of_their_own() -> None:
    async with site() as s:
        mine = await (await s.post("/attempts", {}, **keyed("k-1"))).json()
        theirs = await (await s.post("/attempts", {}, user="eve", **keyed("k-1"))).json()
        assert mine["attempt_id"] != theirs["attempt_id"]


@pytest.mark.parametrize("key", ["", '"', "a b", "é", "x" * 201, 'a"b'])
async def test_what_is_no_key_is_told(key: str) -> None:
    async with site() as s:
        answer = await s.post("/attempts", {}, **keyed(key))
        assert answer.status == 400
        assert list((await answer.json())["fields"]) == ["Idempotency-Key"]
        assert await s.world.store.live("maya") == ()
