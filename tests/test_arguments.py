"""Arguments of the wrong kind are refused with words, before anything of them is stored."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from powens_flow import Engine, InvalidEvent, Policy, SQLiteStore
from powens_flow.errors import NoSuchAttempt, WrongValues
from powens_flow.store.port import StoreError
from powens_flow.testing import World, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with SQLiteStore(tmp_path / "attempts.sqlite") as store, world(store=store) as made:
        yield made


@pytest.mark.parametrize("owner", [42, uuid.uuid4(), b"ada", None, True])
async def test_an_owner_is_a_text(here: World, owner: Any) -> None:
    with pytest.raises(TypeError, match=rf"^an owner is a text .*, not {type(owner).__name__}: "):
        here.engine.for_owner(owner)
    with pytest.raises(TypeError, match=r"^an owner is a text"):
        await here.engine.erase(owner)


@pytest.mark.parametrize("owner", ["", "\ud800"])
async def test_an_owner_is_a_text_that_can_be_kept(here: World, owner: str) -> None:
    with pytest.raises(ValueError, match=r"^an owner is a text"):
        here.engine.for_owner(owner)
    with pytest.raises(ValueError, match=r"^an owner is a text"):
        await here.engine.erase(owner)


@pytest.mark.parametrize("policy", [{"sources": "chain"}, {}, "offer", Policy])
async def test_a_policy_is_a_policy(here: World, policy: Any) -> None:
    said = rf"^policy must be a Policy or None, not {type(policy).__name__}"
    with pytest.raises(TypeError, match=said):
        Engine(here.api, here.store, here.vault, here.keyring, policy=policy)
    with pytest.raises(TypeError, match=said):
        await here.engine.for_owner("ada").start(policy=policy)
    with pytest.raises(TypeError, match=said):
        await here.engine.for_owner("ada").reconnect(1, policy=policy)
    assert await here.store.live("ada") == ()


async def test_a_key_is_made_of_the_clients(here: World) -> None:
    owner = here.engine.for_owner("ada")
    said = r"^key must be IdempotencyKey\.of"
    with pytest.raises(TypeError, match=said):
        await owner.start(key="4711")  # type: ignore[arg-type]  # that is the point
    assert await here.store.live("ada") == ()
    view = await owner.start()
    with pytest.raises(TypeError, match=said):
        await owner.send(view.attempt_id, {"type": "cancel"}, key="4711")  # type: ignore[arg-type]  # that is the point
    assert (await owner.get(view.attempt_id)).version == view.version


@pytest.mark.parametrize("id_connection", ["1", 0, -1, True, 1.5, None, 2**63])
async def test_a_connection_is_named_by_its_id(here: World, id_connection: Any) -> None:
    with pytest.raises(ValueError, match=r"^id_connection must be an id \(a positive integer\)"):
        await here.engine.for_owner("ada").reconnect(id_connection)
    assert await here.store.live("ada") == ()


@pytest.mark.parametrize("refresh", ["yes", 1, None])
async def test_a_refresh_is_wanted_or_not(here: World, refresh: Any) -> None:
    with pytest.raises(TypeError, match=r"^refresh must be True or False"):
        await here.engine.for_owner("ada").reconnect(1, refresh=refresh)
    assert await here.store.live("ada") == ()


@pytest.mark.parametrize("attempt_id", [None, 42, b"x", uuid.uuid4(), "", "\ud800"])
@pytest.mark.parametrize("in_memory", [True, False])
async def test_what_is_no_id_is_no_attempts(here: World, attempt_id: Any, in_memory: bool) -> None:
    """As of a cookie that was not sent; on each store the same."""
    async with world() as other:
        engine = other.engine if in_memory else here.engine
        owner = engine.for_owner("ada")
        for asked in (
            owner.get(attempt_id),
            owner.send(attempt_id, {"type": "cancel"}),
            owner.connectors(attempt_id),
            owner.seal(attempt_id, {}),
            engine.history(attempt_id),
        ):
            with pytest.raises(NoSuchAttempt):
                await asked
        assert not await engine.wake(attempt_id)


async def test_a_store_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as failed:
        await SQLiteStore(tmp_path).open()
    assert failed.value.__notes__ == [f"the store is {tmp_path}"]


def test_a_store_is_a_path_and_its_access_one_of_three() -> None:
    with pytest.raises(ValueError, match=r"a store is a file's path here; store_at\(\.\.\.\)"):
        SQLiteStore("sqlite:///attempts.sqlite")
    with pytest.raises(ValueError, match=r"^access must be one of own, write, read, not 'ro'"):
        SQLiteStore("attempts.sqlite", access="ro")  # type: ignore[arg-type]  # that is the point


async def test_the_machine_reconnect_wants_a_connection(here: World) -> None:
    with pytest.raises(ValueError, match=r"owner\.reconnect\(id_connection\)"):
        await here.engine.for_owner("ada").start("reconnect")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("q", None),
        ("q", 40),
        ("page", 0),
        ("page", "1"),
        ("page", None),
        ("size", 0),
        ("size", 1001),
        ("size", "50"),
    ],
)
async def test_a_page_of_connectors_begins_at_one(here: World, name: str, wrong: Any) -> None:
    owner = here.engine.for_owner("ada")
    view = await owner.start()
    with pytest.raises(ValueError, match=f"^{name} must be "):
        await owner.connectors(view.attempt_id, **{name: wrong})


async def test_values_are_sealed_by_field(here: World) -> None:
    owner = here.engine.for_owner("ada")
    view = await owner.start(policy=Policy(connectors=("40",)))
    not_by_field: tuple[Any, ...] = (None, [], "login", {3: "camille"})
    for wrong in not_by_field:
        with pytest.raises(InvalidEvent) as invalid:
            await owner.seal(view.attempt_id, wrong)
        assert invalid.value.fields == {"values": str(invalid.value).removeprefix("values ")}
    with pytest.raises(WrongValues) as refused:
        await owner.seal(view.attempt_id, {"login": 12345678, "password": None})  # type: ignore[dict-item]  # that is the point
    assert refused.value.fields == {"login": "values.malformed", "password": "values.required"}


@pytest.mark.parametrize(
    ("age", "kind"), [(30, TypeError), (None, TypeError), (timedelta(days=-1), ValueError)]
)
async def test_what_is_forgotten_ended_longer_ago(here: World, age: Any, kind: Any) -> None:
    with pytest.raises(kind, match=r"^older_than must be a timedelta"):
        await here.engine.purge(age)


async def test_nothing_is_older_than_time(here: World) -> None:
    await here.driver().run()
    assert await here.engine.purge(timedelta.max) == 0
    here.clock.advance(1)
    assert await here.engine.purge(timedelta(0)) == 1


async def test_a_folder_of_machines_may_be_a_text(here: World, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    Engine(here.api, here.store, here.vault, here.keyring, machines=str(tmp_path / "flows"))
