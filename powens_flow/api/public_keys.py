"""The current public key, fetched once and shared."""

import asyncio
from typing import Protocol

from powens_flow.api.keys import PublicKey


class KeySource(Protocol):
    """Where the key comes from: the client."""

    async def public_key(self) -> PublicKey:
        """Fetches the key."""
        ...


class PublicKeys:
    """Keeps the key of one domain; concurrent callers share one fetch.

    A caller that is cancelled cancels nothing for the others. A failure reaches everyone who
    waits for that fetch, and is not kept: the next caller fetches again.
    """

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._key: PublicKey | None = None
        self._fetch: asyncio.Task[PublicKey] | None = None

    async def current(self) -> PublicKey:
        """The key, fetched if there is none yet. Raises PowensError."""
        return self._key or await self._fetched()

    async def refresh(self, *, unless: str | None = None) -> PublicKey:
        """The key, fetched anew, unless the one at hand has the `kid` `unless` already.

        After `keymanager`: no `unless`. For a value with an unknown `kid`: that `kid`, so that of
        many such values only the first fetches.
        """
        if unless is not None and self._key is not None and self._key.kid == unless:
            return self._key
        return await self._fetched()

    async def _fetched(self) -> PublicKey:
        if self._fetch is None:
            self._fetch = asyncio.ensure_future(self._source.public_key())
            self._fetch.add_done_callback(self._arrived)
        return await asyncio.shield(self._fetch)

    def _arrived(self, fetch: asyncio.Task[PublicKey]) -> None:
        self._fetch = None
        # Asking for the exception also says that it was seen, should everyone have left.
        if not fetch.cancelled() and fetch.exception() is None:
            self._key = fetch.result()
