"""One of the two processes of the race test: an engine that does what it is told over a pipe."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from powens_flow import events as e
from powens_flow.errors import EventNotAccepted, EventRefused, Working, WrongValues
from powens_flow.testing import Driver, Script
from powens_flow.view import View
from soak.site import Post, Site, machines, note_errors, open_post

SCRIPTS: Mapping[str, Script] = {
    "credentials": Script("40", "camille"),
    "code": Script("40", "sms-wrong"),
    "refused": Script("40", "wrongpass-once"),
    "synced": Script("40", "sca"),
    "device": Script("40", "decoupled-2"),
    "bank_page": Script("160"),
    "two_sources": Script("59", further=1),
}
"""The end users of the race, by name."""

REFUSALS = (EventNotAccepted, EventRefused, Working, WrongValues)
"""What an event may be answered that comes second."""

machines()


def race(site: Site, pipe: Any) -> None:
    """The process's work, until the pipe is closed."""
    note_errors(site)
    asyncio.run(_race(site, pipe))


async def _race(site: Site, pipe: Any) -> None:
    async with open_post(site) as post:
        running = asyncio.create_task(post.engine.run())
        await Racer(post, pipe).serve()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Racer:
    """Takes orders as `(number, name, arguments)`, and answers `(number, answer)`.

    What an order raises is answered as `{"raised": ...}`: the class's name.
    """

    def __init__(self, post: Post, pipe: Any) -> None:
        self._post = post
        self._pipe = pipe
        self._over = asyncio.Event()
        self._drivers: dict[str, Driver] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Do what is asked for, all at once, until the other end closes the pipe."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), self._received)
        await self._over.wait()
        loop.remove_reader(self._pipe.fileno())

    def _received(self) -> None:
        try:
            order = self._pipe.recv()
        except (EOFError, OSError):
            self._over.set()
            return
        task = asyncio.ensure_future(self._do(*order))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _do(self, number: int, name: str, arguments: Mapping[str, Any]) -> None:
        try:
            answer = await getattr(self, name)(**arguments)
        except Exception as error:
            answer = {"raised": type(error).__name__, "refused": isinstance(error, REFUSALS)}
        with suppress(OSError):  # nobody listens any more
            self._pipe.send((number, answer))

    # --- the orders --------------------------------------------------------------------------

    async def start(self, owner: str) -> dict[str, Any]:
        """A new attempt."""
        return _seen(await self._post.engine.for_owner(owner).start())

    async def get(self, owner: str, attempt: str) -> dict[str, Any]:
        """Where the attempt is."""
        return _seen(await self._post.engine.for_owner(owner).get(attempt))

    async def answer(self, owner: str, attempt: str, script: str) -> dict[str, Any] | None:
        """The event that the scripted user would send now; None while there is nothing to do."""
        driver = self._drivers.setdefault(
            attempt, Driver(self._post.engine, self._post.clock, SCRIPTS[script], owner=owner)
        )
        view = await driver.owner.get(attempt)
        event = await driver.answer(view) if view.prompt.kind not in ("done", "failed") else None
        return event.to_json() if event is not None else None

    async def send(
        self, owner: str, attempt: str, event: Mapping[str, Any], delay: float
    ) -> dict[str, Any]:
        """Send the event after so many real seconds."""
        await asyncio.sleep(delay)
        made = e.event_from_json(event)
        return _seen(await self._post.engine.for_owner(owner).send(attempt, made))

    async def settled(self) -> None:
        """Wait until nothing is under way here, and all was told."""
        await self._post.engine.settled()


def _seen(view: View) -> dict[str, Any]:
    return {"attempt": view.attempt_id, "state": view.state, "kind": view.prompt.kind}
