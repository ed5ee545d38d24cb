"""What the integrator wants: which connectors and accounts, which option, which time limits."""

from attrs import field, frozen
from attrs.validators import ge, gt, in_, instance_of

OFFER, RESTRICT, CHAIN = "offer", "restrict", "chain"
ASK, REPAIR, ADD = "ask", "repair", "add"


@frozen
class Deadlines:
    """How long each kind of waiting may last, in seconds, from when its reason began.

    `warning`: how long before the end of a wait the listeners hear the trigger `warn`.
    """

    user: float = field(default=900.0, validator=gt(0))
    bank: float = field(default=900.0, validator=gt(0))
    approval: float = field(default=300.0, validator=gt(0))
    processing: float = field(default=600.0, validator=gt(0))
    temporary: float = field(default=1200.0, validator=gt(0))
    cleanup: float = field(default=86400.0, validator=gt(0))
    warning: float = field(default=120.0, validator=ge(0))


@frozen
class Policy:
    """One integrator's wishes; a snapshot keeps the policy that its attempt began with.

    `sources` is one of the guide's three ways to handle several sources:

    - `offer` (recommended): add the first source, offer the next one beside the accounts;
    - `restrict`: add only sources that give `account_types`, offer no other;
    - `chain`: add all sources one after the other, then activate.

    `capabilities`, `account_types` and `account_usages` narrow connectors and sources; empty
    means any. `connectors` lists the only uuids or ids allowed (empty: any); `countries` are ISO
    codes. `existing` says what happens when the owner's user has a connection of the chosen
    connector already: `ask`, `repair` the newest, or `add` another. `cleanup` deletes what an
    attempt made when it does not complete. `permanent_user` makes the user permanent at once.
    `offer_new_accounts` offers accounts found while repairing. `at_least_one` wants one account
    or subscription approved.
    """

    sources: str = field(default=OFFER, validator=in_((OFFER, RESTRICT, CHAIN)))
    choose_source: bool = False
    capabilities: tuple[str, ...] = ()
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    beta: bool = True
    at_least_one: bool = False
    existing: str = field(default=ASK, validator=in_((ASK, REPAIR, ADD)))
    permanent_user: bool = False
    offer_new_accounts: bool = True
    cleanup: bool = field(default=True, validator=instance_of(bool))
    consent_wording: str = "consent.default"
    redirect_uri: str | None = None
    deadlines: Deadlines = Deadlines()
    no_progress_limit: int = field(default=3, validator=ge(1))
