"""Field values as the simulated API takes them: sealed in a body, plain in a webauth query."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from powens_flow.simulator.call import Call
from powens_flow.simulator.connectors import Connector, Field, Source
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.keys import NotSealed

PLAIN: dict[str, type | tuple[type, ...]] = {
    "id_connector": (int, str),
    "connector_uuid": str,
    "resume": bool,
    "refresh_auth": bool,
}
"""What a connection's body holds beside field values; these are never sealed."""


def sealed_values(call: Call) -> dict[str, str]:
    """The field values of a body, opened.

    Raises ApiError `invalidValue` for a plaintext credential (and counts it), `keymanager` for a
    value that cannot be opened.
    """
    plain = {name: value for name, value in call.body.items() if name in PLAIN}
    sealed = {name: value for name, value in call.body.items() if name not in PLAIN}
    for name, value in plain.items():
        if not isinstance(value, PLAIN[name]):
            call.violate("wrong_type", name)
            raise ApiError("invalidValue", f"{name} has the wrong type")
    return {name: _opened(call, name, value) for name, value in sealed.items()}


def _opened(call: Call, name: str, value: Any) -> str:
    if not isinstance(value, str):
        call.violate("wrong_type", name)
        raise ApiError("invalidValue", f"{name} has the wrong type")
    try:
        return call.sim.keys.open(value)
    except NotSealed:
        call.violate("plaintext_credential", name)
        raise ApiError("invalidValue", f"{name} must be encrypted") from None


def check_values(
    call: Call, values: Mapping[str, str], fields: Iterable[Field], needed: Iterable[Field]
) -> None:
    """Raises ApiError for a `needed` value that is missing, and for one that its field refuses."""
    known = {field.name: field for field in fields}
    for name in values.keys() - known.keys():
        call.violate("unknown_key", name)
    for field in needed:
        if field.required and field.name not in values:
            raise ApiError("missingParameter", f"{field.name} is missing")
    for name in values.keys() & known.keys():
        if not _acceptable(known[name], values[name]):
            raise ApiError("invalidValue", f"{name} is not valid")


def _acceptable(field: Field, value: str) -> bool:
    if not value:
        return not field.required
    if field.regex and not re.fullmatch(field.regex, value):
        return False
    check = CHECKS.get(field.type)
    return check is None or check(field, value)


def _is_date(_: Field, value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_number(_: Field, value: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", value))


def _is_listed(field: Field, value: str) -> bool:
    return any(one.value == value for one in field.values)


CHECKS: dict[str, Callable[[Field, str], bool]] = {
    "date": _is_date,
    "number": _is_number,
    "list": _is_listed,
}


def chosen_connector(call: Call, given: Mapping[str, Any]) -> Connector:
    """The connector that `id_connector` or `connector_uuid` names, open to new connections."""
    keys = [str(given[name]) for name in ("connector_uuid", "id_connector") if name in given]
    if not keys:
        raise ApiError("missingParameter", "id_connector or connector_uuid is missing")
    found = call.sim.catalogue.find(keys[0])
    if found is None:
        raise not_found("connector")
    if found.restricted:
        raise ApiError("forbidden", "The connector takes no new connections")
    return found


def chosen_source(connector: Connector, name: str | None, mechanism: str) -> Source:
    """The source of that name, or with none the first in order, if it has that mechanism."""
    usable = connector.playable()
    found = usable[0] if not name and usable else None
    found = next((one for one in usable if one.name == name), found)
    if found is None:
        raise ApiError("notSupported", "The connector has no such source, or it is disabled")
    if found.auth_mechanism != mechanism:
        raise ApiError("notSupported", f"The source does not use {mechanism}")
    return found
