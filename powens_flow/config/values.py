"""A configuration that was read and checked."""

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from powens_flow.policy import Policy
from powens_flow.secret import Secret


@frozen
class Configuration:
    """What `load` answers. Without a `domain`, the simulator is meant.

    `keys` is a JWK Set, None where it is kept beside the store.
    """

    domain: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    calls_a_minute: int | None = None
    webhook_secret: Secret | None = None
    store: Path | None = None
    keys: Secret | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    origins: tuple[str, ...] = ()
    callback_url: str | None = None
    callback_secrets: tuple[Secret, ...] = ()
    policy: Policy = field(factory=Policy)

    @property
    def is_simulated(self) -> bool:
        """Whether no real domain is named."""
        return self.domain is None


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where an application keeps what outlives it (XDG Base Directory Specification)."""
    given = (os.environ if environ is None else environ).get("XDG_STATE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return base / "powens-flow"


def store_path(configuration: Configuration, environ: Mapping[str, str] | None = None) -> Path:
    """The SQLite file: the one configured, or the domain's own."""
    if configuration.store is not None:
        return configuration.store
    name = (configuration.domain or "simulated").split("//")[-1].strip("/")
    safe = "".join(one if one.isalnum() or one in "-." else "-" for one in name)
    return state_folder(environ) / f"{safe}.sqlite"


def keys_path(store: Path) -> Path:
    """The file of the keys that belongs to a store."""
    return store.with_name(f"{store.name}.keys")
