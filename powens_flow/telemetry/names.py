"""What owners are called where people read along."""

import hashlib
from functools import lru_cache


@lru_cache(maxsize=4096)
def owner_hash(owner: str) -> str:
    """The same for the same owner, and not the owner's name, which may be an address or a number.

    A pseudonym, not anonymous: whoever knows an owner can compute it.
    """
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:16]
