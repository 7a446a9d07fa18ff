"""What a text on a form means."""

from __future__ import annotations

import pytest

from local.analyzer.typedvalues import meaning


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "11/15/2024", "2024-11-15"),
        ("date", "31/12/2024", "2024-12-31"),
        ("date", "Nov. 5, 2024", "2024-11-05"),
        ("date", "17 October 2025", "2025-10-17"),
        ("date", "2024-02-30", None),
        ("date", "soon", None),
        ("time", "1:05 PM", "13:05:00"),
        ("time", "12:00 a.m.", "00:00:00"),
        ("time", "25:10", None),
        ("phoneNumber", "Tel (425) 555-0123", "+14255550123"),
        ("phoneNumber", "12345", None),
        ("number", "1,234.50", 1234.5),
        ("number", "(20.00)", -20.0),
        ("number", "none", None),
        ("currency", "$ 1,210.50", 1210.5),
        ("currency", "-$3.10", -3.1),
        ("integer", "12", 12),
        ("integer", "12.5", None),
        ("string", "as it is", "as it is"),
        ("selectionMark", "x", None),
    ],
)
def test_a_text_means(kind: str, text: str, value: object) -> None:
    """None is not understood."""
    assert meaning(kind, text) == value
