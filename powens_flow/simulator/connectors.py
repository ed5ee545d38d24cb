"""The connectors that the simulated domain offers, read from TOML files."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import cattrs

from powens_flow.simulator.accepted import number_of
from powens_flow.simulator.files import listed, read_tables
from powens_flow.simulator.sound import LOGIN_FIELD, check_apart, check_sound

CREDENTIALS = "credentials"
WEBAUTH = "webauth"


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


class Catalogue:
    """The connectors of a domain, by id and by uuid."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._all = {one.id: one for file in files for one in _read(file)}
        self._by_uuid = {one.uuid: one for one in self._all.values()}

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._all.values())

    def find(self, key: object) -> Connector | None:
        """The connector with this id (a number or its digits) or uuid."""
        text = str(key)
        number = number_of(text)
        return self._by_uuid.get(text) if number is None else self._all.get(number)


_converter = cattrs.Converter(forbid_extra_keys=True)


def _as_written(value: Any, kind: Any) -> Any:
    """No text is read as a number, nor as true because it is not empty."""
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ValueError


def _from_list(value: Any, kind: Any) -> tuple[Any, ...]:
    """Not from text, letter by letter."""
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    several: Any = list[get_args(kind)[0]]  # type: ignore[misc] # known at run time only
    return tuple(_converter.structure(value, several))


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


for _kind in (str, int, bool, datetime):
    _converter.register_structure_hook(_kind, _as_written)
_converter.register_structure_hook_func(_is_tuple, _from_list)


def _read(file: Path) -> list[Connector]:
    tables = read_tables(file, ("connectors",)).get("connectors", [])
    try:
        rows = enumerate(listed(tables, "connectors"), 1)
        read = [_structured(number, table) for number, table in rows]
        check_apart(read)
        return read
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _structured(number: int, table: dict[str, Any]) -> Connector:
    """Raises ValueError, which names the connector by its place and its name."""
    name = f" ({table['name']!r})" if "name" in table else ""
    try:
        made = _converter.structure(table, Connector)
    except cattrs.BaseValidationError as error:
        wrong = "; ".join(cattrs.transform_error(error, path="it"))
        known = ", ".join(field.name for field in attrs.fields(Connector))
        raise ValueError(f"connector {number}{name}: {wrong}. It takes {known}") from None
    try:
        check_sound(made)
    except ValueError as error:
        raise ValueError(f"connector {number}{name}: {error}") from None
    return made
