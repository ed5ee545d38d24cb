"""Dates as Powens writes them."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_PARIS = ZoneInfo("Europe/Paris")


# One answer says the same few moments again and again.
@lru_cache(maxsize=2048)
def moment(text: str) -> datetime | None:
    """The moment in UTC that a date of the API names, or None when it names none.

    `YYYY-MM-DD HH:MM:SS` without a zone is Paris time; ISO 8601 with an offset is taken at its
    word (protocol page, introduction). A date that cannot be read, such as MySQL's
    `0000-00-00 00:00:00`, says as little as null.
    """
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo else read.replace(tzinfo=_PARIS)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
