"""The keys under which tokens rest."""

import asyncio
from pathlib import Path

from attrs import evolve

from powens_flow.attempt import User
from powens_flow.config import Configuration
from powens_flow.config.keys import keyring
from powens_flow.keyring import Keyring
from powens_flow.secret import Secret
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import PermanentUser, StoreVault, VaultRecord
from tests.doctor.findings import OK, WARNING, WRONG, found, with_store
from tests.store import values as v


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


async def test_a_key_that_is_another_under_the_same_name(configured: Configuration) -> None:
    await stored_under(configured, Keyring.generate("k1"))
    other = Keyring.generate("k1").to_jwk_set()
    finding = (await found(evolve(configured, keys=other)))["keys"]
    assert finding.status is WRONG
    assert finding.mend.startswith("the key k1 that is here is another")


async def test_a_token_that_no_key_opens_behind_many_that_one_does(
    configured: Configuration,
) -> None:
    """As after a change of keys that was cut short: tokens are resealed in the owners' order."""
    configured, path = with_store(configured)
    ring, lost = keyring(configured, path), Keyring.generate("taken-out-too-soon")
    users = [VaultRecord(f"owner-{at:04}", at + 1, ring.seal("token")) for at in range(1000)]
    last = VaultRecord("zoe", 2000, lost.seal("token"))
    async with SQLiteStore(path) as store:
        await asyncio.gather(*(store.put_vault_record(one) for one in (*users, last)))
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert finding.says == "1 stored tokens cannot be opened"
    assert "taken-out-too-soon" in finding.mend


async def test_an_attempts_token_that_no_key_opens(configured: Configuration) -> None:
    configured, path = with_store(configured)
    sealed = Keyring.generate("taken-out-too-soon").seal("token")
    async with SQLiteStore(path) as store:
        for name, due_at in (("waits", v.at(900)), ("ended", None)):
            attempt = v.an_attempt(name, user=User(5, sealed), due_at=due_at)
            await v.at_rest(store, attempt)
    keyring(configured, path)
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert finding.says == "1 stored tokens cannot be opened"
    assert "taken-out-too-soon" in finding.mend


async def test_keys_for_a_store_that_cannot_be_looked_for(
    configured: Configuration, tmp_path: Path
) -> None:
    keys = Keyring.generate().to_jwk_set()
    there = evolve(configured, keys=keys, store=tmp_path / ("long" * 99))
    assert (await found(there))["keys"].status is OK


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
