"""A named field as it was read, before an API version gives it its own shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.analyzer.shapes import Box, Word


@dataclass(frozen=True, slots=True)
class ReadField:
    """A field of a labelled model or of a prebuilt one, found or not.

    `type` is string, date, time, phoneNumber, number, integer, selectionMark, array, object, currency or address.
    `text` is what stands on the page; None: not found. `value` is what it means: a string (an ISO date, an E.164 phone
    number, `selected`), an int, a float (of a currency the amount), a list of fields or fields by name; None: not
    understood. `page` counts from 1, `box` is in inches on the upright sheet, `confidence` lies between 0 and 1,
    `words` are those that the field was read from.
    """

    name: str
    type: str
    text: str | None
    value: object
    page: int
    box: Box | None
    confidence: float
    words: tuple[Word, ...]
