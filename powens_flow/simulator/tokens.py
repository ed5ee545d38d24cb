"""Tokens and temporary codes of the simulated domain, and the ids it gives out."""

import base64
import itertools
import random
from collections import defaultdict
from datetime import datetime

import attrs

from powens_flow.simulator.errors import ApiError


class Ids:
    """Numbers and texts that depend on the seed alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a simulator repeats itself by seed
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(self._random.randrange(1, 10) * 1000 + 1)
        )

    def number(self, kind: str) -> int:
        return next(self._counters[kind])

    def text(self, size: int = 32) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(size)).decode().rstrip("=")

    def code(self) -> str:
        """A code that holds `+`, `/` and `=`, as real ones can."""
        return f"{self.text(12)}+/{self.text(12)}="


@attrs.define
class Grant:
    """A user token, or a code: whose it is, until when, and whether it was exchanged (burnt)."""

    id_user: int
    expires: datetime | None
    burnt: bool = False

    def valid(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires


class Tokens:
    """Which text lets in whom."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._tokens: dict[str, Grant] = {}
        self._codes: dict[str, Grant] = {}
        self._of: defaultdict[int, set[str]] = defaultdict(set)

    def issue(self, id_user: int, expires: datetime | None) -> str:
        """A new bearer token; permanent when `expires` is None."""
        text = self._ids.text()
        self._tokens[text] = Grant(id_user, expires)
        self._of[id_user].add(text)
        return text

    def code(self, id_user: int, expires: datetime) -> str:
        """A new temporary code, good for one use."""
        text = self._ids.code()
        self._codes[text] = Grant(id_user, expires)
        self._of[id_user].add(text)
        return text

    def bearer(self, text: str, now: datetime) -> int | None:
        """The user whose valid token this is."""
        grant = self._tokens.get(text)
        return grant.id_user if grant and grant.valid(now) else None

    def temporary(self, text: str) -> bool:
        return self._tokens[text].expires is not None

    def burn(self, text: str, now: datetime) -> int:
        """The user of a temporary code or temporary access token, which is used up by this.

        A temporary access token lets its bearer in until its own expiry all the same. Raises
        ApiError `forbidden` for one that is unknown, permanent, expired or burnt.
        """
        grant = self._codes.get(text) or self._tokens.get(text)
        if not grant or grant.expires is None or not grant.valid(now) or grant.burnt:
            raise ApiError("forbidden", "This code is unknown, expired or was used already")
        grant.burnt = True
        return grant.id_user

    def burn_code(self, text: str, now: datetime) -> int:
        """As `burn`, for a temporary code only: the webauth page takes no access token."""
        if text not in self._codes:
            raise ApiError("forbidden", "This is no temporary code")
        return self.burn(text, now)

    def revoke(self, text: str) -> None:
        self._tokens.pop(text, None)

    def revoke_permanent(self, id_user: int) -> None:
        for text in [t for t in self._of[id_user] if t in self._tokens and not self.temporary(t)]:
            self.revoke(text)

    def forget(self, id_user: int) -> None:
        """The user is gone, and so is everything that let it in."""
        for text in self._of.pop(id_user, ()):
            self._tokens.pop(text, None)
            self._codes.pop(text, None)
