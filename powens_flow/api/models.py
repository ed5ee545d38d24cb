"""What the API answers, as frozen values.

Only what the protocol page lists is kept, under the API's own names. What may be missing or null
has a default; a list that may be missing is empty. Account holders' data, and the bank's texts,
which were seen to carry URLs with codes, stay out of every repr.
"""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from attrs import field, frozen

from powens_flow.secret import Secret

Identifier = Annotated[int, "identifier"]
"""A positive integer that a 64-bit column can hold."""

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """One page of a list; `next` is the opaque link to the following one (`_links.next.href`)."""

    items: tuple[T, ...]
    next: str | None = field(default=None, repr=False)


# --- user context -----------------------------------------------------------------------------


@frozen
class InitialisedUser:
    """Answer of `POST /auth/init`; `expires_in` is in seconds."""

    auth_token: Secret
    type: str
    id_user: Identifier
    expires_in: int | None = None


@frozen
class TemporaryCode:
    """Answer of `GET /auth/token/code`; `expires_in` is in seconds."""

    code: Secret
    type: str | None = None
    access: str | None = None
    expires_in: int | None = None


# --- connectors -------------------------------------------------------------------------------


@frozen
class FieldValue:
    """One choice of a `list` field: `label` is shown, `value` is sent."""

    value: str
    label: str | None = None


@frozen
class Field:
    """What a connector, or a waiting connection, asks the user for.

    Empty `connector_sources` or `auth_mechanisms`: the field applies to all.
    """

    name: str
    type: str = "text"
    label: str | None = None
    description: str | None = None
    required: bool = False
    regex: str | None = None
    values: tuple[FieldValue, ...] = ()
    connector_sources: tuple[str, ...] = ()
    auth_mechanisms: tuple[str, ...] = ()


@frozen
class Source:
    """A connector's source; the lowest `priority` is added first."""

    id: Identifier
    name: str
    id_connector: Identifier | None = None
    auth_mechanism: str | None = None
    disabled: bool = False
    priority: int | None = None
    capabilities: tuple[str, ...] = ()
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ()


@frozen
class Country:
    """A country that a connector serves."""

    id: str
    name: str | None = None


@frozen
class Stability:
    """How well a connector works at present."""

    status: str | None = None


@frozen
class Connector:
    """A bank or provider; `uuid` is stable, `id` differs between domains."""

    id: Identifier
    uuid: str
    name: str
    slug: str | None = None
    color: str | None = None
    code: str | None = None
    hidden: bool = False
    restricted: bool = False
    beta: bool = False
    charged: bool = False
    auth_mechanism: str | None = None
    capabilities: tuple[str, ...] = ()
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    stability: Stability | None = None
    urls: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    fields: tuple[Field, ...] = ()
    countries: tuple[Country, ...] = ()


# --- accounts and subscriptions ---------------------------------------------------------------


@frozen
class Currency:
    """`id` is the ISO 4217 code."""

    id: str
    symbol: str | None = None


@frozen
class Account:
    """A bank account; disabled until the end user approves."""

    id: Identifier
    id_connection: Identifier | None = None
    id_source: Identifier | None = None
    name: str | None = field(default=None, repr=False)
    original_name: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    iban: str | None = field(default=None, repr=False)
    type: str | None = None
    usage: str | None = None
    balance: float | None = field(default=None, repr=False)
    currency: Currency | None = None
    disabled: bool = False
    deleted: bool = False


@frozen
class Subscription:
    """A contract at a provider of documents; disabled until the end user approves."""

    id: Identifier
    label: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    subscriber: str | None = field(default=None, repr=False)
    disabled: bool = False


# --- connections ------------------------------------------------------------------------------


@frozen
class ConnectionSource:
    """A source as added to a connection; its own `state` is what a repair decides on."""

    id: Identifier
    id_connection: Identifier | None = None
    id_connector_source: Identifier | None = None
    name: str | None = None
    state: str | None = None
    last_update: datetime | None = None
    disabled: bool = False
    created: datetime | None = None
    next_try: datetime | None = None
    access_expire: datetime | None = None
    expire: datetime | None = None


@frozen
class Connection:
    """A user's connection; `state` is also read under its old name `error`.

    The last seven are filled by `expand` only.
    """

    id: Identifier
    id_user: Identifier | None = None
    id_connector: Identifier | None = None
    connector_uuid: str | None = None
    state: str | None = field(default=None, metadata={"formerly": "error"})
    error_message: str | None = field(default=None, repr=False)
    fields: tuple[Field, ...] = ()
    last_update: datetime | None = None
    created: datetime | None = None
    active: bool = False
    expire: datetime | None = None
    next_try: datetime | None = None
    connector: Connector | None = None
    sources: tuple[ConnectionSource, ...] = ()
    accounts: tuple[Account, ...] = ()
    all_accounts: tuple[Account, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    all_subscriptions: tuple[Subscription, ...] = ()
