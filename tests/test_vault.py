"""The vaults: each owner's permanent user."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from powens_flow.keyring import Keyring, SealBroken
from powens_flow.secret import Secret
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import MemoryVault, PermanentUser, StoreVault, Vault

ADA = PermanentUser(5, Secret("hush-ada"))
BEA = PermanentUser(6, Secret("hush-bea"))


class VaultContract:
    """A subclass has a fixture `vault` that gives a new, empty vault."""

    async def test_an_owner_has_no_user_at_first(self, vault: Vault) -> None:
        assert await vault.get("ada") is None

    async def test_what_was_put_is_got(self, vault: Vault) -> None:
        await vault.put("ada", ADA)
        await vault.put("bea", BEA)
        assert await vault.get("ada") == ADA
        assert await vault.get("bea") == BEA

    async def test_putting_again_replaces(self, vault: Vault) -> None:
        await vault.put("ada", ADA)
        await vault.put("ada", BEA)
        assert await vault.get("ada") == BEA

    async def test_what_was_deleted_is_gone(self, vault: Vault) -> None:
        await vault.put("ada", ADA)
        await vault.put("bea", BEA)
        await vault.delete("ada")
        await vault.delete("nobody")
        assert await vault.get("ada") is None
        assert await vault.get("bea") == BEA

    async def test_no_token_shows(self, vault: Vault) -> None:
        await vault.put("ada", ADA)
        assert "hush" not in repr(vault) + repr(await vault.get("ada"))


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with SQLiteStore(tmp_path / "vault.db") as store:
        yield store


class TestStoreVault(VaultContract):
    @pytest.fixture
    def vault(self, store: SQLiteStore) -> Vault:
        return StoreVault(store, Keyring.generate())

    async def test_its_token_rests_sealed(self, store: SQLiteStore) -> None:
        keyring = Keyring.generate("first")
        await StoreVault(store, keyring).put("ada", ADA)
        record = await store.vault_record("ada")
        assert record is not None
        assert record.id_user == 5
        assert keyring.open(record.token) == ADA.token
        assert "eyJ" not in repr(record)

    async def test_a_token_of_a_lost_key_is_an_error(self, store: SQLiteStore) -> None:
        await StoreVault(store, Keyring.generate("lost")).put("ada", ADA)
        with pytest.raises(SealBroken, match="lost"):
            await StoreVault(store, Keyring.generate("new")).get("ada")

    async def test_all_tokens_are_resealed_when_the_key_changes(self, store: SQLiteStore) -> None:
        first = Keyring.generate("first")
        owners = [f"owner-{n:04}" for n in range(1100)]
        await asyncio.gather(*(StoreVault(store, first).put(one, ADA) for one in owners))
        second = first.changed("second")
        vault = StoreVault(store, second)
        await vault.put("bea", BEA)
        assert await vault.reseal() == 1100
        assert await vault.reseal() == 0
        only_second = Keyring.from_jwk_set(
            {"keys": [one for one in _keys(second) if one["kid"] == "second"]}
        )
        alone = StoreVault(store, only_second)
        assert [await alone.get(one) for one in (owners[0], owners[-1], "bea")] == [ADA, ADA, BEA]

    async def test_one_that_cannot_be_opened_keeps_no_other_from_being_resealed(
        self, store: SQLiteStore
    ) -> None:
        first = Keyring.generate("first")
        await StoreVault(store, Keyring.generate("lost")).put("ada", ADA)
        await StoreVault(store, first).put("bea", BEA)
        second = first.changed("second")
        with pytest.raises(SealBroken, match="lost"):
            await StoreVault(store, second).reseal()
        record = await store.vault_record("bea")
        assert record is not None
        assert second.reseal(record.token) == record.token


def _keys(keyring: Keyring) -> list[dict[str, str]]:
    keys = json.loads(keyring.to_jwk_set().reveal())["keys"]
    assert isinstance(keys, list)
    return keys
