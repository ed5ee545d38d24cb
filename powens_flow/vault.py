"""Where permanent users' tokens rest: the port, a vault in memory, and one in a store."""

from typing import Protocol

from attrs import field, frozen

from powens_flow.keyring import Keyring, SealBroken
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


class MemoryVault:
    """A vault that forgets when its process ends: for tests, and for trying things out."""

    def __init__(self) -> None:
        self._users: dict[str, PermanentUser] = {}

    def __repr__(self) -> str:
        return f"MemoryVault({len(self._users)} users)"

    async def get(self, owner: str) -> PermanentUser | None:
        """See `Vault.get`."""
        return self._users.get(owner)

    async def put(self, owner: str, user: PermanentUser) -> None:
        """See `Vault.put`; nothing here survives the process."""
        self._users[owner] = user

    async def delete(self, owner: str) -> None:
        """See `Vault.delete`."""
        self._users.pop(owner, None)


@frozen
class VaultRecord:
    """A permanent user as a store keeps it: `token` is sealed."""

    owner: str
    id_user: int
    token: str = field(repr=False)


class VaultRecords(Protocol):
    """What a `StoreVault` asks of a store. Writes are durable."""

    async def vault_record(self, owner: str) -> VaultRecord | None:
        """The owner's record, or None."""
        ...

    async def put_vault_record(self, record: VaultRecord, *, instead_of: str | None = None) -> bool:
        """Keep the record in place of the owner's earlier one.

        With `instead_of` only if that is the token kept now; answers whether it was written.
        """
        ...

    async def delete_vault_record(self, owner: str) -> None:
        """Forget the owner's record."""
        ...

    async def vault_records(self, *, after: str = "", limit: int = 1000) -> tuple[VaultRecord, ...]:
        """Records of owners that sort after `after`, in that order."""
        ...


class StoreVault:
    """A vault in a store, whose tokens rest sealed by `keyring`."""

    def __init__(self, records: VaultRecords, keyring: Keyring) -> None:
        self._records = records
        self._keyring = keyring

    async def get(self, owner: str) -> PermanentUser | None:
        """See `Vault.get`. Raises `SealBroken` where the keyring cannot open the token."""
        record = await self._records.vault_record(owner)
        if record is None:
            return None
        return PermanentUser(record.id_user, self._keyring.open(record.token))

    async def put(self, owner: str, user: PermanentUser) -> None:
        """See `Vault.put`."""
        sealed = self._keyring.seal(user.token.reveal())
        await self._records.put_vault_record(VaultRecord(owner, user.id_user, sealed))

    async def delete(self, owner: str) -> None:
        """See `Vault.delete`."""
        await self._records.delete_vault_record(owner)

    async def reseal(self) -> int:
        """Seal each token that an older key sealed with the current one; answers how many.

        What is put meanwhile wins. A token that cannot be opened is left as it is.

        Raises:
            SealBroken: the first that could not be opened; all others are done.
        """
        done, after = 0, ""
        broken: SealBroken | None = None
        while records := await self._records.vault_records(after=after):
            for record in records:
                try:
                    done += await self._resealed(record)
                except SealBroken as error:
                    broken = broken or error
            after = records[-1].owner
        if broken is not None:
            raise broken
        return done

    async def _resealed(self, record: VaultRecord) -> bool:
        sealed = self._keyring.reseal(record.token)
        if sealed == record.token:
            return False
        changed = VaultRecord(record.owner, record.id_user, sealed)
        return await self._records.put_vault_record(changed, instead_of=record.token)
