"""What became of the source at hand, as changes of the attempt. Pure."""

from datetime import datetime
from typing import Any

from powens_flow.attempt import ADDED, Attempt, SourceFate


def added(attempt: Attempt, access_expire: datetime | None = None) -> dict[str, Any]:
    """The changes when the source was added and synced."""
    asked = tuple(one.name for one in attempt.asked if attempt.asked_for == "values")
    return {
        **fate(attempt, ADDED, access_expire=access_expire),
        "answered": tuple(dict.fromkeys(attempt.answered + asked)),
        "plain_values": {},
        "url": None,
        "url_state": None,
    }


def fate(
    attempt: Attempt,
    what: str,
    *,
    state: str | None = None,
    access_expire: datetime | None = None,
) -> dict[str, Any]:
    """The changes when the source at hand came to `what`; once said, it stands."""
    name = attempt.source
    if name is None or any(one.name == name for one in attempt.sources):
        return {}
    return {
        "sources": (*attempt.sources, SourceFate(name, what, state, access_expire)),
        "wanted_source": None,
    }
