"""What a connector must be so that it can be played, beyond the types of what it says."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from powens_flow.simulator.connectors import LOGIN_FIELD, Connector, Field, Source

LONGEST_CONSENT: Final = 36_500
"""Days: a hundred years."""


def check_sound(one: Connector) -> None:
    """Raises ValueError, which names the part, for what would break down only when played."""
    asked = {(field.name, field.connector_sources, field.auth_mechanisms) for field in one.fields}
    if len(asked) < len(one.fields):  # for different sources a name may stand there again
        _check_once("the field", [field.name for field in one.fields])
    _check_once("the source", [source.name for source in one.sources])
    for field in one.fields:
        _check_field(field)
    for source in one.sources:
        _check_source(source)
    if one.login_field not in (LOGIN_FIELD, *(field.name for field in one.fields)):
        raise ValueError(f"login_field is {one.login_field!r}, and no field has that name")
    found = (*one.accounts, *(account for source in one.sources for account in source.accounts))
    for account in found:
        if not math.isfinite(account.balance):
            raise ValueError(f"account {account.name!r}: balance is a number that JSON can hold")


def check_apart(connectors: Iterable[Connector]) -> None:
    """Raises ValueError for connectors of one file that would hide each other."""
    every = list(connectors)
    _check_once("the connector of id", [str(one.id) for one in every])
    _check_once("the connector of uuid", [one.uuid for one in every])


def _check_once(what: str, names: list[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{what} {', '.join(map(repr, twice))} stands there twice")


def _check_field(field: Field) -> None:
    try:
        re.compile(field.regex or "")
    except re.error as error:
        told = f"regex is one that Python's re reads, and of this it says: {error}"
        raise ValueError(f"field {field.name!r}: {told}") from None
    if field.type == "list" and not field.values:
        raise ValueError(f"field {field.name!r}: values is missing, what can be chosen of the list")


def _check_source(source: Source) -> None:
    days = source.consent_days
    if days is not None and not 1 <= days <= LONGEST_CONSENT:
        told = f"consent_days is a number of days from 1 to {LONGEST_CONSENT}"
        raise ValueError(f"source {source.name!r}: {told}")
