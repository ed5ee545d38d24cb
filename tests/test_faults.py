"""What a handler or a guard does wrong: the attempt goes on to where an unknown or a bad answer
leads, nothing that was made is lost, and who keeps the code is told where."""

import asyncio
import math
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from powens_flow import events as e
from powens_flow.attempt import Problem
from powens_flow.outcomes import Outcome
from tests.small_world import SmallWorld, small_world
from tests.small_world import state_after as send


@pytest.fixture
async def here() -> AsyncIterator[SmallWorld]:
    async with small_world() as made:
        yield made


async def test_a_fault_of_a_handler_that_wrote_is_an_unknown_outcome(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.rings.append(RuntimeError("S3cr3t"))
    assert await send(here, attempt_id, e.Acted()) == "looking"
    rows = await here.engine.history(attempt_id)
    assert "S3cr3t" not in repr(rows)
    assert "S3cr3t" not in repr(await here.store.load(attempt_id))


async def test_a_fault_of_a_handler_that_read_ends_the_attempt_properly(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(ZeroDivisionError("S3cr3t"))
    view = await here.engine.for_owner("owner-1").send(attempt_id, e.TryAgain())
    assert view.state == "failed"
    assert view.prompt.error is not None
    assert view.prompt.error.key == "internal"
    assert "S3cr3t" not in repr(view)


async def test_a_fault_of_a_guard_after_a_write_is_an_unknown_outcome(here: SmallWorld) -> None:
    attempt_id = await here.started()
    made = Outcome("done", changes={"connector_ref": "made"}, facts={"cracked": True})
    here.bell.rings.append(made)
    assert await send(here, attempt_id, e.Acted()) == "looking"
    stored = await here.store.load(attempt_id)
    assert stored is not None
    assert stored.problem == Problem("internal", description="ZeroDivisionError")
    assert stored.connector_ref == "made"  # what the write came to is kept
    assert here.bell.seen.count("strike") == 1


async def test_a_fault_of_a_guard_after_a_read_ends_the_attempt_properly(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(Outcome("done", facts={"cracked": True}))
    with capture_logs() as logs:
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    (told,) = [one for one in logs if one["event"] == "guard.failed"]
    assert re.fullmatch(r"small_world\.py:\d+", told.pop("at"))
    assert told == {
        "event": "guard.failed",
        "log_level": "error",
        "attempt": attempt_id,
        "state": "listening",
        "error": "ZeroDivisionError",
    }


ODD_ANSWERS: dict[str, tuple[Any, str]] = {
    "none": (None, "not NoneType"),
    "text": ("done", "not str"),
    "odd": (Outcome("done", {"no_such_attribute": 1}), "no_such_attribute"),
    "id": (Outcome("done", {"id": "other", "owner": "bob"}), "id, owner"),
    "facts": (Outcome("done", facts={"seen": {1, 2}}), "facts"),
    "no facts": (Outcome("done", facts=cast(Any, "abc")), "facts"),
    "problem": (Outcome("done", problem=cast(Any, "boom")), "problem"),
    "time": (Outcome("done", retry_after=math.inf), "retry_after"),
    "moment": (Outcome("unknown", retry_after=1.8e12), "retry_after"),
    "claims": (Outcome("done", claims=cast(Any, ["user"])), "claims"),
    "a text for a number": (Outcome("done", {"id_connection": "abc"}), "changes"),
    "a list for a tuple": (Outcome("done", {"present_sources": ["a"]}), "changes"),
}


@pytest.mark.parametrize(("answer", "told"), ODD_ANSWERS.values(), ids=ODD_ANSWERS)
async def test_an_answer_that_cannot_be_taken_over_is_a_handlers_fault_too(
    here: SmallWorld, answer: Any, told: str
) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(answer)
    with capture_logs() as logs:
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    (fault,) = [one for one in logs if one["event"] == "handler.failed"]
    assert (fault["handler"], fault["state"], fault["error"]) == (
        "listen",
        "listening",
        "HandlerError",
    )
    assert told in fault["reason"]
    here.bell.rings.append(answer)
    assert await send(here, await here.started(), e.Acted()) == "looking"


async def test_an_outcome_that_there_is_not_is_told_with_those_that_there_are(
    here: SmallWorld,
) -> None:
    with pytest.raises(ValueError, match="unknown outcome; known: done, ") as unknown:
        Outcome("S3cr3t")
    here.bell.listens.append(unknown.value)
    attempt_id = await here.started()
    with capture_logs() as logs:
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    (fault,) = [one for one in logs if one["event"] == "handler.failed"]
    assert fault["reason"] == str(unknown.value)
    assert "S3cr3t" not in str(logs)


async def test_a_client_that_was_not_opened_is_told(here: SmallWorld) -> None:
    with capture_logs() as logs:
        await here.engine.for_owner("owner-1").start()
    (fault,) = [one for one in logs if one["event"] == "handler.failed"]
    assert fault["reason"] == "the client is not open: use it as `async with PowensClient(...)`"


async def test_what_no_handler_can_change_cannot_be_noted_either(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.notes = {"owner": "bob"}
    assert await send(here, attempt_id, e.TryAgain()) == "failed"
    stored = await here.store.load(attempt_id)
    assert stored is not None
    assert stored.owner == "owner-1"


async def test_a_call_that_there_is_not_is_told_with_those_that_there_are(
    here: SmallWorld,
) -> None:
    attempt_id = await here.started()
    here.bell.hears_by = "smell"
    with capture_logs() as logs:
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    (fault,) = [one for one in logs if one["event"] == "handler.failed"]
    assert fault["reason"].startswith("no call is named 'smell'; there are: kept_user")


async def test_two_writes_at_once_are_one_and_a_fault(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.strikes_at_once = 2
    assert await send(here, attempt_id, e.Acted()) == "looking"
    assert here.bell.seen.count("strike") == 1


async def test_reads_at_once_after_a_write_are_saved_for_once(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.hears_at_once = 3
    assert await send(here, attempt_id, e.Acted()) == "finished"
    assert here.bell.seen == ["ring", "strike", "hear", "hear", "hear", "listen", "hear"]


async def test_a_handler_that_waited_for_something_cancelled_is_at_fault(here: SmallWorld) -> None:
    attempt_id = await here.started()
    here.bell.listens.append(asyncio.CancelledError())
    with capture_logs() as logs:
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    (fault,) = [one for one in logs if one["event"] == "handler.failed"]
    assert fault["error"] == "CancelledError"


async def test_a_handler_that_hangs_ends(here: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powens_flow.drive.LONGEST_RUN", 0.01)
    async with here.another_engine() as engine:
        here.engine = engine
        attempt_id = await here.started()
        here.bell.gate = asyncio.Event()  # never opened
        assert await send(here, attempt_id, e.TryAgain()) == "failed"
    stored = await here.store.load(attempt_id)
    assert stored is not None
    assert stored.problem == Problem("internal", description="TimeoutError")
