"""How the simulated domain is set up: what an integrator sets in the console, and what varies."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs

WebauthState = Literal["echoed", "connection_state", "absent"]

DATA = Path(__file__).parent


@attrs.frozen
class Settings:
    """One simulated Powens domain.

    The literals stand for what the sources of the protocol disagree about, so that a client can be
    tested against each. Times are seconds.
    """

    client_id: str = attrs.field(default="10203040")
    client_secret: str = attrs.field(default="simulated-client-secret", repr=False)
    redirect_uris: tuple[str, ...] = (
        "https://app.example/callback",
        "http://localhost/callback",
        "http://127.0.0.1/callback",
    )
    calls_a_minute: int | None = None
    page_size: int | None = None
    creation_status: Literal[200, 201] = 201
    token_key: Literal["access_token", "token"] = "access_token"  # noqa: S105 - a JSON key's name
    dates: Literal["naive", "zoned"] = "naive"
    webauth_state: WebauthState = "echoed"
    webauth_id_key: Literal["id_connection", "connection_id"] = "id_connection"
    webauth_url_in_message: bool = False
    temporary_seconds: float = 1800
    code_seconds: float = 1800
    link_seconds: float = 600
    resume_block_seconds: float = 0
    kid: str | None = None
    private_key: str | None = attrs.field(default=None, repr=False)
    webhook_url: str | None = None
    webhook_secret: str = attrs.field(default="simulated-webhook-secret", repr=False)
    webhook_auth: Literal["signature", "bearer"] = "signature"
    webhook_gzip: bool = False
    webhook_signs: Literal["sent", "inflated"] = "sent"
    webhook_timeout: float = 10
    webhook_resend_seconds: float = 10
    connector_files: tuple[Path, ...] = attrs.field(default=(DATA / "connectors.toml",))
    login_files: tuple[Path, ...] = attrs.field(default=(DATA / "logins.toml",))
    received_max: int = 10_000
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is one of {', '.join(map(str, choices))}")

    @client_id.validator
    def _digits(self, _: Any, value: str) -> None:
        if not value.isdecimal():
            raise ValueError("client_id is digits only")


CHOICES = {
    name: get_args(hint)
    for name, hint in get_type_hints(Settings).items()
    if get_origin(hint) is Literal
}
FIXED = frozenset(
    {
        "connector_files",
        "login_files",
        "received_max",
        "seed",
        "private_key",
        "kid",
        "webhook_timeout",
    }
)
"""What is read once, when a simulator is made: `configure` refuses to change it."""


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with some of them changed at run time.

    Raises ValueError for a name that is unknown or fixed at the start, or a value of another type.
    """
    names = {field.name for field in attrs.fields(Settings)} - FIXED
    for name in changes:
        if name not in names:
            raise ValueError(f"{name!r} is not a setting that can be changed")
    if "redirect_uris" in changes:
        changes = changes | {"redirect_uris": tuple(changes["redirect_uris"])}
    return attrs.evolve(settings, **changes)
