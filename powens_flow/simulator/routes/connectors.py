"""Connectors, their sources and fields."""

from urllib.parse import urlencode

from powens_flow.simulator.accepted import number_of
from powens_flow.simulator.call import Answer, Call, Route
from powens_flow.simulator.connectors import Connector
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.views import connector_source_view, connector_view, field_view

EXPAND = frozenset({"sources", "fields", "countries"})
MAX_LIMIT = 1000


async def list_connectors(call: Call) -> Answer:
    wanted = set(filter(None, call.query.get("country_codes", "").upper().split(",")))
    found = [c for c in call.sim.catalogue if not wanted or wanted & set(c.countries)]
    expand, settings = frozenset(call.expand(EXPAND)), call.sim.settings
    limit = _page(call, "limit", settings.page_size or MAX_LIMIT, most=MAX_LIMIT)
    offset = _page(call, "offset", 0, most=None)
    rows = [connector_view(settings, one, expand) for one in found[offset : offset + limit]]
    shape = {"connectors": rows, "total": len(found)}
    if "limit" in call.query or settings.page_size:
        more = offset + limit < len(found)
        shape["_links"] = {"next": {"href": _next(call, offset + limit)} if more else None}
    return Answer(200, shape)


def _page(call: Call, name: str, default: int, *, most: int | None) -> int:
    """A number of the query; `limit` has a largest one, `offset` none."""
    text = call.query.get(name, str(default))
    number = number_of(text)
    if number is None or (most is not None and number > most):
        call.violate("wrong_type", name)
        told = "a number" if most is None else f"a number up to {most}"
        raise ApiError("invalidValue", f"{name} must be {told}")
    return number


def _next(call: Call, offset: int) -> str:
    query = urlencode(dict(call.query) | {"offset": str(offset)})
    return f"{call.origin}/2.0/connectors?{query}"


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
        frozenset({"expand", "country_codes", "limit", "offset"}),
        needs_user=False,
    ),
    Route("GET", "/connectors/{connector}", get_connector, frozenset({"expand"}), needs_user=False),
    Route("GET", "/connectors/{connector}/sources", get_sources, needs_user=False),
    Route("GET", "/connectors/{connector}/fields", get_fields, needs_user=False),
)
