"""Accounts and subscriptions: listed, and activated by the end user's choice."""

from collections.abc import Callable
from typing import Any

from powens_flow.simulator.call import Answer, Call, Handler, Route
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.routes.pages import PAGED, page
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.views import account_view, subscription_view
from powens_flow.simulator.world import Account, Connection

Rows = Callable[[Connection], list[Account]]
View = Callable[[Settings, Account], dict[str, Any]]


def listing(name: str, rows: Rows, view: View) -> Handler:
    async def play(call: Call) -> Answer:
        every = rows(call.connection())
        if not every:
            raise ApiError("noAccount", f"The connection has no {name}")
        chosen, shape = page(call, _visible(call, every))
        return Answer(200, {name: [view(call.sim.settings, one) for one in chosen], **shape})

    return play


def several(name: str, rows: Rows, view: View) -> Handler:
    async def play(call: Call) -> Answer:
        visible = {str(one.id): one for one in _visible(call, rows(call.connection()))}
        ids = call.path["ids"].split(",")
        if not set(ids) <= visible.keys():
            raise not_found(name)
        chosen = [visible[number] for number in dict.fromkeys(ids)]
        disabled = _disabled(call)
        for one in chosen:
            _set(call, one, disabled, view)
        return Answer(200, {name: [view(call.sim.settings, one) for one in chosen]})

    return play


def single(name: str, rows: Rows, view: View) -> Handler:
    async def play(call: Call) -> Answer:
        every = [one for connection in call.user.connections.values() for one in rows(connection)]
        found = [one for one in _visible(call, every) if str(one.id) == call.path["ids"]]
        if not found:
            raise not_found(name)
        _set(call, found[0], _disabled(call), view)
        return Answer(200, view(call.sim.settings, found[0]))

    return play


def _visible(call: Call, rows: list[Account]) -> list[Account]:
    return [one for one in rows if call.all or one.disabled is None]


def _disabled(call: Call) -> bool:
    body = call.check_body({"disabled": bool})
    if "disabled" not in body:
        raise ApiError("missingParameter", "disabled is missing")
    return bool(body["disabled"])


def _set(call: Call, one: Account, disabled: bool, view: View) -> None:
    if disabled == (one.disabled is not None):
        return
    one.disabled = call.sim.clock.now() if disabled else None
    if view is account_view:
        event = "ACCOUNT_DISABLED" if disabled else "ACCOUNT_ENABLED"
        shape = account_view(call.sim.settings, one)
        call.sim.outbox.tell(call.user, event, shape | {"id_user": call.user.id})


ONE = "/users/me/connections/{id_connection}"
ALL = frozenset({"all"})
ROUTES = tuple(
    route
    for name, rows, view in (
        ("accounts", Connection.accounts, account_view),
        ("subscriptions", Connection.subscriptions, subscription_view),
    )
    for route in (
        Route("GET", f"{ONE}/{name}", listing(name, rows, view), ALL | PAGED),
        Route("PUT", f"{ONE}/{name}/{{ids}}", several(name, rows, view), ALL),
        Route("POST", f"/users/me/{name}/{{ids}}", single(name, rows, view), ALL),
    )
)
