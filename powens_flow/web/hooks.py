"""The functions of the integrator's that a request passes through, and what they may answer."""

import inspect
from collections.abc import Callable
from typing import Any

from aiohttp import web

from powens_flow.misuse import Misuse
from powens_flow.policy import Policy
from powens_flow.utf8 import is_utf8


class HookError(Misuse, TypeError):
    """Such a function answered what is of no use. The text names it, and no value."""


def expect_function(name: str, given: object, accepted: str) -> None:
    """Raises TypeError for what cannot be called."""
    if not callable(given):
        raise TypeError(f"{name} must be {accepted}, not {type(given).__name__}")


async def owner_from(
    authenticate: Callable[[web.Request], Any], request: web.Request
) -> str | None:
    """Whose the request is; None for nobody.

    Raises:
        HookError: the answer is neither a text nor None, as of a number that is somebody's id.
    """
    owner = await _answer(authenticate, request)
    if not isinstance(owner, str | None):
        kind = type(owner).__name__
        raise HookError(
            f"authenticate has to answer an owner, which is a text, or None: not {kind}"
        )
    return owner if owner and is_utf8(owner) else None


async def policy_from(
    choose: Callable[[web.Request], Any] | None, request: web.Request
) -> Policy | None:
    """What the request's attempt starts with; None: the engine's own. Raises HookError."""
    policy = None if choose is None else await _answer(choose, request)
    if not isinstance(policy, Policy | None):
        raise HookError(f"policy has to answer a Policy, or None: not {type(policy).__name__}")
    return policy


async def _answer(hook: Callable[[web.Request], Any], request: web.Request) -> Any:
    answer = hook(request)
    return await answer if inspect.isawaitable(answer) else answer
