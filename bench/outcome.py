"""What a benchmark found: one table for a person, and the same as data."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """A title, the table's columns and rows, and what goes into the JSON file."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    data: dict[str, Any]
    breaches: tuple[str, ...] = ()
    """Promises that were broken while it ran."""


def peak_megabytes() -> int:
    """The most memory this process ever had."""
    # Kibibytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)
