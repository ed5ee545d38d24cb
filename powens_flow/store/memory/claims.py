"""Names that one attempt holds for a time, in memory."""

import heapq
from collections.abc import Collection
from datetime import datetime

from powens_flow.attempt import Claim
from powens_flow.store.port import Save


class Claims:
    """Who has which name; one whose claim has ended is free."""

    def __init__(self) -> None:
        self._held: dict[str, Claim] = {}
        self._ends: list[tuple[datetime, str]] = []

    def claim(self, claim: Claim, now: datetime) -> Claim:
        """See `Store.claim`."""
        held = self.held(claim.key, now)
        if held is not None:
            return held
        self._forget_ended(now)
        self._take(claim)
        return claim

    def held(self, key: str, now: datetime) -> Claim | None:
        """See `Store.claimed`."""
        held = self._held.get(key)
        return held if held is not None and held.until > now else None

    def change(self, save: Save) -> None:
        """Drop and take what a save says."""
        for key in save.dropped_claims:
            held = self._held.get(key)
            if held is not None and held.attempt_id == save.attempt.id:
                del self._held[key]
        for claim in save.claims:
            self._take(claim)

    def forget(self, attempt_ids: Collection[str]) -> None:
        """Drop all that these attempts hold."""
        gone = [key for key, claim in self._held.items() if claim.attempt_id in attempt_ids]
        for key in gone:
            del self._held[key]

    def _take(self, claim: Claim) -> None:
        self._held[claim.key] = claim
        heapq.heappush(self._ends, (claim.until, claim.key))

    def _forget_ended(self, now: datetime) -> None:
        while self._ends and self._ends[0][0] <= now:
            until, key = heapq.heappop(self._ends)
            held = self._held.get(key)
            if held is not None and held.until == until:
                del self._held[key]
