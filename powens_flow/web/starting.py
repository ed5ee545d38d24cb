"""What a request to start an attempt may say."""

from collections.abc import Collection
from typing import Any, Final

from attrs import frozen

from powens_flow.web.problems import Problem

RECONNECT: Final = "reconnect"
LARGEST_ID: Final = 2**63 - 1


@frozen
class Start:
    """The machine to run; `id_connection` and `refresh` belong to `reconnect`."""

    machine: str = "add_connection"
    id_connection: int | None = None
    refresh: bool = False


def start_from_json(body: Any, machines: Collection[str]) -> Start:
    """A start from plain JSON. Raises Problem, naming each key that is wrong."""
    if not isinstance(body, dict):
        raise Problem("invalid", "the body has to be a JSON object with a machine")
    machine = body.get("machine", "add_connection")
    if not isinstance(machine, str) or machine not in machines:
        known = ", ".join(sorted(machines))
        raise Problem("invalid", "there is no such machine", {"machine": f"one of: {known}"})
    wrong = _wrong(body, reconnects=machine == RECONNECT)
    if wrong:
        raise Problem("invalid", f"wrong to start {machine}: {', '.join(sorted(wrong))}", wrong)
    return Start(**body)


def _wrong(body: dict[str, Any], *, reconnects: bool) -> dict[str, str]:
    known = ("machine", "id_connection", "refresh") if reconnects else ("machine",)
    wrong = {name: f"not known; known: {', '.join(known)}" for name in set(body) - set(known)}
    if reconnects and not _is_id(body.get("id_connection")):
        wrong["id_connection"] = "must be an id (a positive integer)"
    if not isinstance(body.get("refresh", False), bool):
        wrong.setdefault("refresh", "must be true or false")
    return wrong


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value <= LARGEST_ID
