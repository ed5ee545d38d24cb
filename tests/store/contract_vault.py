"""Permanent users' records, for a store that keeps them (see `VaultRecords`)."""

import asyncio

from powens_flow.vault import VaultRecord, VaultRecords

OWNERS = ("Zoë", "ann", "Ann", "a-nn", "a nn", "äb", "b", "B", "10", "9")
"""What each language sorts in another way."""


class VaultRecordContract:
    """A subclass has a fixture `records` that gives a new, empty store."""

    async def test_an_owners_record_replaces_the_one_before(self, records: VaultRecords) -> None:
        assert await records.vault_record("ann") is None
        for token in ("one", "two"):
            assert await records.put_vault_record(VaultRecord("ann", 2**53 + 1, token))
            assert await records.vault_record("ann") == VaultRecord("ann", 2**53 + 1, token)
        await records.delete_vault_record("ann")
        await records.delete_vault_record("ann")
        assert await records.vault_record("ann") is None

    async def test_one_is_changed_only_instead_of_what_is_kept(self, records: VaultRecords) -> None:
        assert await records.put_vault_record(VaultRecord("ann", 5, "newer"))
        older = VaultRecord("ann", 5, "resealed")
        assert not await records.put_vault_record(older, instead_of="older")
        assert await records.vault_record("ann") == VaultRecord("ann", 5, "newer")
        assert not await records.put_vault_record(VaultRecord("bea", 6, "x"), instead_of="older")
        assert await records.vault_record("bea") is None

    async def test_of_many_that_change_it_at_once_one_does(self, records: VaultRecords) -> None:
        await records.put_vault_record(VaultRecord("ann", 5, "first"))
        changed = [VaultRecord("ann", 5, f"token-{n}") for n in range(12)]
        puts = (records.put_vault_record(one, instead_of="first") for one in changed)
        answers = await asyncio.gather(*puts)
        (written,) = [one for one, is_it in zip(changed, answers, strict=True) if is_it]
        assert await records.vault_record("ann") == written

    async def test_each_record_is_on_one_page(self, records: VaultRecords) -> None:
        for n, owner in enumerate(OWNERS):
            await records.put_vault_record(VaultRecord(owner, n, f"token-{n}"))
        found: list[str] = []
        after = ""
        while page := await records.vault_records(after=after, limit=3):
            assert len(page) <= 3
            found += [one.owner for one in page]
            after = found[-1]
        assert sorted(found) == sorted(OWNERS)
