"""An attempt followed live: server-sent events (HTML Living Standard, section 9.2).

Each event is a whole view; its id is the view's version, so that a browser that comes back with
`Last-Event-ID` gets what is new, and nothing that it has. Only the newest view is ever sent: a
slow client misses steps, and costs nothing.
"""

import json
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import web

from powens_flow.clock import Pause
from powens_flow.view import View
from powens_flow.web.answers import HEADERS
from powens_flow.web.call import Call
from powens_flow.web.watching import Watch, within

log = structlog.get_logger("powens_flow")

RETRY: Final = 2000
"""Milliseconds after which a browser that lost the stream asks again."""

ENDS: Final = ("done", "failed")


async def stream(call: Call) -> web.StreamResponse:
    """`GET attempts/{id}/stream`: the view now, and whenever it has changed, until the end.

    204, which has a browser ask no more, once the attempt has ended and the client knows.
    """
    view = await call.owner.get(call.attempt_id)
    known = call.request.headers.get("Last-Event-ID")
    if view.prompt.kind in ENDS and known == _id_of(view):
        return web.Response(status=204)
    with call.connect.watching.watch(call.owner_id, view.attempt_id) as watch:
        return await _Stream(call, watch, known).run(view)


def _id_of(view: View) -> str:
    """The version; `working` shares it with the rest before, and with the same rest after."""
    return f"{view.version}w" if view.prompt.kind == "working" else str(view.version)


class _Stream:
    """One open stream."""

    def __init__(self, call: Call, watch: Watch, known: str | None) -> None:
        self._call = call
        self._watch = watch
        self._known = known
        self._sent: str | None = None
        self._clock = call.connect.engine.clock
        self._said_at = self._clock.now()
        self._response = web.StreamResponse(
            headers={**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )

    async def run(self, view: View) -> web.StreamResponse:
        limits = self._call.connect.limits
        now = self._clock.now()
        is_open = Pause(now, now + timedelta(seconds=limits.stream))
        try:
            await self._response.prepare(self._call.request)
            await self._write(f"retry: {RETRY}\n\n")
            while await self._show(view) and is_open.lasts(self._clock.now()):
                await self._watch.wait(limits.poll)
                if self._watch.is_over or self._is_gone():
                    break
                view = await self._call.owner.get(view.attempt_id)
        except ConnectionError:
            pass  # the client left
        except Exception as error:
            if not self._response.prepared:
                raise
            # A second answer cannot be put into this one: the browser asks again, and is told.
            log.error("web.stream_failed", error=type(error).__name__)
        return self._response

    async def _show(self, view: View) -> bool:
        """Send what is new, or a heartbeat when it is time; False after the last view."""
        said = json.dumps(view.to_json())
        if said != self._sent and not self._is_known(view):
            await self._write(f"id: {_id_of(view)}\nevent: view\ndata: {said}\n\n")
        elif self._is_quiet():
            await self._write(": still here\n\n")
        self._sent = said
        return view.prompt.kind not in ENDS

    def _is_known(self, view: View) -> bool:
        """Whether the client had this view before it came back."""
        known, self._known = self._known, None
        return known == _id_of(view)

    def _is_quiet(self) -> bool:
        silence = self._clock.now() - self._said_at
        return silence >= timedelta(seconds=self._call.connect.limits.heartbeat)

    def _is_gone(self) -> bool:
        transport = self._call.request.transport
        return transport is None or transport.is_closing()

    async def _write(self, text: str) -> None:
        written = self._response.write(text.encode())
        if not await within(self._clock, self._call.connect.limits.patience, written):
            raise ConnectionError("the client takes nothing")
        self._said_at = self._clock.now()
