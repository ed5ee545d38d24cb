"""A vault that can be down."""

from collections import Counter

from powens_flow.vault import MemoryVault, PermanentUser


class FlakyVault(MemoryVault):
    """Fails the next so many reads (`fails["get"]`) and writes (`fails["put"]`)."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Counter[str] = Counter()

    async def get(self, owner: str) -> PermanentUser | None:
        """See `Vault.get`."""
        self._fail("get")
        return await super().get(owner)

    async def put(self, owner: str, user: PermanentUser) -> None:
        """See `Vault.put`."""
        self._fail("put")
        await super().put(owner, user)

    def _fail(self, what: str) -> None:
        if self.fails[what]:
            self.fails[what] -= 1
            raise OSError("the vault is down")
