"""The results that the benchmark makes, so that it measures what it says."""

from __future__ import annotations

import io
from collections import Counter

from bench.flatten import COLUMNS, PAIRS, ROWS, write_v2, write_v4
from shared.fields import Row, flatten


def rows(pieces: list[str]) -> list[Row]:
    """The rows of a generated result."""
    return list(flatten(io.BytesIO("".join(pieces).encode())))


def told(found: list[Row]) -> Counter[tuple[object, ...]]:
    """What the rows say, whatever stands between their words and whatever their order."""
    return Counter(
        (row.kind, *row.name.split(), *(row.text or "").split(), row.page, row.read_confidence) for row in found
    )


def test_both_kinds_say_the_same() -> None:
    """The same words, with the same confidences found by pointers here and by spans there."""
    old, new = rows([*write_v2(3)]), rows([*write_v4(3)])
    assert len(old) == 3 * (ROWS * COLUMNS + PAIRS)
    assert all(row.read_confidence for row in old)
    assert told(old) == told(new)
