"""`powens-flow simulate`: the Powens API, played, for anybody's integration tests."""

import asyncio
from pathlib import Path
from typing import Any

import attrs
import click

from powens_flow.simulator import Logins, Server, Settings, serve
from powens_flow.simulator.catalogue import Catalogue

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DEFAULT = Settings()


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--connectors", type=FILE, multiple=True, help="Further connectors (TOML).")
@click.option("--logins", type=FILE, multiple=True, help="Further logins (TOML).")
@click.option("--client-id", default=DEFAULT.client_id, show_default=True)
@click.option("--client-secret", default=DEFAULT.client_secret, show_default=True)
@click.option(
    "--redirect-uri", multiple=True, help=f"Registered besides {', '.join(DEFAULT.redirect_uris)}."
)
@click.option("--webhook-url", help="Where webhooks are sent; without it none are.")
@click.option("--webhook-secret", default=DEFAULT.webhook_secret, show_default=True)
@click.option("--webhook-gzip", is_flag=True, help="Compress webhooks.")
@click.option("--calls-a-minute", type=click.IntRange(1), help="More are answered 429.")
def simulate(port: int, **options: Any) -> None:
    """Play the Powens API on 127.0.0.1 until SIGTERM or Ctrl-C.

    Nothing leaves this machine. What happens is chosen by the login (see the README's table), and
    through the control API under /_sim/.
    """
    settings = _settings(options)
    has_started = False

    def started(server: Server) -> None:
        nonlocal has_started
        has_started = True
        _told(server)

    try:
        asyncio.run(serve(settings, port, started=started))
    except OSError as error:
        if has_started:  # nobody reads what it tells, or its disk is full
            raise
        why = error.strerror or type(error).__name__
        raise click.ClickException(f"powens-flow: cannot listen on port {port}: {why}") from None


def _settings(options: dict[str, Any]) -> Settings:
    connectors, logins = options.pop("connectors"), options.pop("logins")
    redirect_uris = options.pop("redirect_uri")
    try:
        settings = attrs.evolve(
            DEFAULT,
            connector_files=(*DEFAULT.connector_files, *connectors),
            login_files=(*DEFAULT.login_files, *logins),
            redirect_uris=(*DEFAULT.redirect_uris, *redirect_uris),
            **options,
        )
        _expect_readable(settings)
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from None
    return settings


def _expect_readable(settings: Settings) -> None:
    """Reads the files before anything listens. Raises ValueError, TypeError."""
    Catalogue(settings.connector_files)
    Logins(settings.login_files)


def _told(server: Server) -> None:
    settings = server.simulator.settings
    click.echo(f"address: {server.url}")
    click.echo(f"client id: {settings.client_id}")
    click.echo(f"client secret: {settings.client_secret}")
    click.echo("Playing the Powens API; stop with SIGTERM or Ctrl-C.")
