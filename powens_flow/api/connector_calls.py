"""Connectors, their sources and their fields; none of these calls needs a token."""

from collections.abc import Iterable
from typing import Final

from powens_flow.api.address import connector_path, expansion, query
from powens_flow.api.calls import Calls, at, paged
from powens_flow.api.models import Connector, Field, Page, Source
from powens_flow.api.reading import listed, model
from powens_flow.api.transport import Request

_read_connector: Final = model(Connector)
_read_connectors: Final = paged("connectors", _read_connector)
_read_sources: Final = at("sources", listed(model(Source)))
_read_fields: Final = at("fields", listed(model(Field)))


class ConnectorCalls(Calls):
    """Calls under `/connectors`. The list changes often: fetch it for each attempt."""

    async def connectors(
        self,
        *,
        country_codes: Iterable[str] = (),
        expand: tuple[str, ...] = (),
        limit: int | None = None,
        offset: int | None = None,
    ) -> Page[Connector]:
        """`GET /connectors`: one page; `limit` is 1000 at most."""
        request = _list_request("connectors", country_codes, expand, limit, offset)
        return await self._transport.call(request, _read_connectors)

    async def all_connectors(
        self,
        *,
        country_codes: Iterable[str] = (),
        expand: tuple[str, ...] = (),
        limit: int | None = None,
    ) -> tuple[Connector, ...]:
        """The same to its end, `limit` a page."""
        request = _list_request("all_connectors", country_codes, expand, limit, None)
        return await self._all_pages(request, _read_connectors)

    async def connector(
        self, ref: int | str, *, expand: tuple[str, ...] = ("sources", "fields")
    ) -> Connector:
        """`GET /connectors/{uuid or id}`."""
        path = f"{connector_path(ref)}{expansion(expand)}"
        request = Request("connector", "GET", path, shared=True)
        return await self._transport.call(request, _read_connector)

    async def connector_sources(self, ref: int | str) -> tuple[Source, ...]:
        """`GET /connectors/{uuid or id}/sources`."""
        request = Request("connector_sources", "GET", f"{connector_path(ref)}/sources")
        return await self._transport.call(request, _read_sources)

    async def connector_fields(self, ref: int | str) -> tuple[Field, ...]:
        """`GET /connectors/{uuid or id}/fields`."""
        request = Request("connector_fields", "GET", f"{connector_path(ref)}/fields")
        return await self._transport.call(request, _read_fields)


def _list_request(
    name: str,
    country_codes: Iterable[str],
    expand: tuple[str, ...],
    limit: int | None,
    offset: int | None,
) -> Request:
    countries, expanded = ",".join(country_codes), ",".join(expand)
    parameters = {
        "country_codes": countries or None,
        "expand": expanded or None,
        "limit": limit,
        "offset": offset,
    }
    return Request(name, "GET", f"connectors{query(parameters)}")
