"""An attempt and its journal as JSON that may be shown: what is listed here, and nothing else.

No token, no address, no value that a user typed, no words of a bank, nothing of an account's
holder; accounts and subscriptions by their ids.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from powens_flow.attempt import Account, Attempt, CallRecord, JournalRow, Subscription, User

_PLAIN: Final = (
    "id",
    "owner",
    "machine",
    "machine_hash",
    "state",
    "version",
    "seq",
    "created_at",
    "entered_at",
    "connector_ref",
    "id_connection",
    "connection_made_here",
    "refresh",
    "source",
    "wanted_source",
    "sources",
    "asked_for",
    "answered",
    "known_connections",
    "existing",
    "present_sources",
    "resumed",
    "came_back",
    "callback_connection",
    "unsure_since",
    "consent",
    "early_tried",
    "exchange_tried",
    "orphans",
    "ending",
    "cleanup",
    "result",
    "deadline_at",
    "deadline_of",
    "warned",
    "polls",
    "tries",
    "trying_since",
    "cut_short",
    "due_at",
    "policy",
)


def redacted(attempt: Attempt) -> dict[str, Any]:
    """The snapshot, as far as it may be shown."""
    shown = {name: plain(getattr(attempt, name)) for name in _PLAIN}
    connector, problem, reading = attempt.connector, attempt.problem, attempt.reading
    return shown | {
        "user": _user(attempt.user),
        "connector": None
        if connector is None
        else {"id": connector.id, "uuid": connector.uuid, "name": connector.name},
        "asked": [one.name for one in attempt.asked],
        "reading": {
            "state": reading.state,
            "fields": list(reading.fields),
            "last_update": plain(reading.last_update),
            "next_try": plain(reading.next_try),
            "repeats": reading.repeats,
        },
        "accounts": [_account(one) for one in attempt.accounts],
        "subscriptions": [_subscription(one) for one in attempt.subscriptions],
        "problem": None
        if problem is None
        else {
            "key": problem.key,
            "code": problem.code,
            "request_id": problem.request_id,
            "fields": dict(problem.fields),
        },
    }


def row_json(row: JournalRow) -> dict[str, Any]:
    """One transition."""
    return {
        "seq": row.seq,
        "at": plain(row.at),
        "trigger": row.trigger,
        "source": row.source,
        "dest": row.dest,
        "cause": row.cause,
        "duration": row.duration,
        "machine_hash": row.machine_hash,
        "guards": dict(row.guards),
        "facts": plain(row.facts),
        "calls": [_call(one) for one in row.calls],
    }


def plain(value: Any) -> Any:
    """The value as JSON holds it; moments as ISO 8601, frozen values as objects."""
    if isinstance(value, datetime):
        return value.isoformat()
    if attrs.has(type(value)):
        return {one.name: plain(getattr(value, one.name)) for one in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [plain(one) for one in value]
    return value


def _call(call: CallRecord) -> dict[str, Any]:
    return {
        "name": call.name,
        "status": call.status,
        "code": call.code,
        "request_id": call.request_id,
        "duration": call.duration,
    }


def _user(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "id": user.id,
        "permanent": user.permanent,
        "made_here": user.made_here,
        "expires_at": plain(user.expires_at),
        "kept": user.kept,
    }


def _account(one: Account) -> dict[str, Any]:
    return {"id": one.id, "type": one.type, "usage": one.usage, "disabled": one.disabled}


def _subscription(one: Subscription) -> dict[str, Any]:
    return {"id": one.id, "disabled": one.disabled}
