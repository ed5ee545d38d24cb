"""How the simulated API shows what it holds, as JSON-ready dicts."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from powens_flow.simulator.connectors import Connector, Field, Source
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.world import Account, Connection, ConnectionSource

Expand = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")
CODE_FIELD: dict[str, Any] = {
    "name": "code",
    "type": "text",
    "label": "Code reçu par SMS",
    "description": None,
    "required": True,
    "regex": "^[0-9]{6}$",
    "values": [],
}
TEMPORARY = ("rateLimiting", "websiteUnavailable", "bug")


def stamp(settings: Settings, when: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in Paris time, or ISO 8601 with an offset, as the settings say."""
    if when is None:
        return None
    local = when.astimezone(PARIS) if when.tzinfo else when
    return local.isoformat() if settings.dates == "zoned" else f"{local:%Y-%m-%d %H:%M:%S}"


def field_view(field: Field) -> dict[str, Any]:
    shape = attrs.asdict(field)
    if not field.connector_sources:
        del shape["connector_sources"]
    if not field.auth_mechanisms:
        del shape["auth_mechanisms"]
    return shape


def connector_source_view(settings: Settings, connector: Connector, one: Source) -> dict[str, Any]:
    return {
        "id": one.id,
        "id_connector": connector.id,
        "name": one.name,
        "auth_mechanism": one.auth_mechanism,
        "disabled": stamp(settings, one.disabled),
        "priority": one.priority,
        "capabilities": one.capabilities,
        "account_types": one.account_types,
        "account_usages": one.account_usages,
        "available_auth_mechanisms": [one.auth_mechanism],
    }


@lru_cache(maxsize=1024)
def connector_view(settings: Settings, one: Connector, expand: frozenset[str]) -> dict[str, Any]:
    """A connector with the parts that `expand` names; shared between answers, so not changed."""
    shape = attrs.asdict(
        one,
        filter=lambda a, _: (
            a.name
            not in ("login_field", "fields", "sources", "accounts", "subscriptions", "countries")
        ),
    )
    shape["stability"] = {"status": one.stability}
    shape["sync_periodicity"] = None
    if "sources" in expand:
        shape["sources"] = [connector_source_view(settings, one, source) for source in one.sources]
    if "fields" in expand:
        shape["fields"] = [field_view(field) for field in one.fields]
    if "countries" in expand:
        shape["countries"] = [{"id": code, "name": code} for code in one.countries]
    return shape


def account_view(settings: Settings, one: Account) -> dict[str, Any]:
    return one.facts | {
        "id": one.id,
        "id_connection": one.id_connection,
        "id_source": one.id_source,
        "original_name": one.facts["name"],
        "currency": {"id": "EUR", "symbol": "€", "precision": 2},
        "disabled": stamp(settings, one.disabled),
        "deleted": None,
        "bookmarked": 0,
        "error": None,
    }


def subscription_view(settings: Settings, one: Account) -> dict[str, Any]:
    return one.facts | {
        "id": one.id,
        "id_connection": one.id_connection,
        "id_source": one.id_source,
        "disabled": stamp(settings, one.disabled),
        "validity": None,
    }


def source_view(
    settings: Settings, connection: Connection, one: ConnectionSource
) -> dict[str, Any]:
    return {
        "id": one.id,
        "id_connection": connection.id,
        "id_connector_source": one.source.id,
        "name": one.source.name,
        "state": one.state,
        "last_update": stamp(settings, one.last_update),
        "disabled": stamp(settings, one.disabled),
        "created": stamp(settings, one.created),
        "next_try": stamp(settings, _next_try(one)),
        "access_expire": stamp(settings, one.access_expire),
        "expire": stamp(settings, one.access_expire),
        "sync_periodicity": None,
    }


def connection_view(
    settings: Settings, one: Connection, expand: Expand, *, all_rows: bool = False
) -> dict[str, Any]:
    """A connection with the parts that `expand` names, with `all_rows` disabled sources too."""
    failing = one.failing
    shape: dict[str, Any] = {
        "id": one.id,
        "id_user": one.id_user,
        "id_connector": one.connector.id,
        "id_provider": one.connector.id,
        "connector_uuid": one.connector.uuid,
        "state": one.state,
        "error": one.state,
        "error_message": failing.step.message if failing and failing.step else None,
        "last_update": stamp(settings, one.last_update),
        "created": stamp(settings, one.created),
        "active": True,
        "expire": stamp(settings, _expire(one)),
        "next_try": stamp(settings, _next_try(failing) if failing else None),
        "last_push": None,
        "sync_periodicity": None,
    }
    if failing and (asked := asked_fields(one, failing)):
        shape["fields"] = asked
    if "sources" in expand:
        rows = one.sources if all_rows else one.enabled
        shape["sources"] = [source_view(settings, one, row) for row in rows if row.source.name]
    return shape | _expanded(settings, one, expand)


def asked_fields(connection: Connection, failing: ConnectionSource) -> list[dict[str, Any]]:
    """What the state of the source asks the user for."""
    if failing.state == "additionalInformationNeeded":
        return [CODE_FIELD]
    if failing.state == "wrongpass":
        return [field_view(field) for field in connection.connector.fields_for(failing.source)]
    return []


def _expanded(settings: Settings, one: Connection, expand: Expand) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    if "connector" in expand:
        shape["connector"] = connector_view(settings, one.connector, frozenset(expand["connector"]))
    for name, rows, view in (
        ("accounts", one.accounts, account_view),
        ("subscriptions", one.subscriptions, subscription_view),
    ):
        if name in expand:
            shape[name] = [view(settings, row) for row in rows() if row.disabled is None]
        if f"all_{name}" in expand:
            shape[f"all_{name}"] = [view(settings, row) for row in rows()]
    return shape


def _expire(one: Connection) -> datetime | None:
    return max((s.access_expire for s in one.sources if s.access_expire), default=None)


def _next_try(one: ConnectionSource) -> datetime | None:
    if one.state not in TEMPORARY:
        return None
    return one.heals_at or one.created + timedelta(hours=4)
