"""What the integrator wants: which connectors and accounts, which option, which time limits."""

import re
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, in_, instance_of, optional

OFFER, RESTRICT, CHAIN = "offer", "restrict", "chain"
ASK, REPAIR, ADD = "ask", "repair", "add"

LONGEST = 10 * 366 * 86400.0
"""Seconds; a longer wait is no wait, and soon none that a date can express."""


def _redirects(_: Any, attribute: Any, value: str) -> None:
    """Protocol page, "Webauth": absolute, and registered without query parameters."""
    if "?" in value or "#" in value or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", value):
        raise ValueError(f"{attribute.name} must be absolute, and carry no query parameters")


_is_true_or_false = instance_of(bool)


def _lasts(_: Any, attribute: Any, value: float) -> None:
    if not 0 < value <= LONGEST:
        raise ValueError(f"{attribute.name} must be more than 0 and at most {LONGEST} seconds")


def _warns(_: Any, attribute: Any, value: float) -> None:
    if not 0 <= value <= LONGEST:
        raise ValueError(f"{attribute.name} must be 0 or more and at most {LONGEST} seconds")


def _names(_: Any, attribute: Any, value: tuple[str, ...]) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{attribute.name} must be a tuple of texts")


def _references(_: Any, attribute: Any, value: tuple[str, ...]) -> None:
    _names(_, attribute, value)
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", one) for one in value):
        raise ValueError(f"{attribute.name} must be uuids or ids")


@frozen
class Deadlines:
    """How long each kind of waiting may last, in seconds, from when its reason began.

    `warning`: how long before the end of a wait the listeners hear the trigger `warn`.
    """

    user: float = field(default=900.0, validator=_lasts)
    bank: float = field(default=900.0, validator=_lasts)
    approval: float = field(default=300.0, validator=_lasts)
    processing: float = field(default=600.0, validator=_lasts)
    temporary: float = field(default=1200.0, validator=_lasts)
    cleanup: float = field(default=86400.0, validator=_lasts)
    warning: float = field(default=120.0, validator=_warns)


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
    choose_source: bool = field(default=False, validator=_is_true_or_false)
    capabilities: tuple[str, ...] = field(default=(), validator=_names)
    account_types: tuple[str, ...] = field(default=(), validator=_names)
    account_usages: tuple[str, ...] = field(default=(), validator=_names)
    connectors: tuple[str, ...] = field(default=(), validator=_references)
    countries: tuple[str, ...] = field(default=(), validator=_names)
    beta: bool = field(default=True, validator=_is_true_or_false)
    at_least_one: bool = field(default=False, validator=_is_true_or_false)
    existing: str = field(default=ASK, validator=in_((ASK, REPAIR, ADD)))
    permanent_user: bool = field(default=False, validator=_is_true_or_false)
    offer_new_accounts: bool = field(default=True, validator=_is_true_or_false)
    cleanup: bool = field(default=True, validator=_is_true_or_false)
    consent_wording: str = "consent.default"
    redirect_uri: str | None = field(default=None, validator=optional(_redirects))
    deadlines: Deadlines = Deadlines()
    no_progress_limit: int = field(default=3, validator=ge(1))
