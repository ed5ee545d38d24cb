"""Connections: made, continued, read and deleted."""

from collections.abc import Awaitable, Mapping
from typing import Final

from powens_flow.api.address import expansion, query
from powens_flow.api.calls import Calls, acknowledged, at, paged
from powens_flow.api.models import Connection, ConnectionSource
from powens_flow.api.reading import listed, model
from powens_flow.api.transport import Request
from powens_flow.secret import Secret

_read_connection: Final = model(Connection)
_read_connections: Final = paged("connections", _read_connection)
_read_sources: Final = at("sources", listed(model(ConnectionSource)))
_TAKEN: Final = frozenset(
    ("connector_uuid", "id_connector", "source", "resume", "refresh_auth", "background")
)


class ConnectionCalls(Calls):
    """Calls under `/users/me/connections`.

    The writes answer the connection, also on 202: a non-null `state` says that the user must act.
    Those that may check credentials take the longer timeout. `values` are sealed by the caller.
    """

    async def create_connection(
        self,
        token: Secret,
        *,
        connector_uuid: str | None = None,
        id_connector: int | None = None,
        source: str | None = None,
        values: Mapping[str, str] | None = None,
        expand: tuple[str, ...] = (),
    ) -> Connection:
        """`POST /users/me/connections`: not idempotent. The connector by uuid or by id."""
        if (connector_uuid is None) == (id_connector is None):
            raise ValueError("name the connector by its uuid or by its id")
        chosen = (
            {"id_connector": id_connector}
            if connector_uuid is None
            else {"connector_uuid": connector_uuid}
        )
        path = f"users/me/connections{_told(source, expand)}"
        return await self._write("create_connection", path, token, chosen, values, checking=True)

    async def update_connection(
        self,
        token: Secret,
        id_connection: int,
        *,
        source: str | None = None,
        values: Mapping[str, str] | None = None,
        background: bool = False,
        psu_requested: bool | None = None,
        expand: tuple[str, ...] = (),
    ) -> Connection:
        """`POST .../{id}`: adds a source, changes credentials, or answers a question."""
        told = _told(source, expand, background=background, psu_requested=psu_requested)
        path = f"users/me/connections/{id_connection:d}{told}"
        return await self._write(
            "update_connection", path, token, {}, values, checking=not background
        )

    async def force_sync(
        self,
        token: Secret,
        id_connection: int,
        *,
        source: str | None = None,
        background: bool = False,
        psu_requested: bool | None = None,
        expand: tuple[str, ...] = (),
    ) -> Connection:
        """`POST .../{id}` with an empty body: a sync now; `psu_requested=False`: no user here."""
        told = _told(source, expand, background=background, psu_requested=psu_requested)
        path = f"users/me/connections/{id_connection:d}{told}"
        return await self._write("force_sync", path, token, {}, None, checking=not background)

    async def resume_connection(
        self,
        token: Secret,
        id_connection: int,
        *,
        source: str | None = None,
        background: bool = True,
        expand: tuple[str, ...] = (),
    ) -> Connection:
        """`{"resume": true}`: goes on with a decoupled one; blocks unless in the background."""
        told = _told(source, expand, background=background)
        path = f"users/me/connections/{id_connection:d}{told}"
        body = {"resume": True}
        return await self._write(
            "resume_connection", path, token, body, None, checking=not background
        )

    async def refresh_auth(
        self,
        token: Secret,
        id_connection: int,
        *,
        source: str | None = None,
        background: bool = False,
        expand: tuple[str, ...] = (),
    ) -> Connection:
        """`{"refresh_auth": true}`: renews a PSD2 consent early; an SCA follows."""
        told = _told(source, expand, background=background)
        path = f"users/me/connections/{id_connection:d}{told}"
        body = {"refresh_auth": True}
        return await self._write("refresh_auth", path, token, body, None, checking=not background)

    async def connections(
        self, token: Secret, *, expand: tuple[str, ...] = (), all_rows: bool = False
    ) -> tuple[Connection, ...]:
        """`GET /users/me/connections`: every one; with `all_rows` the disabled and deleted too."""
        path = f"users/me/connections{_shown(expand, all_rows)}"
        request = Request("connections", "GET", path, token)
        return await self._all_pages(request, _read_connections)

    async def connection(
        self,
        token: Secret,
        id_connection: int,
        *,
        expand: tuple[str, ...] = ("sources",),
        all_rows: bool = False,
    ) -> Connection:
        """`GET .../{id}`."""
        path = f"users/me/connections/{id_connection:d}{_shown(expand, all_rows)}"
        request = Request("connection", "GET", path, token)
        return await self._transport.call(request, _read_connection)

    async def connection_sources(
        self, token: Secret, id_connection: int
    ) -> tuple[ConnectionSource, ...]:
        """`GET .../{id}/sources`."""
        path = f"users/me/connections/{id_connection:d}/sources"
        request = Request("connection_sources", "GET", path, token)
        return await self._transport.call(request, _read_sources)

    async def disable_source(self, token: Secret, id_connection: int, id_source: int) -> None:
        """`POST .../{id}/sources/{source id}`: sets a source of the connection aside."""
        path = f"users/me/connections/{id_connection:d}/sources/{id_source:d}"
        request = Request("disable_source", "POST", path, token, {"disabled": True})
        await self._transport.call(request, acknowledged)

    async def delete_connection(self, token: Secret, id_connection: int) -> None:
        """`DELETE .../{id}`: final."""
        path = f"users/me/connections/{id_connection:d}"
        request = Request("delete_connection", "DELETE", path, token)
        await self._transport.call(request, acknowledged)

    def _write(
        self,
        name: str,
        path: str,
        token: Secret,
        body: Mapping[str, object],
        values: Mapping[str, str] | None,
        *,
        checking: bool,
    ) -> Awaitable[Connection]:
        request = Request(
            name,
            "POST",
            path,
            token,
            {**body, **checked_values(values, _TAKEN)},
            checking=checking,
            sent=() if values is None else tuple(values.values()),
        )
        return self._transport.call(request, _read_connection)


def checked_values(values: Mapping[str, str] | None, taken: frozenset[str]) -> Mapping[str, str]:
    """The same; ValueError for a field whose name would be read as a parameter of the call."""
    for name in values or ():
        if name in taken:
            raise ValueError(f"the field {name!r} has the name of a parameter of the call")
    return values or {}


def _told(
    source: str | None,
    expand: tuple[str, ...],
    *,
    background: bool = False,
    psu_requested: bool | None = None,
) -> str:
    parameters = {
        "source": source,
        "expand": ",".join(expand) or None,
        "background": background or None,
        "psu_requested": psu_requested,
    }
    return query(parameters)


def _shown(expand: tuple[str, ...], all_rows: bool) -> str:
    return expansion(expand, "all") if all_rows else expansion(expand)
