"""Connections: created, read, updated, synced, deleted; and their sources."""

from powens_flow.simulator import bank, updates
from powens_flow.simulator.call import Answer, Call, Route
from powens_flow.simulator.connectors import CREDENTIALS
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.links import message_link
from powens_flow.simulator.routes.pages import PAGED, page
from powens_flow.simulator.values import (
    PLAIN,
    check_values,
    chosen_connector,
    chosen_source,
    sealed_values,
)
from powens_flow.simulator.views import Expand, connection_view, source_view
from powens_flow.simulator.world import Connection

EXPAND = frozenset(
    {
        "connector",
        "sources",
        "accounts",
        "all_accounts",
        "subscriptions",
        "all_subscriptions",
    }
)


async def create(call: Call) -> Answer:
    sim = call.sim
    given = {name: call.body[name] for name in PLAIN if name in call.body}
    values = sealed_values(call)
    connector = chosen_connector(call, given)
    source = chosen_source(connector, call.query.get("source"), CREDENTIALS)
    check_values(call, values, connector.fields, connector.fields_for(source))
    login = values.get(connector.login_field, "")
    await updates.check_takes(sim, login, source.name, 1)
    user = call.user
    made = sim.new_connection(user, connector, login)
    bank.add_source(sim, user, made, source, login)
    sim.keep_connection(made)
    return _answer(call, made, sim.settings.creation_status)


async def update(call: Call) -> Answer:
    connection = call.connection()
    work = updates.planned(call, connection)
    if call.flag("background"):
        if work.takes:
            connection.checking = True
            call.sim.spawn(updates.run_quietly(call, connection, work))
        else:
            work.act()
        return _answer(call, connection)
    await updates.run(call, connection, work)
    return _answer(call, connection)


async def sync(call: Call) -> Answer:
    connection = call.connection()
    updates.check_unlocked(call, connection)
    call.flag("psu_requested")
    call.check_body({})
    name = call.query.get("source")
    if name and connection.named(name) is None:
        raise ApiError("notSupported", "The connection has no such source")
    bank.force_sync(call.sim, connection, name)
    return _answer(call, connection)


async def list_connections(call: Call) -> Answer:
    expand = call.expand(EXPAND)
    chosen, shape = page(call, list(call.user.connections.values()))
    rows = [_shape(call, one, expand) for one in chosen]
    return Answer(200, {"connections": rows, **shape})


async def show(call: Call) -> Answer:
    connection = call.connection()
    bank.polled(call.sim, connection)
    return Answer(200, _shape(call, connection, call.expand(EXPAND)))


async def show_sources(call: Call) -> Answer:
    connection = call.connection()
    bank.polled(call.sim, connection)
    shown = connection.sources if call.all else connection.enabled
    rows = [source_view(call.sim.settings, connection, one) for one in shown if one.source.name]
    return Answer(200, {"sources": rows, "total": len(rows)})


async def set_source(call: Call) -> Answer:
    connection = call.connection()
    body = call.check_body({"disabled": bool})
    found = [one for one in connection.sources if str(one.id) == call.path["id_source"]]
    if not found or not found[0].source.name:
        raise not_found("source")
    if "disabled" not in body:
        raise ApiError("missingParameter", "disabled is missing")
    if body["disabled"]:
        found[0].disabled = call.sim.clock.now()
    elif found[0].disabled:
        bank.enable(call.sim, connection, found[0])
    return Answer(200, source_view(call.sim.settings, connection, found[0]))


async def delete(call: Call) -> Answer:
    call.sim.delete_connection(call.connection().id)
    return Answer(204)


def _answer(call: Call, connection: Connection, synced: int = 200) -> Answer:
    status = synced if connection.state is None else 202
    return Answer(status, _shape(call, connection, call.expand(EXPAND)))


def _shape(call: Call, connection: Connection, expand: Expand) -> dict[str, object]:
    shape = connection_view(call.sim.settings, connection, expand, all_rows=call.all)
    return shape | message_link(call, connection)


ONE = "/users/me/connections/{id_connection}"
SHOWN = frozenset({"expand", "all"})
ROUTES = (
    Route("POST", "/users/me/connections", create, frozenset({"source", "expand"})),
    Route("GET", "/users/me/connections", list_connections, SHOWN | PAGED),
    Route("GET", ONE, show, SHOWN),
    Route("POST", ONE, update, frozenset({"source", "expand", "background", "psu_requested"})),
    Route("PUT", ONE, sync, frozenset({"source", "expand", "psu_requested"})),
    Route("DELETE", ONE, delete),
    Route("GET", f"{ONE}/sources", show_sources, SHOWN),
    Route("POST", f"{ONE}/sources/{{id_source}}", set_source, frozenset({"all"})),
)
