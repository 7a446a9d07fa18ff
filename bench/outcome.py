"""What a benchmark found: one table for a person, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """A title, the table's columns and rows, and what goes into the JSON file."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    data: dict[str, Any]
