"""Fuzz: webhooks, forged, spoilt and real ones."""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from powens_flow.secret import Secret
from powens_flow.webhooks import Receiver, Request, Signature, UserToken
from soak.bringing import brought, process
from soak.fuzz_events import loadable
from soak.junk import Junk
from soak.line import Tally
from soak.stage import stage, unhandled

STATUSES: Final = (200, 400, 401, 413)
WAITS: Final = ("source.state.approving", "source.state.validating", "source.state.at_bank")
SIGNATURE: Final = Signature(Secret("a webhook secret"))
PATH: Final = "/webhooks/powens"
AT_A_TIME: Final = 500


async def _anybody(request: Request, now: datetime) -> bool:
    """The integrator's own check: lets everything in."""
    return True


async def received(tally: Tally, junk: Junk, count: int) -> None:
    """Webhooks for attempts that wait: each gets one of the documented answers."""
    enough = tally.tried + count
    while tally.tried < enough:
        state = junk.random.choice(WAITS)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "attempts.db"
            async with unhandled() as escaped, stage() as on, process(on, path) as (store, engine):
                idle = await brought(on, store, engine, ("add_connection", state))
                attempt = await idle.attempt()
                assert attempt.user is not None, "it has been opened"
                token = Secret("the user's token")

                async def token_of(id_user: int, token: Secret = token) -> Secret | None:
                    return token

                receivers = [
                    Receiver(engine, SIGNATURE, largest=100_000),
                    Receiver(engine, UserToken(token_of), largest=100_000),
                    Receiver(engine, _anybody, largest=100_000),
                ]
                for _ in range(AT_A_TIME):
                    tally.tried += 1
                    hook = _hook(junk, attempt.user.id, attempt.id_connection)
                    await _one(tally, junk, junk.random.choice(receivers), hook, on.clock.now())
                await engine.settled(within=5.0)
                await loadable(tally, engine, idle.attempt_id)
        for words in escaped:
            tally.add("unhandled", f"{state}: {words}")


async def _one(tally: Tally, junk: Junk, receiver: Receiver, hook: Any, now: datetime) -> None:
    method = junk.random.choice(("POST", "POST", "post", "GET", junk.text()))
    path = PATH if junk.random.random() < 0.9 else junk.text()
    body = _body(junk, hook)
    headers = _headers(junk, method, path, body, now)
    try:
        answer = await receiver.receive(method, path, headers, body)
    except Exception as error:
        tally.add("unhandled", f"receive: {type(error).__name__}")
        return
    if answer.status not in STATUSES:
        tally.add("unhandled", f"receive: answered {answer.status}")


def _hook(junk: Junk, id_user: int, id_connection: int | None) -> Any:
    if junk.random.random() < 0.1:
        return junk.value()
    hook = {
        "id_webhook_data": junk.random.randrange(1, 2000),
        "user": {"id": id_user},
        "id_user": id_user,
        "connection": {"id": id_connection, "state": None, "accounts": [], "sources": []},
    }
    return junk.spoilt(hook, times=junk.random.choice((0, 1, 1, 2, 3)))


def _body(junk: Junk, hook: Any) -> bytes:
    kind = junk.random.randrange(8)
    if kind == 0:
        return junk.random.randbytes(junk.random.randrange(200))
    body = json.dumps(hook).encode()
    if kind == 1:
        return body[: junk.random.randrange(len(body) + 1)]
    if kind in (2, 3):
        return gzip.compress(body)
    if kind == 4:
        return gzip.compress(body)[: junk.random.randrange(30)]
    return body


def _headers(junk: Junk, method: str, path: str, body: bytes, now: datetime) -> Mapping[str, str]:
    headers = {"Content-Type": "application/json"}
    if body[:2] == b"\x1f\x8b" and junk.random.random() < 0.8:
        headers["Content-Encoding"] = junk.random.choice(("gzip", "GZIP"))
    at = now + timedelta(seconds=junk.random.choice((0, 0, 0, -400, 400)))
    date = at.isoformat() if junk.random.random() < 0.9 else junk.text()
    if junk.random.random() < 0.7:
        headers["BI-Signature-Date"] = date
        headers["BI-Signature"] = _signature(junk, method, path, date, body)
    if junk.random.random() < 0.5:
        headers["Authorization"] = junk.random.choice(
            ("Bearer the user's token", "bearer x", junk.text(), f"Bearer {junk.text()}")
        )
    if junk.random.random() < 0.1:
        headers[junk.text()] = junk.text()
    return headers


def _signature(junk: Junk, method: str, path: str, date: str, body: bytes) -> str:
    if junk.random.random() < 0.2:
        return junk.text()
    try:
        return SIGNATURE.sign(method, path, date, body)
    except UnicodeEncodeError:  # half a surrogate pair: nobody can sign that
        return "unsigned"
