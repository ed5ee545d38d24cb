"""What the simulated domain says of a connector."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

import attrs

CREDENTIALS = "credentials"
WEBAUTH = "webauth"
LOGIN_FIELD = "login"


@attrs.frozen
class Value:
    """One choice of a `list` field."""

    label: str
    value: str


@attrs.frozen
class Field:
    """What the user is asked for; an empty `connector_sources` or `auth_mechanisms` means all."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    description: str | None = None
    regex: str | None = None
    values: tuple[Value, ...] = ()
    connector_sources: tuple[str, ...] = ()
    auth_mechanisms: tuple[str, ...] = ()


@attrs.frozen
class AccountFacts:
    """A bank account that a source finds at the bank."""

    name: str
    number: str
    type: str
    iban: str | None = None
    usage: str = "PRIV"
    balance: float = 0.0


@attrs.frozen
class SubscriptionFacts:
    """A subscription that a document source finds."""

    label: str
    number: str
    subscriber: str


@attrs.frozen(eq=False)
class Source:
    """A connector source; a connector without sources is played by one whose name is empty."""

    id: int
    name: str
    auth_mechanism: str
    priority: int = 1
    disabled: datetime | None = None
    capabilities: tuple[str, ...] = ("bank",)
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ("PRIV",)
    consent_days: int | None = None
    accounts: tuple[AccountFacts, ...] = ()
    subscriptions: tuple[SubscriptionFacts, ...] = ()


@attrs.frozen(eq=False)
class Connector:
    """A bank or provider. `login_field` names the field whose value chooses the scenario."""

    id: int
    uuid: str
    name: str
    slug: str
    auth_mechanism: str
    color: str | None = None
    code: str | None = None
    hidden: bool = False
    restricted: bool = False
    beta: bool = False
    charged: bool = False
    capabilities: tuple[str, ...] = ("bank",)
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ("PRIV",)
    products: tuple[str, ...] = ("bank",)
    stability: str = "stable"
    urls: tuple[str, ...] = ()
    countries: tuple[str, ...] = ("FR",)
    login_field: str = LOGIN_FIELD
    fields: tuple[Field, ...] = ()
    sources: tuple[Source, ...] = ()
    accounts: tuple[AccountFacts, ...] = ()
    subscriptions: tuple[SubscriptionFacts, ...] = ()

    def playable(self) -> list[Source]:
        """The sources in the order in which they are to be added, disabled ones left out."""
        usable = [source for source in self.sources if source.disabled is None]
        return sorted(usable, key=lambda s: s.priority) if self.sources else [self._only]

    def source(self, name: str) -> Source | None:
        return next((source for source in self.sources if source.name == name), None)

    @cached_property
    def _only(self) -> Source:
        return Source(
            0, "", self.auth_mechanism, accounts=self.accounts, subscriptions=self.subscriptions
        )

    def fields_for(self, source: Source, added: Iterable[Source] = ()) -> list[Field]:
        """The fields of one source and its mechanism, less those of sources already added."""
        answered = [field for one in added for field in self.fields if _applies(field, one)]
        return [f for f in self.fields if _applies(f, source) and f not in answered]


def _applies(field: Field, source: Source) -> bool:
    """Whether the source asks for the field; a password travels in no query, so no webauth does."""
    sources, mechanisms = field.connector_sources, field.auth_mechanisms
    if field.type == "password" and source.auth_mechanism == WEBAUTH:
        return False
    return (not sources or not source.name or source.name in sources) and (
        not mechanisms or source.auth_mechanism in mechanisms
    )
