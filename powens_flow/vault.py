"""Where permanent users' tokens rest: the port, and the vault in memory."""

from typing import Protocol

from attrs import frozen

from powens_flow.secret import Secret


@frozen
class PermanentUser:
    """The Powens user of one owner, with its permanent token."""

    id_user: int
    token: Secret


class Vault(Protocol):
    """Keeps one permanent user for each owner. What `put` was told survives a power cut."""

    async def get(self, owner: str) -> PermanentUser | None:
        """The owner's user, or None."""
        ...

    async def put(self, owner: str, user: PermanentUser) -> None:
        """Keep the owner's user; putting it again replaces it."""
        ...

    async def delete(self, owner: str) -> None:
        """Forget the owner's user; nothing happens if there is none."""
        ...
