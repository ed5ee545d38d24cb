"""A reset: nothing of what was begun before it is seen after it."""

import asyncio
from typing import Any

import aiohttp
import pytest

from powens_flow.simulator import Fault
from tests.simulator.client import Client, until


@pytest.mark.usefixtures("user")
async def test_a_slow_check_of_before_makes_nothing_for_a_user_of_the_same_id(
    client: Client,
) -> None:
    slow = asyncio.create_task(client.create("slow-60"))
    await until(lambda: client.simulator.clock.sleepers)
    before = client.simulator.users[0].id
    client.simulator.reset()
    assert (await client.new_user())["id_user"] == before
    client.simulator.advance(60)
    assert (await slow).status == 404
    assert client.simulator.connections == []


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("kind", ["wait", "drop_and_act_later"])
async def test_a_call_that_a_fault_held_up_does_nothing_after_it(client: Client, kind: Any) -> None:
    client.simulator.add_fault(Fault(kind, seconds=60))
    held = asyncio.create_task(client.post("auth/init", {}))
    await until(lambda: client.simulator.clock.sleepers)
    client.simulator.reset()
    client.simulator.advance(60)
    with pytest.raises(aiohttp.ClientError):
        await held
    await client.simulator.settle()
    assert client.simulator.users == []
