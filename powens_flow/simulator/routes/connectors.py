"""Connectors, their sources and fields."""

from powens_flow.simulator.call import Answer, Call, Route
from powens_flow.simulator.connectors import Connector
from powens_flow.simulator.errors import not_found
from powens_flow.simulator.routes.pages import PAGED, page
from powens_flow.simulator.views import connector_source_view, connector_view, field_view

EXPAND = frozenset({"sources", "fields", "countries"})


async def list_connectors(call: Call) -> Answer:
    wanted = set(filter(None, call.query.get("country_codes", "").upper().split(",")))
    found = [c for c in call.sim.catalogue if not wanted or wanted & set(c.countries)]
    expand, settings = frozenset(call.expand(EXPAND)), call.sim.settings
    chosen, shape = page(call, found, settings.page_size)
    rows = [connector_view(settings, one, expand) for one in chosen]
    return Answer(200, {"connectors": rows, **shape})


async def get_connector(call: Call) -> Answer:
    return Answer(
        200, connector_view(call.sim.settings, _one(call), frozenset(call.expand(EXPAND)))
    )


async def get_sources(call: Call) -> Answer:
    connector = _one(call)
    settings = call.sim.settings
    rows = [connector_source_view(settings, connector, one) for one in connector.sources]
    return Answer(200, {"sources": rows, "total": len(rows)})


async def get_fields(call: Call) -> Answer:
    rows = [field_view(field) for field in _one(call).fields]
    return Answer(200, {"fields": rows, "total": len(rows)})


def _one(call: Call) -> Connector:
    found = call.sim.catalogue.find(call.path["connector"])
    if found is None:
        raise not_found("connector")
    return found


ROUTES = (
    Route(
        "GET",
        "/connectors",
        list_connectors,
        frozenset({"expand", "country_codes"}) | PAGED,
        needs_user=False,
    ),
    Route("GET", "/connectors/{connector}", get_connector, frozenset({"expand"}), needs_user=False),
    Route("GET", "/connectors/{connector}/sources", get_sources, needs_user=False),
    Route("GET", "/connectors/{connector}/fields", get_fields, needs_user=False),
)
