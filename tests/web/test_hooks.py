"""The integrator's own functions: what they answer is used, or told plainly in the log."""

from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from powens_flow.policy import Policy
from powens_flow.testing import world
from powens_flow.web import connect_app
from tests.web.site import authenticate, site


def _failed(logs: list[Any]) -> dict[str, Any]:
    [one] = [one for one in logs if one["event"] == "web.failed"]
    return dict(one)


@pytest.mark.parametrize("owner", [42, b"maya", True])
async def test_an_owner_that_is_no_text_is_told_in_the_log(owner: object) -> None:
    async with site(options={"authenticate": lambda _: owner}) as here:
        with capture_logs() as logs:
            answer = await here.post("/attempts", {"machine": "add_connection"})
        assert answer.status == 503
        assert await here.world.store.live(str(owner)) == ()
    kind = type(owner).__name__
    assert _failed(logs)["reason"] == (
        f"authenticate has to answer an owner, which is a text, or None: not {kind}"
    )


async def test_where_the_integrators_function_raised_is_told_in_the_log() -> None:
    def raising(request: web.Request) -> str:
        return request.headers["X-Nobody-Sends-This"]

    async with site(options={"authenticate": raising}) as here:
        with capture_logs() as logs:
            await here.post("/attempts", {"machine": "add_connection"})
    failed = _failed(logs)
    assert (failed["error"], failed["reason"]) == ("KeyError", None)
    assert failed["at"].startswith("test_hooks.py:")


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_policy_of_an_attempt_may_be_looked_up(is_async: bool) -> None:
    wanted = Policy(connectors=("40",))

    async def looked_up(request: web.Request) -> Policy:
        return wanted

    choose = looked_up if is_async else lambda _: wanted
    async with site(options={"policy": choose}) as here:
        view = await here.started()
        attempt = await here.world.store.load(view["attempt_id"])
    assert attempt is not None
    assert attempt.policy == wanted


async def test_a_policy_that_is_none_starts_no_attempt() -> None:
    async with site(options={"policy": lambda _: {"sources": "chain"}}) as here:
        with capture_logs() as logs:
            answer = await here.post("/attempts", {"machine": "add_connection"})
        assert answer.status == 503
        assert await here.world.store.live("maya") == ()
    assert _failed(logs)["reason"] == "policy has to answer a Policy, or None: not dict"


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("authenticate", None),
        ("authenticate", "maya"),
        ("policy", Policy()),
        ("webhooks", "secret"),
        ("return_to", ""),
        ("return_to", None),
    ],
)
async def test_an_option_of_another_kind_is_refused_at_once(option: str, wrong: Any) -> None:
    given: dict[str, Any] = {"authenticate": authenticate, option: wrong}
    async with world() as w:
        with pytest.raises((TypeError, ValueError), match=f"^{option} must be "):
            connect_app(w.engine, **given)


def test_an_engine_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"^engine must be an Engine, or a function"):
        connect_app(None, authenticate=authenticate)  # type: ignore[arg-type]  # that is the point
