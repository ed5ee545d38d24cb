"""Runs all of it in one process, until it is told to stop."""

import asyncio
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web
from attrs import evolve, frozen

from powens_flow.api import PowensClient
from powens_flow.config.errors import ConfigError, Fault
from powens_flow.config.keys import kept_keyring, keyring
from powens_flow.config.values import Configuration, store_path
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.outgoing import OutgoingWebhook
from powens_flow.secret import Secret
from powens_flow.serve.sessions import OPTIONS, Sessions
from powens_flow.serve.shell import Shell
from powens_flow.serve.site import CALLBACK, MOUNT, Site
from powens_flow.serve.staff import INSPECT, is_own
from powens_flow.simulator import Settings, Simulator, running
from powens_flow.simulator.run import stopped_by_signals
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import StoreVault
from powens_flow.webhooks import Receiver, Signature

GRACE: Final = 5.0
"""Seconds that requests under way are given when it is told to stop."""


class CannotListen(Exception):
    """The address cannot be listened on; the message says which, and why."""


@frozen
class Served:
    """What runs: the address of the page, the store, and, where Powens is simulated, its API; and
    the address of the pages for staff, where there are any."""

    address: str
    store: Path
    simulator: str | None = None
    inspect: str | None = None


async def serve(
    configuration: Configuration,
    *,
    sources: str | None = None,
    started: Callable[[Served], None] = lambda _: None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves until `stop` is set, or SIGTERM or SIGINT arrives; `started` is called once.

    `sources` is the option for everybody; without it, where Powens is simulated, each person
    chooses. A store that is not configured is a domain's own file, or, of the simulator, which
    forgets everything when it ends, a temporary one.

    Raises:
        CannotListen: the port cannot be listened on.
        ConfigError: the store's folder cannot be made, the file of the keys cannot be used, or
            it is missing for a store that holds tokens.
        StoreError: the store cannot be opened; no keys were made for it.
    """
    stop = stop or asyncio.Event()
    with stopped_by_signals(stop.set):
        async with AsyncExitStack() as stack:
            listening = stack.enter_context(_listening(configuration.host, configuration.port))
            address = _address(listening)
            path = _place(configuration, stack)
            store, keys = await _opened(configuration, path, stack)
            configuration, api = await _simulated(configuration, address, stack)
            if sources is not None:
                configuration = _with_sources(configuration, sources)
            engine = _engine(configuration, store, keys)
            site = _site(configuration, keys, address, simulated=api is not None, fixed=sources)
            app = site.app(engine, _receiver(configuration))
            await stack.enter_async_context(_running(app, listening))
            inspect = f"{address}{INSPECT}/" if site.shell.is_inspected else None
            started(Served(address, path, api, inspect))
            await stop.wait()


# --- what it works with --------------------------------------------------------------------------


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)  # of a host that is none, no socket is left open
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise CannotListen(f"cannot listen on {host}, port {port}: {why}") from None


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, _in_address(host))  # noqa: S104 - shown, not listened on
    return f"http://{shown}:{port}"


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _place(configuration: Configuration, stack: AsyncExitStack) -> Path:
    """Where the store is, or will be made, in a folder that is there."""
    if configuration.is_simulated and configuration.store is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="powens-flow-"))
        return Path(folder) / "simulated.sqlite"
    path = store_path(configuration)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"the store's folder cannot be made: {error.strerror or type(error).__name__}"
        accepted = "a folder that this user may make and write, by --store or store.path"
        raise ConfigError((Fault(str(path.parent), what, accepted),)) from None
    return path


async def _opened(
    configuration: Configuration, path: Path, stack: AsyncExitStack
) -> tuple[SQLiteStore, Keyring]:
    """The store, and its keys: what cannot be used is told before anything is made."""
    kept_keyring(configuration, path)
    store = await stack.enter_async_context(SQLiteStore(path))
    # An attempt under way has one of its own before the vault has.
    holds_tokens = bool(await store.vault_records(limit=1) or await store.live_states())
    return store, keyring(configuration, path, holds_tokens=holds_tokens)


async def _simulated(
    configuration: Configuration, address: str, stack: AsyncExitStack
) -> tuple[Configuration, str | None]:
    """The configuration for the simulator, which runs from now on, where no domain is named."""
    if not configuration.is_simulated:
        return configuration, None
    settings = Settings(
        redirect_uris=simulated_redirects(address),
        webhook_url=f"{address}{MOUNT}/webhooks/{{event}}",
        webhook_secret=secrets.token_hex(16),
    )
    server = await stack.enter_async_context(running(Simulator(settings), keep_time=True))
    policy = evolve(configuration.policy, redirect_uri=settings.redirect_uris[0])
    made = evolve(
        configuration,
        domain=server.url,
        client_id=settings.client_id,
        client_secret=Secret(settings.client_secret),
        webhook_secret=Secret(settings.webhook_secret),
        policy=policy,
    )
    return made, server.url


def simulated_redirects(address: str) -> tuple[str, ...]:
    """The callback under each name that a browser of this machine may call it by."""
    port = address.rpartition(":")[2]
    names = (
        address,
        f"http://localhost:{port}",
        f"http://127.0.0.1:{port}",
        f"http://[::1]:{port}",
    )
    return tuple(dict.fromkeys(f"{name}{CALLBACK}" for name in names))


def _with_sources(configuration: Configuration, sources: str) -> Configuration:
    return evolve(configuration, policy=evolve(configuration.policy, sources=sources))


# --- the site and its engine ---------------------------------------------------------------------


def _site(
    configuration: Configuration,
    keys: Keyring,
    address: str,
    *,
    simulated: bool,
    fixed: str | None,
) -> Site:
    redirect_uri = configuration.policy.redirect_uri or ""
    sessions = Sessions(
        keys,
        run=f"{secrets.token_hex(4)}-" if simulated else "",
        secure=redirect_uri.startswith("https:"),
    )
    options = OPTIONS if simulated and fixed is None else ()
    redirects = simulated_redirects(address) if simulated else ()
    is_inspected = simulated and is_own(_in_address(configuration.host))
    shell = Shell(is_simulated=simulated, is_inspected=is_inspected, options=options)
    return Site(sessions, shell, configuration.policy, redirects, configuration.origins)


def _receiver(configuration: Configuration) -> Callable[[Engine], Receiver] | None:
    secret = configuration.webhook_secret
    return None if secret is None else lambda engine: Receiver(engine, Signature(secret))


def _engine(
    configuration: Configuration, store: SQLiteStore, keys: Keyring
) -> Callable[[], AbstractAsyncContextManager[Engine]]:
    assert configuration.domain is not None
    assert configuration.client_id is not None
    domain, client_id = configuration.domain, configuration.client_id

    @asynccontextmanager
    async def made() -> AsyncIterator[Engine]:
        async with (
            PowensClient(
                domain,
                client_id,
                configuration.client_secret,
                calls_a_minute=configuration.calls_a_minute,
            ) as api,
            _callbacks(configuration) as listeners,
            Engine(
                api, store, StoreVault(store, keys), keys, policy=configuration.policy
            ) as engine,
        ):
            for listener in listeners:
                engine.on()(listener)
            yield engine

    return made


@asynccontextmanager
async def _callbacks(configuration: Configuration) -> AsyncIterator[tuple[OutgoingWebhook, ...]]:
    if configuration.callback_url is None:
        yield ()
        return
    async with OutgoingWebhook(
        configuration.callback_url, configuration.callback_secrets
    ) as webhook:
        yield (webhook,)


@asynccontextmanager
async def _running(app: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    # Webhooks are signed as they were sent: nothing is inflated before they are looked at.
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()
