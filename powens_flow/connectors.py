"""The list of connectors to choose from: read for each attempt, searched here, kept nowhere."""

import asyncio
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from attrs import frozen

from powens_flow.api import PowensClient
from powens_flow.api import models as m
from powens_flow.attempt import Attempt
from powens_flow.clock import Clock
from powens_flow.handlers.add_connection import is_allowed

FRESH = timedelta(seconds=60)
"""How long one reading of the list serves: a user types, and each letter is a search."""


@frozen
class Filter:
    """What a user narrows the list down to, beside what the policy allows; None: anything.

    `capability` is one that the connector has (`bank`, `document`, ...), `country` the ISO code of
    one of its countries, `auth_mechanism` its own (`credentials`, `webauth`).
    """

    capability: str | None = None
    country: str | None = None
    auth_mechanism: str | None = None

    def lets(self, connector: m.Connector) -> bool:
        """Whether the connector is one of those."""
        countries = [one.id.casefold() for one in connector.countries]
        return (
            (self.capability is None or self.capability in connector.capabilities)
            and (self.country is None or self.country.casefold() in countries)
            and self.auth_mechanism in (None, connector.auth_mechanism)
        )


ANY = Filter()


@frozen
class ConnectorPage:
    """One page of connectors, in JSON values: `id`, `uuid`, `name`, `color`, `slug`, `beta`,
    `capabilities`, `countries`, `auth_mechanism`. `page` begins at 1; `total` counts all that
    match."""

    connectors: tuple[Mapping[str, Any], ...]
    page: int
    pages: int
    total: int


class Directory:
    """The domain's connectors.

    Powens advises against a static cache, as the list changes often: one reading is shared for a
    minute, and never by an attempt that began to choose after it.
    """

    def __init__(self, api: PowensClient, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read: tuple[datetime, tuple[str, ...], tuple[m.Connector, ...]] | None = None

    async def page(
        self, attempt: Attempt, q: str, page: int, size: int, only: Filter = ANY
    ) -> ConnectorPage:
        """The connectors that the attempt's policy and `only` allow and whose name matches `q`.

        Raises:
            PowensError: the list could not be read.
        """
        allowed = [c for c in await self._all(attempt) if is_allowed(c, attempt) and only.lets(c)]
        found = _matching(allowed, q)
        part = found[(page - 1) * size : page * size]
        pages = max(1, -(-len(found) // size))
        return ConnectorPage(tuple(_shown(one) for one in part), page, pages, len(found))

    async def _all(self, attempt: Attempt) -> tuple[m.Connector, ...]:
        countries = attempt.policy.countries
        async with self._lock:
            read = self._read
            now = self._clock.now()
            if (
                read is None
                or read[1] != countries
                or now - read[0] > FRESH
                or read[0] < attempt.entered_at
            ):
                connectors = await self._api.all_connectors(
                    country_codes=countries, expand=("countries",)
                )
                self._read = read = (now, countries, connectors)
            return read[2]


def _matching(connectors: list[m.Connector], q: str) -> list[m.Connector]:
    wanted = folded(q).split()
    ranked = []
    for connector in connectors:
        name = _folded_name(connector.name)
        if all(word in name for word in wanted):
            first = not wanted or name.startswith(wanted[0])
            ranked.append((not first, name, connector.id, connector))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]


def folded(text: str) -> str:
    """Text without case and accents, for searching: `Crédit` is found by `credit`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


@lru_cache(maxsize=4096)
def _folded_name(name: str) -> str:
    """A connector's name, folded once: each letter that anybody types searches all of them."""
    return folded(name)


def _shown(connector: m.Connector) -> Mapping[str, Any]:
    return {
        "id": connector.id,
        "uuid": connector.uuid,
        "name": connector.name,
        "slug": connector.slug,
        "color": connector.color,
        "beta": connector.beta,
        "capabilities": list(connector.capabilities),
        "countries": [one.id for one in connector.countries],
        "auth_mechanism": connector.auth_mechanism,
    }
