from datetime import UTC, datetime

import pytest

from powens_flow.api.dates import moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-07-01 12:00:00", datetime(2024, 7, 1, 10, tzinfo=UTC)),  # Paris, summer
        ("2024-01-01 12:00:00", datetime(2024, 1, 1, 11, tzinfo=UTC)),  # Paris, winter
        ("2024-01-01T12:00:00+05:00", datetime(2024, 1, 1, 7, tzinfo=UTC)),
        ("2024-01-01T12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00.250Z", datetime(2024, 1, 1, 12, 0, 0, 250000, tzinfo=UTC)),
        ("2024-10-27 02:30:00", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # twice: the first
        ("0000-00-00 00:00:00", None),
        ("0001-01-01 00:00:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_with_and_without_a_zone(text: str, expected: datetime | None) -> None:
    read = moment(text)
    assert read == expected
    assert read is None or read.tzinfo is UTC
