"""Everything that can be configured: one table, of which the documentation is made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_type_hints

from attrs import fields, frozen

from powens_flow.config.kinds import (
    COUNT,
    KINDS_OF,
    PORT,
    SECRET,
    SECRETS,
    STORE,
    TEXT,
    TEXTS,
    Kind,
)
from powens_flow.policy import Deadlines, Policy


@frozen
class Option:
    """One thing to say: `key` in the TOML file, `variable` in the environment.

    A secret one stands in no TOML file: there, and in a variable `..._FILE`, is the name of a file
    that holds it.
    """

    key: str
    variable: str
    kind: Kind
    says: str
    default: str = ""

    @property
    def is_secret(self) -> bool:
        return self.kind in (SECRET, SECRETS)

    @property
    def file_key(self) -> str:
        """Where the TOML file names the file of a secret."""
        return f"{self.key}_file"

    @property
    def file_variable(self) -> str:
        """The variable that names the file of a secret."""
        return f"{self.variable}_FILE"


def _policy_options() -> Iterator[Option]:
    types = get_type_hints(Policy)
    for one in fields(Policy):
        if one.name != "deadlines":
            yield _of_policy(one.name, types[one.name], one.default)
    for one in fields(Deadlines):
        yield _of_policy(f"deadlines.{one.name}", float, one.default)


def _of_policy(name: str, its_type: Any, default: Any) -> Option:
    variable = f"POWENS_FLOW_POLICY_{name.upper().replace('.', '_')}"
    says = "see README, “Policy”"
    return Option(f"policy.{name}", variable, KINDS_OF[its_type], says, _shown(default))


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    if default is None or default == ():
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


OPTIONS: Final[tuple[Option, ...]] = (
    Option(
        "powens.domain",
        "POWENS_DOMAIN",
        TEXT,
        "the domain's name (`acme-sandbox`), or the API's whole URL; without it, the simulator",
    ),
    Option("powens.client_id", "POWENS_CLIENT_ID", TEXT, "the client id: digits"),
    Option("powens.client_secret", "POWENS_CLIENT_SECRET", SECRET, "the client secret"),
    Option(
        "powens.calls_a_minute",
        "POWENS_CALLS_A_MINUTE",
        COUNT,
        "the most calls a minute",
        "30 for a sandbox, else no limit",
    ),
    Option(
        "powens.webhook_secret",
        "POWENS_WEBHOOK_SECRET",
        SECRET,
        "what Powens signs its webhooks with; without it none are taken",
    ),
    Option(
        "store.path",
        "POWENS_FLOW_STORE",
        STORE,
        "the SQLite file",
        "`powens-flow/{domain}.sqlite` in `$XDG_STATE_HOME` or `~/.local/state`",
    ),
    Option(
        "store.keys",
        "POWENS_FLOW_KEYS",
        SECRET,
        "the JWK Set under which tokens rest",
        "made once, beside the store, as `{store}.keys`",
    ),
    Option("web.host", "POWENS_FLOW_HOST", TEXT, "the address to listen on", "127.0.0.1"),
    Option("web.port", "POWENS_FLOW_PORT", PORT, "the port to listen on; 0: any", "8000"),
    Option(
        "web.origins",
        "POWENS_FLOW_ORIGINS",
        TEXTS,
        "the outer origins (`https://app.example`), behind a proxy that changes `Host`",
    ),
    Option(
        "callback.url",
        "POWENS_FLOW_CALLBACK_URL",
        TEXT,
        "where transitions are told (docs/callbacks.md)",
    ),
    Option(
        "callback.secrets",
        "POWENS_FLOW_CALLBACK_SECRETS",
        SECRETS,
        "what they are signed with: `whsec_...`, several apart by blanks",
    ),
    *_policy_options(),
)

FILE_VARIABLE: Final = "POWENS_FLOW_CONFIG"
"""The variable that names the TOML file."""

DEFAULT_FILE: Final = Path("powens-flow.toml")
"""The TOML file that is read where none is named, if it is there."""


def table() -> str:
    """The options as a Markdown table."""
    head = (
        "| TOML key | variable | value | default | what it says |\n| --- | --- | --- | --- | --- |"
    )
    return "\n".join((head, *(_row(option) for option in OPTIONS)))


def _row(option: Option) -> str:
    key, variable = f"`{option.key}`", f"`{option.variable}`"
    if option.is_secret:
        key, variable = f"`{option.file_key}`", f"{variable} or `{option.file_variable}`"
    default = option.default or "-"
    return f"| {key} | {variable} | {option.kind.accepted} | {default} | {option.says} |"
