"""NCRONTAB, as timer triggers use it: six fields, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.host.schedule import parse

NOW = datetime(2026, 11, 23, 7, 45, 30, 500, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-11-23 07:45:31"),
        ("30 45 7 * * *", "2026-11-24 07:45:30"),  # this second has begun
        ("0 */15 * * * *", "2026-11-23 08:00:00"),
        ("0 50/5 * * * *", "2026-11-23 07:50:00"),
        ("0 0 9-17/4 * * *", "2026-11-23 09:00:00"),
        ("0 0 6 * * *", "2026-11-24 06:00:00"),
        ("0 0 6 * * sat,sun", "2026-11-28 06:00:00"),
        ("0 30 9 1 jan *", "2027-01-01 09:30:00"),
        ("0 0 0 1-7 * 0", "2026-12-06 00:00:00"),  # a day of the month and of the week: both must fit
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("*/5 * * * *", "2026-11-23 07:50:00"),  # five fields
    ],
)
def test_the_next_time(text: str, expected: str) -> None:
    """Always later than now."""
    assert parse(text).after(NOW) == datetime.fromisoformat(f"{expected}+00:00")


def test_an_impossible_day_is_refused() -> None:
    """30 February."""
    with pytest.raises(ValueError, match="no day fits"):
        parse("0 0 0 30 2 *").after(NOW)


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * * *", "5-1 * * * * *", "* * * 0 * *", "x * * * * *", "*/0 * * * * *"]
)
def test_nonsense_is_refused(text: str) -> None:
    """With a `ValueError`."""
    with pytest.raises(ValueError, match=r".+"):
        parse(text)
