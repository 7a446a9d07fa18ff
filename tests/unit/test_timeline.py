"""A document's life in the order in which it happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.show.timeline import duration, timeline

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """So long after the start."""
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param({"Status": "submitting"}, ["dropped"], id="just dropped"),
        pytest.param({"Status": "waiting", "SubmittedAt": after(1)}, ["dropped", "first tried"], id="not accepted"),
        pytest.param(
            {"Status": "analyzing", "SubmittedAt": after(1), "OperationUrl": "u"},
            ["dropped", "submitted"],
            id="accepted",
        ),
        pytest.param(
            {"Status": "succeeded", "SubmittedAt": after(0), "AnalyzedAt": after(5), "StoredAt": after(6)},
            ["dropped", "submitted", "analyzed", "stored"],
            id="read",
        ),
        pytest.param(
            {"Status": "failed", "SubmittedAt": after(1), "Timestamp": after(9)},
            ["dropped", "first tried", "failed"],
            id="failed",
        ),
        pytest.param(
            {"Status": "storing", "SubmittedAt": after(20), "OperationUrl": "u", "AnalyzedAt": after(5)},
            ["dropped", "analyzed", "submitted"],
            id="submitted anew",
        ),
    ],
)
def test_what_happened_is_told_in_order(row: dict[str, Any], told: list[str]) -> None:
    """A blob's time has whole seconds: what happened in the same one comes after it."""
    assert [moment.what for moment in timeline(row, after(0.5))] == told


def test_an_unknown_beginning_is_left_out() -> None:
    """The file is gone, or has other content."""
    assert timeline({"Status": "submitting"}, None) == []


def test_what_is_no_time_is_left_out() -> None:
    """Somebody may have written into the row."""
    assert timeline({"Status": "failed", "SubmittedAt": "yesterday"}, None) == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0.0 s"),
        (-3, "0.0 s"),
        (1.24, "1.2 s"),
        (59.96, "1 min 0 s"),
        (61, "1 min 1 s"),
        (3599.7, "1 h 0 min"),
        (2 * 3600 + 600, "2 h 10 min"),
        (86400 * 2 + 3 * 3600, "2 d 3 h"),
        (86400 * 400, "400 d 0 h"),
    ],
)
def test_a_time_is_told_as_people_do(seconds: float, told: str) -> None:
    """In its two largest units."""
    assert duration(seconds) == told
