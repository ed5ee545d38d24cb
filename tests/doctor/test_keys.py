"""The keys under which tokens rest."""

from attrs import evolve

from powens_flow.config import Configuration
from powens_flow.config.keys import keyring
from powens_flow.keyring import Keyring
from powens_flow.secret import Secret
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import PermanentUser, StoreVault
from tests.doctor.findings import WARNING, WRONG, found, with_store


async def stored_under(configured: Configuration, ring: Keyring) -> None:
    assert configured.store is not None
    async with SQLiteStore(configured.store) as store:
        await StoreVault(store, ring).put("ann", PermanentUser(7, Secret("token")))


async def test_tokens_that_no_key_opens(configured: Configuration) -> None:
    configured, path = with_store(configured)
    await stored_under(configured, Keyring.generate("lost"))
    keyring(configured, path)
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "give back the key lost" in finding.mend


async def test_keys_that_are_lost(configured: Configuration) -> None:
    await stored_under(configured, Keyring.generate())
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "is not there" in finding.says


async def test_keys_that_others_can_read(configured: Configuration) -> None:
    configured, path = with_store(configured)
    keyring(configured, path)
    file = path.with_name(f"{path.name}.keys")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    finding = (await found(configured))["keys"]
    assert finding.status is WARNING
    assert "chmod 600" in finding.mend


async def test_a_file_of_keys_that_is_none(configured: Configuration) -> None:
    configured, path = with_store(configured)
    path.with_name(f"{path.name}.keys").write_text("S3cr3t")
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "S3cr3t" not in finding.says


def test_keys_are_made_once(configured: Configuration) -> None:
    configured, path = with_store(configured)
    assert keyring(configured, path).kids == keyring(configured, path).kids
    own = evolve(configured, keys=Keyring.generate("own").to_jwk_set())
    assert keyring(own, path).kids == ("own",)
