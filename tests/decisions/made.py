"""Attempts made by hand, for questions that need no world around them."""

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from powens_flow.attempt import AskedField, Attempt, Connector, Source, SourceFate, User
from powens_flow.testing.clock import BEGINNING

NOW = BEGINNING


def seconds(number: float) -> datetime:
    """That many seconds after the beginning."""
    return NOW + timedelta(seconds=number)


def source(name: str, priority: int = 0, mechanism: str = "credentials", **more: Any) -> Source:
    return Source(100 + priority, name, mechanism, priority, **more)


LOGIN = AskedField("login", label="Login")
PASSWORD = AskedField("password", "password", sources=("directaccess",))
BRANCH = AskedField("branch", "list", sources=("openapi",), mechanisms=("webauth",))
DIRECT = source("directaccess", 1, account_types=("checking", "card"))
OPENAPI = source("openapi", 2, "webauth", account_types=("checking", "savings"))
FALLBACK = source("fallback", 3, account_types=("market",))


def connector(*sources: Source, **more: Any) -> Connector:
    """A bank with these sources: by default the three above, not in their order."""
    given: dict[str, Any] = {
        "id": 40,
        "uuid": "uuid-40",
        "name": "Banque",
        "mechanism": "credentials",
        "sources": sources or (OPENAPI, FALLBACK, DIRECT),
        "fields": (LOGIN, PASSWORD, BRANCH),
    }
    return Connector(**given | more)


def attempt(**more: Any) -> Attempt:
    """An attempt of a temporary user that has chosen the bank above."""
    given: dict[str, Any] = {
        "id": "a-1",
        "owner": "owner-1",
        "machine": "add_connection",
        "state": "choosing_accounts",
        "created_at": NOW,
        "entered_at": NOW,
        "user": User(7, "sealed", made_here=True, expires_at=seconds(1800)),
        "connector": connector(),
    }
    return Attempt(**given | more)


def with_fates(made: Attempt, **fates: str) -> Attempt:
    """The attempt after these sources came to these fates."""
    return evolve(made, sources=tuple(SourceFate(name, fate) for name, fate in fates.items()))
