"""The bank's page sends the browser back here, and this sends it on to the integrator's page.

What comes is believed in nothing: it is told to the attempt, which reads the connection. The
attempt is found by the `state` that its address carried. Where the bank gave something else back
(the guide shows the connection's own state, or none; protocol page, Webauth), it is the one
attempt of the person who is signed in that is at the bank; else the page is handed what came.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from hmac import compare_digest
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from aiohttp import web
from attrs import frozen

from powens_flow.attempt import Attempt
from powens_flow.decisions.accepting import WEBAUTH_STATE_PREFIX, attempt_named_in
from powens_flow.errors import FlowError
from powens_flow.events import InvalidEvent, Returned
from powens_flow.view import View
from powens_flow.web.answers import problem_of
from powens_flow.web.call import Call, owner_of
from powens_flow.web.watching import within

log = structlog.get_logger("powens_flow")

MOST_PARAMETERS: Final = 20
MOST_ATTEMPTS: Final = 20
"""How many of a person's newest live attempts are looked at."""


@frozen
class Found:
    """What a callback concerns: `attempt` to go on with, `tell` whether it is told; without an
    attempt, `hand_over` whether the page may know better."""

    attempt: Attempt | None = None
    tell: bool = False
    hand_over: bool = False


NOTHING: Final = Found()


async def callback(call: Call) -> web.Response:
    """`GET callback`: 303 to the integrator's page, whatever came."""
    parameters = dict(list(call.request.query.items())[:MOST_PARAMETERS])
    try:
        found = await _found(call, parameters.get("state", ""))
        if found.tell and found.attempt is not None:
            await _tell(call, found.attempt, parameters)
    except (
        Exception
    ) as error:  # a person has come back: the page says what is wrong, if it still is
        problem_of(error)
        found = Found(hand_over=True)
    attempt_id = found.attempt.id if found.attempt else None
    log.info("web.callback", attempt=attempt_id, told=found.tell)
    back = _back(call.connect.return_to, attempt_id, parameters if found.hand_over else {})
    return web.Response(status=303, headers={"Location": back, "Referrer-Policy": "no-referrer"})


async def _found(call: Call, state: str) -> Found:
    owner = await _owner(call)
    if state.startswith(WEBAUTH_STATE_PREFIX):
        return await _named(call, state, owner)
    if owner is None:
        return Found(hand_over=True)
    at_bank = [one for one in await _live(call, owner) if one.url is not None]
    if len(at_bank) != 1:
        return Found(hand_over=True)
    return Found(at_bank[0], tell=True)


async def _owner(call: Call) -> str | None:
    try:
        return await owner_of(call.request, call.connect)
    except web.HTTPException:  # nobody is asked to sign in here
        return None


async def _named(call: Call, state: str, owner: str | None) -> Found:
    """The attempt that the state names, unless it is another person's; told only if it holds it."""
    attempt = await call.connect.engine.store.load(attempt_named_in(state) or "")
    if attempt is None or owner not in (None, attempt.owner):
        return NOTHING
    held = (attempt.url_state or "").encode()
    if compare_digest(held, state.encode()):
        return Found(attempt, tell=True)
    return Found(attempt) if owner == attempt.owner else NOTHING  # used before, or made up


async def _live(call: Call, owner: str) -> list[Attempt]:
    store = call.connect.engine.store
    loaded = [await store.load(one) for one in (await store.live(owner))[-MOST_ATTEMPTS:]]
    return [one for one in loaded if one is not None]


async def _tell(call: Call, attempt: Attempt, parameters: Mapping[str, str]) -> None:
    """The attempt is told; what takes long goes on without the browser, from the first line on."""
    engine, under_way = call.connect.engine, call.connect.telling
    work = engine.for_owner(attempt.owner).send(attempt.id, Returned(parameters))
    telling = asyncio.get_running_loop().create_task(work)
    under_way.add(telling)
    telling.add_done_callback(under_way.discard)
    with suppress(FlowError, InvalidEvent):  # it has gone on meanwhile
        await within(engine.clock, call.connect.limits.callback, _joined(telling))


async def _joined(telling: asyncio.Task[View]) -> None:
    """Until it is told; whoever leaves before cancels nothing."""
    await asyncio.shield(telling)


def _back(return_to: str, attempt_id: str | None, parameters: Mapping[str, str]) -> str:
    """The integrator's page: `attempt` in the query, what it is handed in the fragment, which
    reaches no server and no log."""
    page = urlsplit(return_to)
    query, fragment = page.query, page.fragment
    if attempt_id is not None:
        query = "&".join(part for part in (query, urlencode({"attempt": attempt_id})) if part)
    if parameters:
        fragment = urlencode({"returned": urlencode(parameters)})
    return urlunsplit(page._replace(query=query, fragment=fragment))
