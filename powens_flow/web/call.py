"""One request to the sub-application, and what it may use."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from attrs import define, field, frozen

from powens_flow.engine import Engine
from powens_flow.idempotency import IdempotencyKey
from powens_flow.owner import Owner
from powens_flow.policy import Policy
from powens_flow.view import View
from powens_flow.web.hooks import owner_from, policy_from
from powens_flow.web.limits import Limits, Rate
from powens_flow.web.origin import check_origin
from powens_flow.web.problems import Problem
from powens_flow.web.retried import HEADER, Retried, key_of
from powens_flow.web.watching import Watching
from powens_flow.webhooks import Receiver

Authenticate = Callable[[web.Request], Awaitable[str | None] | str | None]
"""Says who the end user of a request is: an owner, or None for nobody."""

MakeReceiver = Callable[[Engine], Receiver]

ChoosePolicy = Callable[[web.Request], Awaitable[Policy | None] | Policy | None]
"""Says under which policy a request's attempt starts; None: the engine's own."""


@define(eq=False)
class Connect:
    """What the sub-application works with; `engine` from its start on."""

    authenticate: Authenticate
    return_to: str
    origins: frozenset[str]
    limits: Limits
    webhooks: Receiver | MakeReceiver | None = None
    policy: ChoosePolicy | None = None
    _engine: Engine | None = None
    _receiver: Receiver | None = None
    _watching: Watching | None = None
    rate: Rate = field(init=False)
    retried: Retried = field(init=False, factory=Retried)
    telling: set[asyncio.Task[View]] = field(init=False, factory=set)
    """What came back from the bank and is being told, also where its browser has been sent on."""

    def __attrs_post_init__(self) -> None:
        self.rate = Rate(self.limits.changes)

    @property
    def engine(self) -> Engine:
        """The engine. Raises RuntimeError before the application has started."""
        if self._engine is None:
            raise RuntimeError("the application has not started: it has no engine yet")
        return self._engine

    @property
    def watching(self) -> Watching:
        """Who follows which attempt."""
        assert self._watching is not None, "begun with the engine"
        return self._watching

    @property
    def receiver(self) -> Receiver | None:
        """Who takes webhooks, where the integrator wants them taken here."""
        return self._receiver

    def begin(self, engine: Engine) -> None:
        """Work with this engine from now on."""
        self._engine = engine
        self._watching = Watching(engine.clock, self.limits.streams)
        webhooks = self.webhooks
        self._receiver = (
            webhooks if webhooks is None or isinstance(webhooks, Receiver) else webhooks(engine)
        )


CONNECT = web.AppKey("powens_flow.connect", Connect)


@frozen(eq=False)
class Call:
    """A request, and whose it is; `owner_id` is empty where a route needs nobody."""

    request: web.Request
    connect: Connect
    owner_id: str = ""

    @property
    def owner(self) -> Owner:
        """The attempts of the request's owner."""
        return self.connect.engine.for_owner(self.owner_id)

    async def policy(self) -> Policy | None:
        """The policy that an attempt started by this request begins with."""
        return await policy_from(self.connect.policy, self.request)

    @property
    def attempt_id(self) -> str:
        """The attempt that the path names. Raises Problem for what can be no attempt's id."""
        named = self.request.match_info["id"]
        if len(named) > 200 or not named.isprintable():
            raise Problem("no_such_attempt")
        return named

    def key(self, body: Any) -> IdempotencyKey | None:
        """The idempotency key that the request came with. Raises Problem."""
        request = [self.request.method, self.request.path, body]
        return key_of(self.request.headers.get(HEADER), self.owner_id, request)


async def owner_of(request: web.Request, connect: Connect) -> str | None:
    """Who sent the request; None for nobody."""
    return await owner_from(connect.authenticate, request)


async def owned(request: web.Request, connect: Connect) -> Call:
    """The call of a route that needs an owner. Raises Problem."""
    owner = await owner_of(request, connect)
    if owner is None:
        raise Problem("unauthenticated")
    return Call(request, connect, owner)


async def changing(request: web.Request, connect: Connect) -> Call:
    """The call of a route that changes something: of the own site, and not too often."""
    headers = request.headers
    check_origin(
        headers.get("Origin"), headers.get("Sec-Fetch-Site"), request.host, connect.origins
    )
    call = await owned(request, connect)
    wait = connect.rate.wait(call.owner_id, connect.engine.clock.now())
    if wait > 0:
        raise Problem("too_many_requests", headers={"Retry-After": str(int(wait) + 1)})
    return call
