"""Links to the bank's page: asked for by webauth calls, or shown in a connection's message."""

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from powens_flow.simulator.call import Call, connection_of
from powens_flow.simulator.connectors import WEBAUTH, Connector, Source
from powens_flow.simulator.domain import Domain, Flow
from powens_flow.simulator.errors import ApiError
from powens_flow.simulator.values import check_values, chosen_connector, chosen_source
from powens_flow.simulator.views import stamp
from powens_flow.simulator.world import Connection, User

KNOWN = frozenset(
    {
        "client_id",
        "redirect_uri",
        "id_connector",
        "connector_uuid",
        "id_connection",
        "source",
        "state",
        "token",
    }
)


def link(call: Call, flow: Flow) -> str:
    return f"{call.origin}/bank/authorise?flow={flow.id}"


def asked_flow(call: Call, user: User) -> Flow:
    """The visit that a webauth call's query asks for. Raises ApiError."""
    query = call.query
    redirect_uri = _redirect_uri(call)
    if query.get("client_id") != call.sim.settings.client_id:
        raise ApiError("forbidden", "Unknown client_id")
    number = query.get("id_connection")
    connection = None if number is None else connection_of(user, number)
    connector = connection.connector if connection else chosen_connector(call, query)
    source = _source(connector, connection, query.get("source"), user.sent_to_page)
    _check_fields(call, connector, source, connection)
    flow = _new_flow(call.sim, user, source, connection or connector, redirect_uri)
    flow.state = query.get("state")
    return flow


def _new_flow(
    sim: Domain, user: User, source: Source, on: Connection | Connector, redirect_uri: str
) -> Flow:
    expires = sim.clock.now() + timedelta(seconds=sim.settings.link_seconds)
    connection = on if isinstance(on, Connection) else None
    connector = on.connector if isinstance(on, Connection) else on
    number = sim.ids.text(18)
    flow = Flow(number, user, connector, source, connection, redirect_uri, expires)
    sim.flows[flow.id] = flow
    sim.agenda.add(expires, partial(_forget, sim, flow))
    return flow


def _forget(sim: Domain, flow: Flow) -> None:
    sim.flows.pop(flow.id, None)


def _redirect_uri(call: Call) -> str:
    given = call.query.get("redirect_uri")
    if not given:
        raise ApiError("missingParameter", "redirect_uri is missing")
    if _has_more_than_a_path(given):
        call.violate("redirect_uri", "carries query parameters")
        raise ApiError("invalidValue", "redirect_uri must not carry query parameters")
    if given not in call.sim.settings.redirect_uris:
        call.violate("redirect_uri", "not registered")
        raise ApiError("invalidValue", "redirect_uri is not registered")
    return given


def _has_more_than_a_path(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False  # no URL at all: it cannot be registered
    return bool(parts.query or parts.fragment)


def _source(
    connector: Connector,
    connection: Connection | None,
    name: str | None,
    sent_to_page: Collection[tuple[object, ...]],
) -> Source:
    sent = next((s for s in connector.playable() if (connector.id, s.name) in sent_to_page), None)
    if sent is not None and name in (None, sent.name):
        return sent
    if connection is None:
        return chosen_source(connector, name, WEBAUTH)
    if name and connection.named(name) is None:
        return chosen_source(connector, name, WEBAUTH)
    for one in connection.enabled:
        if name in (None, one.source.name) and needs_page(one.state, one.source):
            return one.source
    raise ApiError("invalidValue", "The connection needs no webauth", status=409)


def needs_page(state: str | None, source: Source) -> bool:
    """Whether the bank's page helps: it is asked for, or a source of that mechanism has failed."""
    repairable = ("wrongpass", "passwordExpired", "SCARequired")
    return state == "webauthRequired" or (source.auth_mechanism == WEBAUTH and state in repairable)


def _check_fields(
    call: Call, connector: Connector, source: Source, connection: Connection | None
) -> None:
    added = [one.source for one in connection.sources] if connection else []
    values = {name: value for name, value in call.query.items() if name not in KNOWN}
    for field in connector.fields:
        if field.name in values and field.type == "password":
            call.violate("password_in_query", field.name)
            raise ApiError("invalidValue", "A password must not travel in a query")
    fields = connector.fields_for(source)
    needed = connector.fields_for(source, added) if source.auth_mechanism == WEBAUTH else ()
    check_values(call, values, fields, needed)


def message_link(call: Call, connection: Connection) -> dict[str, object]:
    """As seen in production: `error_message` says "Redirecting to " the bank's page, if set so."""
    failing = connection.failing
    if not call.sim.settings.webauth_url_in_message or not failing:
        return {}
    if failing.state != "webauthRequired":
        return {}
    flow = call.sim.flows.get(connection.link or "")
    if flow is None or flow.used:
        uri = call.sim.settings.redirect_uris[0]
        flow = _new_flow(call.sim, call.user, failing.source, connection, uri)
        connection.link = flow.id
    expire = stamp(call.sim.settings, flow.expires)
    return {"error_message": f"Redirecting to {link(call, flow)}", "expire": expire}
