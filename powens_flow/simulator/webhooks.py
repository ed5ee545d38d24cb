"""Webhooks: told for permanent users, kept back for temporary ones, sent again until taken."""

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
from collections import deque
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import aiohttp
import attrs

from powens_flow.simulator.clock import SimulatedClock
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.tokens import Ids
from powens_flow.simulator.views import stamp
from powens_flow.simulator.world import User

MAX_FAILURES = 10
MAX_TIMEOUTS = 2
Missed = Literal["timeout", "no answer"]


@attrs.frozen
class Hook:
    """One webhook on its way."""

    event: str
    body: dict[str, Any] = attrs.field(repr=False)
    token: str = attrs.field(repr=False)


@attrs.frozen
class Delivery:
    """One try of one webhook: the answer's status, or None for no answer."""

    event: str
    id_webhook_data: int
    status: int | None


class Sender(Protocol):
    """Whose webhooks they are; its settings may change at any time, and its ids be begun anew."""

    settings: Settings
    clock: SimulatedClock
    ids: Ids


class Outbox:
    """The webhooks of a domain, in order.

    `stopped` after 10 failures in a row or 2 time-outs, as at Powens, until `restart`.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._queue: deque[Hook] = deque()
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._cleared = asyncio.Event()
        self.restart()
        self.deliveries: deque[Delivery] = deque(maxlen=sender.settings.received_max)

    def tell(self, user: User, event: str, shape: dict[str, Any]) -> None:
        """Sends, or for a temporary user keeps until it turns permanent."""
        if self._sender.settings.webhook_url is None:
            return
        body = {
            "user": {
                "id": user.id,
                "platform": "sharedAccess",
                "signin": stamp(self._sender.settings, user.created),
            },
            **shape,
        }
        if user.permanent:
            self._put(user, event, body)
        else:
            user.waiting_hooks.append((event, body))

    def release(self, user: User) -> None:
        """The user turned permanent: what was kept back is sent."""
        for event, body in user.waiting_hooks:
            self._put(user, event, body)
        user.waiting_hooks.clear()

    def _put(self, user: User, event: str, body: dict[str, Any]) -> None:
        number = self._sender.ids.number("webhook")
        self._queue.append(Hook(event, {"id_webhook_data": number, **body}, user.token))
        self._filled.set()
        self._idle.clear()

    def clear(self) -> None:
        """Forgets what was sent, what was not sent yet, and why sending stopped."""
        self._queue.clear()
        self.deliveries.clear()
        self._cleared.set()
        self.restart()

    def restart(self) -> None:
        """Sends again what is told from now on: what the console does after sending stopped."""
        self._failures = self._timeouts = 0
        self.stopped = False

    async def drained(self) -> None:
        """Waits until everything told so far was sent (or given up)."""
        await self._idle.wait()

    async def run(self) -> None:
        """Sends what is told, for ever; one at a time, in order."""
        timeout = aiohttp.ClientTimeout(total=self._sender.settings.webhook_timeout)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self._filled.wait()
                await self._send_all(session)
                self._filled.clear()
                self._idle.set()

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        while self._queue and not self.stopped:
            self._cleared.clear()
            hook = self._queue[0]
            status = await self._post(session, hook)
            if self._cleared.is_set():  # a reset meanwhile: nobody asks for this one any more
                continue
            if self._counted(hook, status):
                self._queue.popleft()
            elif not self.stopped:
                await self._pause()
        self._queue.clear()

    async def _pause(self) -> None:
        """Until the webhook is to be sent again, or a reset."""
        seconds = self._sender.settings.webhook_resend_seconds
        asleep = asyncio.ensure_future(self._sender.clock.sleep(seconds))
        cleared = asyncio.ensure_future(self._cleared.wait())
        try:
            await asyncio.wait({asleep, cleared}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asleep.cancel()
            cleared.cancel()

    def _counted(self, hook: Hook, status: int | Missed) -> bool:
        """Whether it was taken; what came of it is listed and counted."""
        told = status if isinstance(status, int) else None
        self.deliveries.append(Delivery(hook.event, hook.body["id_webhook_data"], told))
        taken = told is not None and 200 <= told < 300
        self._failures = 0 if taken else self._failures + 1
        self._timeouts += status == "timeout"
        self.stopped = self._failures >= MAX_FAILURES or self._timeouts >= MAX_TIMEOUTS
        return taken

    async def _post(self, session: aiohttp.ClientSession, hook: Hook) -> int | Missed:
        url = (self._sender.settings.webhook_url or "").replace("{event}", hook.event)
        data, headers = self._message(url, hook)
        try:
            async with session.post(
                url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except TimeoutError:
            return "timeout"
        except (aiohttp.ClientError, OSError, ValueError):  # a host that is no name is a ValueError
            return "no answer"

    def _message(self, url: str, hook: Hook) -> tuple[bytes, dict[str, str]]:
        settings = self._sender.settings
        plain = json.dumps(hook.body, ensure_ascii=False).encode()
        data = gzip.compress(plain) if settings.webhook_gzip else plain
        headers = {"Content-Type": "application/json"}
        if settings.webhook_gzip:
            headers["Content-Encoding"] = "gzip"
        if settings.webhook_auth == "bearer":
            return data, headers | {"Authorization": f"Bearer {hook.token}"}
        date = self._sender.clock.now().isoformat()
        signed = data if settings.webhook_signs == "sent" else plain
        signature = sign(settings.webhook_secret, "POST", urlsplit(url).path, date, signed)
        return data, headers | {"BI-Signature": signature, "BI-Signature-Date": date}


def sign(secret: str, method: str, path: str, date: str, body: bytes) -> str:
    """`BI-Signature`: base64(HMAC-SHA256(`METHOD.path.date.body`, secret))."""
    text = f"{method}.{path}.{date}.".encode() + body
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
