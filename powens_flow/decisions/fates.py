"""What became of the source at hand, as changes of the attempt. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from powens_flow.attempt import ADDED, PUT_OFF, Attempt, SourceFate
from powens_flow.decisions import planning
from powens_flow.evolving import evolve


def added(attempt: Attempt, access_expire: datetime | None = None) -> dict[str, Any]:
    """The changes when the source was added and synced."""
    return {
        **fate(attempt, ADDED, access_expire=access_expire),
        "answered": tuple(dict.fromkeys(attempt.answered + _asked(attempt))),
        "plain_values": {},
        "url": None,
        "url_state": None,
    }


def _asked(attempt: Attempt) -> tuple[str, ...]:
    """What its form asked for, though the bank's questions may have been asked since; of a source
    that was there before, nothing was."""
    source = planning.source_named(attempt, attempt.source)
    if source is None or source.name in attempt.present_sources:
        return ()
    return tuple(one.name for one in planning.fields_of(attempt, source))


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


def reported(
    sources: tuple[SourceFate, ...], states: Mapping[str | None, str | None]
) -> tuple[SourceFate, ...]:
    """The fates, with what the connection now says of those that it has: an earlier source may
    have come to ask for something, or be synced at last. It decides on nothing here."""
    return tuple(
        evolve(one, state=states[one.name])
        if one.fate in (ADDED, PUT_OFF) and one.name in states
        else one
        for one in sources
    )
