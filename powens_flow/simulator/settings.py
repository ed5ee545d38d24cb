"""How the simulated domain is set up: what an integrator sets in the console, and what varies."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs

from powens_flow.simulator import accepted

WebauthState = Literal["echoed", "connection_state", "absent"]

DATA = Path(__file__).parent
_LIMIT = accepted.whole(1, or_none=True)


@attrs.frozen
class Settings:
    """One simulated Powens domain.

    The literals stand for what the sources of the protocol disagree about, so that a client can be
    tested against each. Times are seconds.
    """

    client_id: str = attrs.field(default="10203040", validator=accepted.digits)
    client_secret: str = attrs.field(
        default="simulated-client-secret", repr=False, validator=accepted.text
    )
    redirect_uris: tuple[str, ...] = attrs.field(
        default=(
            "https://app.example/callback",
            "http://localhost/callback",
            "http://127.0.0.1/callback",
        ),
        validator=accepted.redirects,
    )
    calls_a_minute: int | None = attrs.field(default=None, validator=_LIMIT)
    page_size: int | None = attrs.field(default=None, validator=_LIMIT)
    creation_status: Literal[200, 201] = 201
    token_key: Literal["access_token", "token"] = "access_token"  # noqa: S105 - a JSON key's name
    dates: Literal["naive", "zoned"] = "naive"
    webauth_state: WebauthState = "echoed"
    webauth_id_key: Literal["id_connection", "connection_id"] = "id_connection"
    webauth_url_in_message: bool = attrs.field(default=False, validator=accepted.flag)
    temporary_seconds: float = attrs.field(default=1800, validator=accepted.seconds)
    code_seconds: float = attrs.field(default=1800, validator=accepted.seconds)
    link_seconds: float = attrs.field(default=600, validator=accepted.seconds)
    resume_block_seconds: float = attrs.field(default=0, validator=accepted.seconds)
    kid: str | None = attrs.field(default=None, validator=accepted.maybe_text)
    private_key: str | None = attrs.field(default=None, repr=False, validator=accepted.maybe_text)
    webhook_url: str | None = attrs.field(default=None, validator=accepted.web_address)
    webhook_secret: str = attrs.field(
        default="simulated-webhook-secret", repr=False, validator=accepted.text
    )
    webhook_auth: Literal["signature", "bearer"] = "signature"
    webhook_gzip: bool = attrs.field(default=False, validator=accepted.flag)
    webhook_signs: Literal["sent", "inflated"] = "sent"
    webhook_timeout: float = attrs.field(default=10, validator=accepted.seconds)
    webhook_resend_seconds: float = attrs.field(default=10, validator=accepted.seconds)
    connector_files: tuple[Path, ...] = attrs.field(default=(DATA / "connectors.toml",))
    login_files: tuple[Path, ...] = attrs.field(default=(DATA / "logins.toml",))
    received_max: int = attrs.field(default=10_000, validator=accepted.whole(0))
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(Settings):
            if field.name in CHOICES:
                accepted.one_of(CHOICES[field.name])(self, field, getattr(self, field.name))


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
    accepted.check_known(changes, names, "a setting that can be changed")
    if isinstance(changes.get("redirect_uris"), list):
        changes = changes | {"redirect_uris": tuple(changes["redirect_uris"])}
    return attrs.evolve(settings, **changes)
