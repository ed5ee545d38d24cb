"""What every store must do: one suite, run against each of them."""

from tests.store.contract_claims import ClaimContract
from tests.store.contract_due import DueContract
from tests.store.contract_fleet import FleetContract, MailboxContract
from tests.store.contract_forgetting import ForgettingContract
from tests.store.contract_inbox import InboxContract
from tests.store.contract_journal import JournalContract
from tests.store.contract_leases import LeaseContract
from tests.store.contract_racing import RacingContract
from tests.store.contract_saves import SaveContract
from tests.store.contract_words import WordContract


class StoreContract(
    SaveContract,
    LeaseContract,
    InboxContract,
    DueContract,
    JournalContract,
    ClaimContract,
    ForgettingContract,
    RacingContract,
    WordContract,
    FleetContract,
    MailboxContract,
):
    """A subclass has a fixture `store` that gives a new, empty store."""
