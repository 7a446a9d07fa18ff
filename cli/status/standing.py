"""How a document stands, in words, by its row in `Documents`: its state, since when, why, and what to do. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli.advice import what_to_do
from cli.plain import in_one_line, plain, utc
from shared.documents import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

_SINCE = {
    "waiting": ("PausedSince", "SubmittedAt"),
    "analyzing": ("SubmittedAt",),
    "storing": ("AnalyzedAt",),
    "succeeded": ("StoredAt",),
}
"""The columns that say when a state began; the row's last change says it of the others."""


def state(row: Mapping[str, Any]) -> str:
    """Its state in a word."""
    return plain(row.get("Status", "?"))


def since(row: Mapping[str, Any]) -> datetime | None:
    """When its state began. `Timestamp`, the row's last change, is asked for with the row."""
    moments = (row.get(name) for name in (*_SINCE.get(row.get("Status", ""), ()), "Timestamp"))
    return next((moment for moment in moments if moment), None)


def why(row: Mapping[str, Any]) -> str:
    """What is not well with it, in the words of its row; empty when it is well."""
    code, message = plain(row.get("ErrorCode") or ""), in_one_line(row.get("ErrorMessage") or "")
    return f"{code}: {message}" if code and message else message or code


def advice(row: Mapping[str, Any]) -> str:
    """What to do about it; empty when it is well. A document that waits says when it is tried again."""
    advised = what_to_do(row.get("Status", ""), row.get("ErrorCode"))
    if row.get("Status") == "waiting" and (again := row.get("NextTryAt")):
        return "; ".join(filter(None, (advised, f"next try at {utc(again)}")))
    return advised


def explained(row: Mapping[str, Any]) -> str:
    """Why and what to do, and whether a person should look at its values, as text."""
    to_do, review = advice(row), "Needs review." if row.get("NeedsReview") is True else ""
    return " ".join(filter(None, (why(row), f"To do: {to_do}." if to_do else "", review)))


@dataclass(slots=True)
class Counts:
    """How many documents are in which state, and how many of these need review."""

    by_state: Counter[str] = field(default_factory=Counter)
    to_review: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts one more document."""
        one = state(row)
        self.by_state[one] += 1
        self.to_review[one] += row.get("NeedsReview") is True

    def lines(self) -> Iterator[tuple[str, int, int]]:
        """Each state that there is, in the order of a document's life, with both numbers."""
        for one in [*STATES, *sorted(self.by_state.keys() - set(STATES))]:
            if self.by_state[one]:
                yield one, self.by_state[one], self.to_review[one]

    def __str__(self) -> str:
        """In a line."""
        each = (f"{number:,} {one}{f' ({few:,} to review)' if few else ''}" for one, number, few in self.lines())
        return ", ".join(each) or "none"
