"""A named field as it was read from a form, before any version of the API gives it a shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.analyzer.shapes import Box, Word


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field: what stands on the page (`text`; None when it was not found) and what that means (`value`).

    `type` is the service's name of the type. The value is a string (an ISO date or time, an E.164 phone number,
    `selected`), a number, a list of fields (array), fields by name (object), or None where the text could not be
    understood. `page` counts from 1; `words` are those that the field was read from, in reading order.
    """

    name: str
    type: str
    text: str | None
    value: object
    page: int
    box: Box | None
    confidence: float
    words: tuple[Word, ...]
