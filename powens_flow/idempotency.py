"""A request that is sent again, because its answer was lost, acts once.

The key stands in the store as a claim of the attempt, written with what the request did, all or
nothing: so it holds across crashes and processes. Neither the key nor what was asked is kept
readable: only the hash of the one, and a hash of the other that the first is the key of.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen

from powens_flow.attempt import Claim
from powens_flow.errors import IdempotencyKeyReused
from powens_flow.utf8 import is_utf8

KEPT: Final = timedelta(hours=24)
"""How long a key is remembered: well beyond any client's retries."""


class TakenBefore(Exception):
    """The event came before, with the same key: it is not taken twice."""


@frozen
class IdempotencyKey:
    """One request's key: `name` of its claim, and the `digest` of what was asked with it."""

    name: str
    digest: str = field(repr=False)

    @classmethod
    def of(cls, owner: str, key: str, request: Any) -> "IdempotencyKey":
        """The key that an owner's client gave for this request, which is anything JSON can say.

        Keys of different owners never meet. A client makes a new unguessable one, such as a UUID,
        for each thing that it wants done.

        Raises:
            ValueError: the owner or the key is no text, or empty; it holds neither.
            TypeError: the request is nothing that JSON can say.
        """
        for what, given in (("an owner", owner), ("an idempotency key", key)):
            if not given or not is_utf8(given):
                raise ValueError(f"{what} is a text of Unicode that is not empty")
        name = hashlib.sha256(json.dumps([owner, key]).encode()).hexdigest()
        asked = json.dumps(request, sort_keys=True).encode()
        digest = hmac.new(key.encode(), asked, hashlib.sha256).hexdigest()
        return cls(f"idempotency:{name}", digest)

    def claim(self, attempt_id: str, now: datetime) -> Claim:
        """What the store keeps of it."""
        return Claim(self.name, attempt_id, now + KEPT, {"digest": self.digest})

    def expect_same(self, claim: Claim) -> None:
        """Raises IdempotencyKeyReused if the claim is one of another request."""
        held = str(claim.data.get("digest", ""))
        if not hmac.compare_digest(held.encode(), self.digest.encode()):
            raise IdempotencyKeyReused

    def to_json(self) -> dict[str, str]:
        """The key beside an event that waits in an inbox."""
        return {"name": self.name, "digest": self.digest}


def key_from_json(data: Mapping[str, Any] | None) -> IdempotencyKey | None:
    """The key beside an event in an inbox, if there is one."""
    return None if data is None else IdempotencyKey(**data)
