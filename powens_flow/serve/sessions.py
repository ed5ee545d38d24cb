"""Who is who: each browser gets an end user of its own, in a signed cookie."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from typing import Final

from aiohttp import web
from attrs import frozen

from powens_flow.keyring import Keyring
from powens_flow.policy import CHAIN, OFFER, RESTRICT

COOKIE: Final = "powens_flow"
LIFETIME: Final = 7 * 86400
"""Seconds that a browser keeps it."""

OPTIONS: Final = (OFFER, RESTRICT, CHAIN)
_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]{24,64})\.([a-z]{4,10})\.([A-Za-z0-9_-]{43})")


@frozen
class Session:
    """One browser's end user: `id` is nobody else's, `sources` the option that they chose."""

    id: str
    sources: str


class Sessions:
    """Makes and reads the cookies. They outlive a restart, as the keys that sign them do.

    `run` goes into each owner: end users of a simulator that has ended are nobody's any more.
    """

    def __init__(self, keyring: Keyring, *, run: str = "", secure: bool = False) -> None:
        self._keys = _keys_of(keyring)
        self._run = run
        self._secure = secure
        self._name = f"__Host-{COOKIE}" if secure else COOKIE

    def owner(self, request: web.Request) -> str | None:
        """The owner of a request: `authenticate` of the sub-application."""
        session = self.read(request)
        return None if session is None else f"{self._run}{session.id}"

    def read(self, request: web.Request) -> Session | None:
        """The session of a request; None where its cookie is missing, foreign or changed."""
        found = _SHAPE.fullmatch(request.cookies.get(self._name, ""))
        if found is None or found[2] not in OPTIONS:
            return None
        given = f"{found[1]}.{found[2]}"
        if not any(hmac.compare_digest(found[3], _signature(key, given)) for key in self._keys):
            return None
        return Session(found[1], found[2])

    def begin(self, response: web.StreamResponse, sources: str) -> Session:
        """A new end user, whose cookie goes out with the response."""
        session = Session(secrets.token_urlsafe(24), sources)
        given = f"{session.id}.{session.sources}"
        response.set_cookie(
            self._name,
            f"{given}.{_signature(self._keys[0], given)}",
            max_age=LIFETIME,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return session


def _keys_of(keyring: Keyring) -> list[bytes]:
    """A key for signing of each key for sealing, the current one first."""
    kept = json.loads(keyring.to_jwk_set().reveal())["keys"]
    return [hmac.digest(one["k"].encode(), b"powens_flow session", "sha256") for one in kept]


def _signature(key: bytes, given: str) -> str:
    digest = hmac.new(key, given.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
