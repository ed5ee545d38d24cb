"""The application: the shell at `/`, its files, the sub-applications under `/connect/` and, where
Powens is simulated, `/inspect/`."""

from collections.abc import Collection
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from attrs import evolve, field, frozen

from powens_flow.clock import Clock, SystemClock
from powens_flow.policy import RESTRICT, Policy
from powens_flow.serve.sessions import Sessions
from powens_flow.serve.shell import CONTENT_SECURITY_POLICY, Shell, language_of
from powens_flow.serve.staff import INSPECT, whoever_is_here
from powens_flow.web import ENGINE, connect_app
from powens_flow.web.app import MakeEngine
from powens_flow.web.call import MakeReceiver
from powens_flow.web.inspect import inspect_app
from powens_flow.web.origin import check_origin
from powens_flow.web.problems import Problem
from powens_flow.web.watching import within

MOUNT: Final = "/connect"
CALLBACK: Final = f"{MOUNT}/callback"

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

SOME_TYPES: Final = ("savings",)
"""What `restrict` is tried with where Powens is simulated, and nothing else was configured."""

NO_FORM: Final = (
    ValueError,
    LookupError,
    ConnectionError,
    web.RequestPayloadError,
    HttpProcessingError,
)
"""What aiohttp raises at a body that is no form, or did not come to its end."""

PATIENCE: Final = 30.0
"""Seconds in which a form has to have come."""

FILES: Final = {"shell.css": "text/css", "icon.svg": "image/svg+xml"}


@frozen(eq=False)
class Site:
    """What the application is made of.

    `redirect_uris` are those that the simulated domain knows: the one of the address under which
    the browser sees this site is used. `origins` are the site's outer ones, behind a proxy.
    """

    sessions: Sessions
    shell: Shell
    policy: Policy
    redirect_uris: Collection[str] = ()
    origins: Collection[str] = ()
    clock: Clock = field(factory=SystemClock)

    def app(self, engine: MakeEngine, receiver: MakeReceiver | None) -> web.Application:
        """The application, which makes and keeps its engine."""
        app = web.Application(client_max_size=16 * 1024)
        app.add_routes(
            [
                web.get("/", self.show),
                web.post("/person", self.begin_anew),
                web.get("/static/{name}", static),
            ]
        )
        connect = connect_app(
            engine,
            authenticate=self.sessions.owner,
            return_to="/",
            origins=self.origins,
            webhooks=receiver,
            policy=self.policy_of,
        )
        app.add_subapp(MOUNT, connect)
        if self.shell.is_inspected:
            looking = inspect_app(lambda: connect[ENGINE], authenticate_staff=whoever_is_here)
            app.add_subapp(INSPECT, looking)
        app.on_response_prepare.append(add_headers)
        return app

    async def show(self, request: web.Request) -> web.Response:
        """`GET /`: the page; a browser that is not known yet becomes an end user."""
        response = web.Response(content_type="text/html", charset="utf-8")
        response.headers["Cache-Control"] = "no-store"
        session = self.sessions.read(request) or self.sessions.begin(response, self.policy.sources)
        response.text = self.shell.html(
            session, language_of(request.headers.get("Accept-Language", ""))
        )
        return response

    async def begin_anew(self, request: web.Request) -> web.Response:
        """`POST /person`: another end user, with the chosen option."""
        headers = request.headers
        try:
            check_origin(
                headers.get("Origin"), headers.get("Sec-Fetch-Site"), request.host, self.origins
            )
        except Problem:
            raise web.HTTPForbidden from None
        chosen = await self._sources(request)
        response = web.Response(status=303, headers={"Location": "/"})
        known = isinstance(chosen, str) and chosen in self.shell.options
        self.sessions.begin(response, str(chosen) if known else self.policy.sources)
        return response

    async def _sources(self, request: web.Request) -> object:
        """What the form says of sources, if anything."""
        try:
            if not await within(self.clock, PATIENCE, request.post()):
                raise web.HTTPRequestTimeout
            return (await request.post()).get("sources")
        except NO_FORM:
            raise web.HTTPBadRequest(text="the body is no form in UTF-8") from None

    def policy_of(self, request: web.Request) -> Policy:
        """The policy that an attempt of this request starts with."""
        session = self.sessions.read(request)
        policy = self.policy
        if session is not None and self.shell.options:
            policy = evolve(policy, sources=session.sources)
        if self.shell.is_simulated and policy.sources == RESTRICT and not policy.account_types:
            policy = evolve(policy, account_types=SOME_TYPES)
        here = f"{request.scheme}://{request.host}{CALLBACK}"
        return evolve(policy, redirect_uri=here) if here in self.redirect_uris else policy


async def static(request: web.Request) -> web.Response:
    """`GET /static/{name}`: a file of the shell."""
    name = request.match_info["name"]
    if name not in FILES:
        raise web.HTTPNotFound
    body = resources.files("powens_flow.serve").joinpath("static", name).read_bytes()
    headers = {"Cache-Control": "no-cache"}
    return web.Response(body=body, content_type=FILES[name], headers=headers)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What a browser is to be careful about, on each answer."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
