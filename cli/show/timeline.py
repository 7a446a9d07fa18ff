"""A document's life: when it came to each of its states, and how long each took. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the document, in UTC."""

    what: str
    at: datetime


def timeline(row: Mapping[str, Any], dropped_at: datetime | None) -> list[Moment]:
    """What is known of the life of the document of this row in `Documents`, in the order in which it happened.

    `dropped_at` is when its content came, None when that is not known; `Timestamp` in the row is its last change.
    """
    accepted = row.get("OperationUrl") or row.get("AnalyzedAt")
    steps = {
        "dropped": dropped_at,
        "submitted" if accepted else "first tried": row.get("SubmittedAt"),
        "analyzed": row.get("AnalyzedAt"),
        "stored": row.get("StoredAt"),
        "failed": row.get("Timestamp") if row.get("Status") == "failed" else None,
    }
    moments = [Moment(what, at) for what, at in steps.items() if isinstance(at, datetime)]
    # Stable: what happened in the same second stays in the order of the steps.
    return sorted(moments, key=lambda moment: moment.at.replace(microsecond=0))


def duration(seconds: float) -> str:
    """A time as people say it: `1.2 s`, `3 min 5 s`, `2 h 10 min`, `1 d 2 h`."""
    if round(seconds, 1) < MINUTE:
        return f"{max(seconds, 0):.1f} s"
    minutes, second = divmod(round(seconds), MINUTE)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    return f"{hours} h {minute} min" if hours else f"{minutes} min {second} s"
