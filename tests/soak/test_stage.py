"""What the proofs watch for comes out of what they watch."""

import asyncio

import structlog

from powens_flow.attempt import Attempt
from powens_flow.handlers import default_registry
from powens_flow.handlers.context import Context
from powens_flow.machine import load_machines
from powens_flow.outcomes import Outcome
from powens_flow.testing import Script, world
from soak.alive import alive
from soak.stage import unhandled


async def test_a_handlers_own_fault_is_seen() -> None:
    registry = default_registry()

    async def failing(context: Context, attempt: Attempt) -> Outcome:
        raise LookupError("something of the user's")

    registry.handler("list_accounts", replace=True)(failing)
    async with unhandled() as found, world(machines=load_machines(registry)) as w:
        await w.driver(Script()).run()
    assert found == ["handler.failed: LookupError"]


async def test_a_task_that_nobody_awaited_is_seen() -> None:
    async def failing() -> None:
        raise LookupError

    async with unhandled() as found:
        task = asyncio.create_task(failing())
        await asyncio.wait((task,))
        del task
        await asyncio.sleep(0)
    assert found == ["Task exception was never retrieved (LookupError)"]


async def test_other_log_events_are_no_fault() -> None:
    async with unhandled() as found:
        structlog.get_logger("powens_flow").error("vault.failed", error="OSError")
    assert found == []


async def test_deadlines_are_noticed_within_a_second_in_real_time() -> None:
    assert await alive() == []
