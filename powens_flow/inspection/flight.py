"""The flight recorder: one attempt as one JSON file, to attach to a ticket and to replay.

It holds what `redaction` shows, and sums (SHA-256) of each part, by which a file that was cut or
changed is noticed, and where. They are no signature: who wants to can make new ones.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from attrs import frozen

from powens_flow.inspection.redaction import redacted, row_json
from powens_flow.inspection.story import Story

FORMAT: Final = "powens_flow flight recording"
VERSION: Final = 1
_PARTS: Final = ("format", "version", "made_at", "versions", "machine", "attempt", "journal")
_SUM: Final = 32


class FlightBroken(ValueError):
    """The file is no recording, or was cut or changed; the text says where."""


@frozen
class Flown:
    """One transition of a recording, as far as it is flown again."""

    seq: int
    trigger: str
    source: str
    dest: str
    guards: Mapping[str, bool]


@frozen
class Flight:
    """A recording that was read, whole and unchanged."""

    attempt: str
    machine: str
    machine_hash: str
    state: str
    rows: tuple[Flown, ...]
    content: Mapping[str, Any]


def recorded(story: Story, made_at: datetime, *, with_owner: bool = False) -> str:
    """The recording as JSON text. The owner stays out of it, unless it is asked for."""
    attempt = redacted(story.attempt)
    if not with_owner:
        attempt["owner"] = None
    content = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": made_at.isoformat(),
        "versions": {
            "powens_flow": version("powens-flow"),
            "python": platform.python_version(),
            "transitions": version("transitions"),
        },
        "machine": {
            "name": story.attempt.machine,
            "hash": story.attempt.machine_hash,
            "hash_when_recorded": story.machine.hash if story.machine else None,
        },
        "attempt": attempt,
        "journal": [row_json(row) for row in story.rows],
    }
    return json.dumps(content | {"sums": _sums(content)}, indent=1) + "\n"


def read(text: str) -> Flight:
    """The recording again.

    Raises:
        FlightBroken: saying what is wrong, and where.
    """
    content = _content(text)
    _check(content)
    try:
        return _flight(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FlightBroken(f"not as this version records: {type(error).__name__}") from None


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = (
            f" at line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise FlightBroken(f"cut or changed{place}: from there on it is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FlightBroken(f"no recording: it does not say {FORMAT!r}")
    if content.get("version") != VERSION:
        told = content.get("version")
        raise FlightBroken(f"a recording of version {told!r}; this one reads version {VERSION}")
    missing = [part for part in (*_PARTS, "sums") if part not in content]
    if missing:
        raise FlightBroken(f"changed: it has no {', '.join(missing)}")
    return content


def _check(content: Mapping[str, Any]) -> None:
    journal, said = content["journal"], content["sums"]
    if not isinstance(journal, list) or not isinstance(said, dict):
        raise FlightBroken("changed: its journal is no list, or its sums are no object")
    sums = _sums(content)
    for part in ("head", "machine", "attempt"):
        if sums[part] != said.get(part):
            raise FlightBroken(f"changed in its part {_TOLD[part]}")
    _check_journal(journal, sums["journal"], said.get("journal"))
    if sums["all"] != said.get("all"):
        raise FlightBroken("changed in its sums")


_TOLD: Final = {"head": "before the machine (made_at, versions)"} | {
    part: repr(part) for part in ("machine", "attempt")
}


def _check_journal(journal: list[Any], sums: list[str], said: Any) -> None:
    if not isinstance(said, list):
        raise FlightBroken("changed in its sums: those of the journal are no list")
    for place, (made, given) in enumerate(zip(sums, said, strict=False)):
        if made != given:
            seq = journal[place].get("seq") if isinstance(journal[place], dict) else None
            raise FlightBroken(
                f"changed in its journal, row {place + 1} (seq {seq}):"
                " this row was changed, or one was taken out or put in before it"
            )
    if len(sums) < len(said):
        raise FlightBroken(f"cut in its journal: row {len(sums) + 1} of {len(said)} is missing")
    if len(sums) > len(said):
        raise FlightBroken(f"changed in its journal: row {len(said) + 1} was put in")


def _sums(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of each part, and of each row with all before it."""
    head = _sum({part: content[part] for part in ("format", "version", "made_at", "versions")})
    machine, attempt = _sum(content["machine"]), _sum(content["attempt"])
    rows, last = [], _sum([head, machine, attempt])
    for row in content["journal"]:
        last = _sum([last, row])
        rows.append(last)
    return {
        "head": head,
        "machine": machine,
        "attempt": attempt,
        "journal": rows,
        "all": _sum([head, machine, attempt, rows]),
    }


def _sum(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_SUM]


def _flight(content: Mapping[str, Any]) -> Flight:
    rows = tuple(
        Flown(row["seq"], row["trigger"], row["source"], row["dest"], dict(row["guards"]))
        for row in content["journal"]
    )
    attempt, machine = content["attempt"], content["machine"]
    told = (attempt["id"], machine["name"], machine["hash"], attempt["state"])
    texts = (*told, *(text for row in rows for text in (row.trigger, row.source, row.dest)))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    return Flight(*told, rows, content)
