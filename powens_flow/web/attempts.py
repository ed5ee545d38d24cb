"""The routes of attempts: start, read, send, search connectors; and the public key."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from powens_flow.connectors import Filter
from powens_flow.errors import FlowError
from powens_flow.idempotency import IdempotencyKey
from powens_flow.view import View
from powens_flow.web.answers import shown, told
from powens_flow.web.body import read_json
from powens_flow.web.call import Call
from powens_flow.web.problems import Problem
from powens_flow.web.starting import RECONNECT, Start, start_from_json

LARGEST_PAGE: Final = 200
LONGEST_SEARCH: Final = 200

FILTERS: Final[Mapping[str, str]] = {
    "capability": "those that have this capability (`bank`, `document`, ...)",
    "country": "those of this country, by its ISO code",
    "auth_mechanism": "those of this mechanism (`credentials`, `webauth`)",
}
"""What a search may be narrowed down to, and what each says."""


async def start(call: Call) -> web.Response:
    """`POST attempts`: a new attempt, taken to its first rest."""
    body = await read_json(call)
    wanted = start_from_json(body, call.connect.engine.machines)
    key = call.key(body)
    view = await call.connect.retried.run(key, lambda: _started(call, wanted, key))
    location = f"{call.request.rel_url.raw_path}/{view.attempt_id}"
    return shown(view.to_json(), 201, Location=location)


async def _started(call: Call, wanted: Start, key: IdempotencyKey | None) -> View:
    if wanted.machine == RECONNECT and wanted.id_connection is not None:
        return await call.owner.reconnect(
            wanted.id_connection, refresh=wanted.refresh, policy=await call.policy(), key=key
        )
    return await call.owner.start(wanted.machine, policy=await call.policy(), key=key)


async def read(call: Call) -> web.Response:
    """`GET attempts/{id}`: the attempt as it is."""
    view = await call.owner.get(call.attempt_id)
    return shown(view.to_json())


async def send(call: Call) -> web.Response:
    """`POST attempts/{id}/events`: one event, taken to the attempt's next rest."""
    event = await read_json(call)
    attempt_id, key = call.attempt_id, call.key(event)
    try:
        view = await call.connect.retried.run(
            key, lambda: call.owner.send(attempt_id, event, key=key)
        )
    except FlowError as error:
        raise await told(call, attempt_id, error) from None
    return shown(view.to_json())


async def connectors(call: Call) -> web.Response:
    """`GET attempts/{id}/connectors`: those to choose from, searched, narrowed down, paged."""
    query = call.request.query
    wrong: dict[str, str] = {}
    page = _number(query, "page", 1, 2**31, wrong)
    size = _number(query, "size", call.connect.limits.connectors, LARGEST_PAGE, wrong)
    for name in ("q", *FILTERS):
        if len(query.get(name, "")) > LONGEST_SEARCH:
            wrong[name] = f"must be at most {LONGEST_SEARCH} characters"
    if wrong:
        raise Problem("invalid", f"wrong in the query: {', '.join(wrong)}", wrong)
    only = Filter(**{name: query[name] for name in FILTERS if query.get(name)})
    found = await call.owner.connectors(
        call.attempt_id, query.get("q", ""), page=page, size=size, only=only
    )
    return shown(
        {
            "connectors": [dict(one) for one in found.connectors],
            "page": found.page,
            "pages": found.pages,
            "total": found.total,
        }
    )


def _number(
    query: Mapping[str, str], name: str, default: int, most: int, wrong: dict[str, str]
) -> int:
    text = query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0
    if not 1 <= number <= most:
        wrong[name] = f"must be a number from 1 to {most}"
    return number


async def public_key(call: Call) -> web.Response:
    """`GET publickey`: the domain's public key as a JWK, for sealing in the browser."""
    return shown(await call.connect.engine.public_key())
