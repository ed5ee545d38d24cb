"""Fuzz: Powens' answers, spoilt on their way."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import web
from attrs import evolve

from powens_flow.engine import Engine
from powens_flow.errors import EventNotAccepted, FlowError
from powens_flow.events import Cancel
from powens_flow.policy import CHAIN
from powens_flow.simulator import Simulator
from powens_flow.simulator.dispatch import BASE
from powens_flow.simulator.server import create_app
from powens_flow.testing import Script
from powens_flow.testing.driver import ENDS
from powens_flow.view import View
from soak import check
from soak.bringing import process
from soak.fuzz_events import loadable
from soak.junk import Junk
from soak.line import Tally
from soak.owner import returning
from soak.stage import POLICY, Serving, Stage, stage, unhandled
from soak.user import EndUser

Play = Callable[[web.Request], Awaitable[web.StreamResponse]]

SCRIPTS: Final = (
    Script(login="sms"),
    Script(login="decoupled-2"),
    Script(login="sca-sms"),
    Script(login="wrongpass-later"),
    Script(login="webauth"),
    Script(connector="160"),
    Script(connector="102"),
    Script(connector="71"),
    Script(connector="88", values={"department": "75"}),
    Script(connector="150", login="2:sms"),
)
POLICIES: Final = (POLICY, evolve(POLICY, sources=CHAIN), evolve(POLICY, choose_source=True))
STATUSES: Final = (200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 418, 429, 500, 503, 599)
SHARES: Final = (0.1, 0.3, 0.6)
"""How many of the answers are spoilt: attempts come the further, the fewer they are."""

MOST_STEPS: Final = 60
OWNERS: Final = 10
"""Attempts on one simulator, one after the other: making one takes longer than an attempt."""


class Spoiler:
    """Spoils a share of the API's answers; `spoilt` counts them."""

    def __init__(self, junk: Junk, share: float) -> None:
        self._junk = junk
        self._share = share
        self.spoilt = 0

    def passed(self, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
        """The answer, or what has become of it."""
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        is_api = request.path.startswith(BASE)
        if not is_api or self._junk.random.random() > self._share:
            return answer
        self.spoilt += 1
        return self._spoilt(answer, answer.body)

    def _spoilt(self, answer: web.Response, body: bytes) -> web.Response:
        random = self._junk.random
        status = answer.status if random.random() < 0.9 else random.choice(STATUSES)
        headers = {"Content-Type": "application/json"}
        if random.random() < 0.05:
            headers["Content-Encoding"] = random.choice(("gzip", "br", "deflate"))
        if random.random() < 0.2:
            headers["Retry-After"] = random.choice(("-1", "nan", "1e9", "soon", "0.5", "9" * 50))
        return web.Response(status=status, body=self._body(body), headers=headers)

    def _body(self, body: bytes) -> bytes:
        random = self._junk.random
        if random.random() < 0.05:
            return body[: random.randrange(len(body) + 1)]
        try:
            value = json.loads(body)
        except ValueError:
            return body
        times = random.choice((1, 1, 1, 2, 5))
        return json.dumps(self._junk.spoilt(value, times=times)).encode()


def serving(spoiler: Spoiler) -> Serving:
    """Serves a simulator, its answers spoilt; see `soak.stage.stage`."""

    @web.middleware
    async def spoil(request: web.Request, handler: Play) -> web.StreamResponse:
        return spoiler.passed(request, await handler(request))

    @asynccontextmanager
    async def serve(simulator: Simulator) -> AsyncIterator[str]:
        app = create_app(simulator)
        app.middlewares.append(spoil)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}{BASE}/"
        finally:
            await runner.cleanup()

    return serve


async def answered(tally: Tally, junk: Junk, count: int) -> None:
    """Attempts carried through while answers are spoilt: only documented errors come out."""
    enough = tally.tried + count
    while tally.tried < enough:
        spoiler = Spoiler(junk, junk.random.choice(SHARES))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "attempts.db"
            async with (
                unhandled() as escaped,
                stage(serving=serving(spoiler)) as on,
                process(on, path) as (_, engine),
            ):
                for number in range(OWNERS):
                    await _one(tally, junk, on, engine, f"owner-{number}")
        for words in escaped:
            tally.add("unhandled", f"answers: {words}")
        tally.tried += spoiler.spoilt


async def _one(tally: Tally, junk: Junk, on: Stage, engine: Engine, owner: str) -> None:
    policy, script = junk.random.choice(POLICIES), junk.random.choice(SCRIPTS)
    user = EndUser(engine, on.clock, script, owner=owner, policy=policy)
    if junk.random.random() < 0.5:
        await returning(on, owner)
    seen = len(on.simulator.received)
    try:
        view = await _carried(user, await user.owner.start(policy=policy))
    except Exception as error:
        tally.add("unhandled", f"answers: {type(error).__name__}")
        return
    await engine.settled(within=5.0)
    await loadable(tally, engine, view.attempt_id)
    calls = list(on.simulator.received)[seen:]
    tally.add_all(check.posted_unasked(calls, user.submitted))
    tally.add_all([bad async for bad in check.untold(on, engine, view.attempt_id)])


async def _carried(user: EndUser, view: View) -> View:
    """As far as it goes; who cannot answer a spoilt prompt cancels."""
    for _ in range(MOST_STEPS):
        if view.prompt.kind in ENDS:
            break
        try:
            view = await user.step(view)
        except FlowError:
            with suppress(EventNotAccepted):
                await user.owner.send(view.attempt_id, Cancel())
            view = await user.owner.get(view.attempt_id)
    return view
