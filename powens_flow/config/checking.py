"""What each value must be for its use, and what must stand together."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from attrs import fields

from powens_flow.api.address import base_url
from powens_flow.config.errors import Fault
from powens_flow.config.options import OPTIONS
from powens_flow.config.values import Configuration
from powens_flow.keyring import Keyring
from powens_flow.outgoing import OutgoingWebhook
from powens_flow.policy import Deadlines, Policy
from powens_flow.web.origin import checked_origins

ATTRIBUTES = {
    "powens.domain": "domain",
    "powens.client_id": "client_id",
    "powens.client_secret": "client_secret",
    "powens.calls_a_minute": "calls_a_minute",
    "powens.webhook_secret": "webhook_secret",
    "store.path": "store",
    "store.keys": "keys",
    "web.host": "host",
    "web.port": "port",
    "web.origins": "origins",
    "callback.url": "callback_url",
    "callback.secrets": "callback_secrets",
}
"""Which attribute of the configuration an option is."""


def checked(
    values: Mapping[str, Any], places: Mapping[str, str], faults: list[Fault]
) -> Configuration | None:
    """The configuration of these values; `faults` grows by what is wrong with them."""
    for key, check in CHECKS.items():
        if key in values:
            _expect(key, places, faults, partial(check, values[key]))
    policy = _policy(values, places, faults)
    _expect_together(values, places, faults)
    if policy is None:
        return None
    given = {name: values[key] for key, name in ATTRIBUTES.items() if key in values}
    return Configuration(**given, policy=policy)


def _expect(
    key: str, places: Mapping[str, str], faults: list[Fault], work: Callable[[], Any]
) -> None:
    try:
        work()
    except ValueError as error:
        faults.append(Fault(places.get(key, key), str(error)))


def _client_id(value: str) -> None:
    if not (value.isascii() and value.isdigit()):
        raise ValueError("a client id is digits only")


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "powens.domain": base_url,
    "powens.client_id": _client_id,
    "store.keys": lambda keys: Keyring.from_jwk_set(keys.reveal()),
    "web.origins": checked_origins,
    "callback.url": lambda url: OutgoingWebhook(url, [_SOME_SECRET]),
    "callback.secrets": lambda some: OutgoingWebhook("https://backend.example", some),
}

_SOME_SECRET = "whsec_" + "A" * 32  # only the URL is looked at


def _policy(
    values: Mapping[str, Any], places: Mapping[str, str], faults: list[Fault]
) -> Policy | None:
    """The policy; each attribute is tried on its own first, so that its fault has its place."""
    before = len(faults)
    given: dict[str, Any] = {}
    limits: dict[str, float] = {}
    for option in OPTIONS:
        _, _, name = option.key.partition("policy.")
        if not name or option.key not in values:
            continue
        value, (_, _, deadline) = values[option.key], name.partition("deadlines.")
        kind: Callable[..., Any] = Deadlines if deadline else Policy
        (limits if deadline else given)[deadline or name] = value
        _expect(option.key, places, faults, partial(kind, **{deadline or name: value}))
    return Policy(**given, deadlines=Deadlines(**limits)) if len(faults) == before else None


def _expect_together(
    values: Mapping[str, Any], places: Mapping[str, str], faults: list[Fault]
) -> None:
    variables = {option.key: option for option in OPTIONS}

    def expect(having: str, wanted: str, why: str) -> None:
        if having in values and wanted not in values and wanted not in places:
            option = variables[wanted]
            key = option.file_key if option.is_secret else option.key
            faults.append(Fault(places[having], f"{why} is missing", f"{key} or {option.variable}"))

    expect("powens.domain", "powens.client_id", "the domain's client id")
    expect("powens.domain", "powens.client_secret", "the domain's client secret")
    expect("powens.domain", "policy.redirect_uri", "where the bank sends the user back")
    expect("powens.client_id", "powens.domain", "the client's domain")
    expect("callback.url", "callback.secrets", "what callbacks are signed with")
    expect("callback.secrets", "callback.url", "where callbacks go")


assert {name.name for name in fields(Configuration)} == {*ATTRIBUTES.values(), "policy"}
