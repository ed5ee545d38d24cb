"""Webauth: the URL of the bank's page, the page to navigate to, and the bank's page itself."""

from urllib.parse import urlencode

from aiohttp import web

from powens_flow.simulator import bank, page
from powens_flow.simulator.call import Answer, Call, Route
from powens_flow.simulator.domain import Domain, Flow
from powens_flow.simulator.errors import ApiError
from powens_flow.simulator.links import KNOWN, asked_flow, link
from powens_flow.simulator.world import Connection


async def webauth_url(call: Call) -> Answer:
    for name in call.query.keys() & {"token", "connector_uuid"}:
        call.violate("unknown_query", name)
    return Answer(200, {"url": link(call, asked_flow(call, call.user))})


async def webauth(call: Call) -> Answer:
    if "token" not in call.query:
        raise ApiError("missingParameter", "token is missing")
    id_user = call.sim.tokens.burn_code(call.query["token"], call.sim.clock.now())
    flow = asked_flow(call, call.sim.user(id_user))
    return Answer(302, headers={"Location": link(call, flow)})


ROUTES = (
    Route("GET", "/webauth-url", webauth_url, KNOWN, fields=True),
    Route("GET", "/webauth", webauth, KNOWN, needs_user=False, fields=True),
)


class BankPage:
    """The bank's own web page: not part of the API, so no call there is recorded or faulted."""

    def __init__(self, sim: Domain) -> None:
        self._sim = sim

    async def show(self, request: web.Request) -> web.Response:
        flow = self._flow(request.query.get("flow", ""))
        if flow is None:
            return _html(page.expired(), 410)
        return _html(page.form(flow.connector.name, flow.id, request.query.get("login", "")))

    async def answer(self, request: web.Request) -> web.Response:
        try:
            form = await request.post()
        except (ValueError, LookupError):  # another charset, multipart that is cut
            return _html(page.expired(), 400)
        flow = self._flow(str(form.get("flow", "")))
        if flow is None:
            return _html(page.expired(), 410)
        login, decision = str(form.get("login", "")), form.get("decision")
        if decision == "approve":
            return self._approve(flow, login)
        if decision == "refuse":
            return self._back(flow, {"error": "access_denied"})
        return self._failed(flow, "The bank's server failed")

    def _flow(self, number: str) -> Flow | None:
        self._sim.tick()
        flow = self._sim.flows.get(number)
        if flow is None or flow.used or not self._sim.has(flow.user, flow.connection):
            return None
        return flow

    def _approve(self, flow: Flow, login: str) -> web.Response:
        try:
            connection = self._authorised(flow, login)
        except ApiError as error:
            if error.code.casefold() == "wrongpass":
                name = flow.connector.name
                return _html(page.form(name, flow.id, login, error.message or ""), 200)
            return self._failed(flow, error.message or error.code)
        flow.user.sent_to_page.discard((flow.connector.id, flow.source.name))
        return self._back(flow, self._success(connection))

    def _authorised(self, flow: Flow, login: str) -> Connection:
        sim, connection = self._sim, flow.connection
        if connection is None:
            return self._created(flow, login)
        on = connection.named(flow.source.name) if flow.source.name else connection.sources[0]
        if on is None:
            bank.add_source(sim, flow.user, connection, flow.source, login or connection.login)
        elif login and login != on.login:
            bank.new_login(sim, flow.user, connection, on, login)
        elif on.steps:
            bank.passed(sim, connection, on)
        else:
            bank.synced(sim, connection, on)
        return connection

    def _created(self, flow: Flow, login: str) -> Connection:
        sim = self._sim
        made = sim.new_connection(flow.user, flow.connector, login)
        bank.add_source(sim, flow.user, made, flow.source, login)
        sim.keep_connection(made)
        return made

    def _success(self, connection: Connection) -> dict[str, str]:
        settings = self._sim.settings
        query: dict[str, str] = {settings.webauth_id_key: str(connection.id)}
        if settings.webauth_state == "connection_state":
            query["state"] = connection.state or "null"
        return query

    def _failed(self, flow: Flow, description: str) -> web.Response:
        return self._back(flow, {"error": "server_error", "error_description": description})

    def _back(self, flow: Flow, query: dict[str, str]) -> web.Response:
        flow.used = True
        if self._sim.settings.webauth_state == "echoed" and flow.state is not None:
            query = query | {"state": flow.state}
        return web.Response(
            status=302, headers={"Location": f"{flow.redirect_uri}?{urlencode(query)}"}
        )


def _html(text: str, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
