"""Moments as whole numbers that sort: microseconds since 1970, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """The moment, which must be aware, as microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """The moment that so many microseconds since 1970 are, in UTC."""
    return EPOCH + timedelta(microseconds=micros)
