"""What the integrator wants: which connectors and accounts, which option, which time limits."""

import re
from typing import Any

from attrs import field, frozen

from powens_flow.options import count, is_number, must_be, one_of, text, true_or_false

OFFER, RESTRICT, CHAIN = "offer", "restrict", "chain"
ASK, REPAIR, ADD = "ask", "repair", "add"

LONGEST = 10 * 366 * 86400.0
"""Seconds; a longer wait is no wait, and soon none that a date can express."""

# An option is held to its type as well: one of another would be saved with the attempt, and not be
# read again by the next process.

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s?#]+")


def _are_texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _are_references(value: Any) -> bool:
    return _are_texts(value) and all(_REFERENCE.fullmatch(one) for one in value)


def _is_redirect(value: Any) -> bool:
    """Protocol page, "Webauth": absolute, and registered without query parameters."""
    return value is None or (isinstance(value, str) and bool(_ABSOLUTE.fullmatch(value)))


_texts = must_be("a tuple of texts", _are_texts)
_references = must_be("a tuple of uuids or ids, as texts", _are_references)
_redirect = must_be("an absolute URL without a query", _is_redirect)
_lasting = must_be(
    f"seconds, more than 0 and at most {LONGEST:.0f}",
    lambda value: is_number(value) and 0 < value <= LONGEST,
)
_warning = must_be(
    f"seconds, from 0 to {LONGEST:.0f}", lambda value: is_number(value) and 0 <= value <= LONGEST
)


@frozen
class Deadlines:
    """How long each kind of waiting may last, in seconds, from when its reason began.

    `warning`: how long before the end of a wait the listeners hear the trigger `warn`.
    """

    user: float = field(default=900.0, validator=_lasting)
    bank: float = field(default=900.0, validator=_lasting)
    approval: float = field(default=300.0, validator=_lasting)
    processing: float = field(default=600.0, validator=_lasting)
    temporary: float = field(default=1200.0, validator=_lasting)
    cleanup: float = field(default=86400.0, validator=_lasting)
    warning: float = field(default=120.0, validator=_warning)


_deadlines = must_be("Deadlines", lambda value: isinstance(value, Deadlines))


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

    Raises:
        ValueError: naming the option, what it may be, and what was given.
    """

    sources: str = field(default=OFFER, validator=one_of(OFFER, RESTRICT, CHAIN))
    choose_source: bool = field(default=False, validator=true_or_false)
    capabilities: tuple[str, ...] = field(default=(), validator=_texts)
    account_types: tuple[str, ...] = field(default=(), validator=_texts)
    account_usages: tuple[str, ...] = field(default=(), validator=_texts)
    connectors: tuple[str, ...] = field(default=(), validator=_references)
    countries: tuple[str, ...] = field(default=(), validator=_texts)
    beta: bool = field(default=True, validator=true_or_false)
    at_least_one: bool = field(default=False, validator=true_or_false)
    existing: str = field(default=ASK, validator=one_of(ASK, REPAIR, ADD))
    permanent_user: bool = field(default=False, validator=true_or_false)
    offer_new_accounts: bool = field(default=True, validator=true_or_false)
    cleanup: bool = field(default=True, validator=true_or_false)
    consent_wording: str = field(default="consent.default", validator=text)
    redirect_uri: str | None = field(default=None, validator=_redirect)
    deadlines: Deadlines = field(default=Deadlines(), validator=_deadlines)
    no_progress_limit: int = field(default=3, validator=count)
