"""What was read from a file by one model, before any version of the API gives it a shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.loosepairs import LoosePair
    from local.analyzer.pages import Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.reading import Reading


@dataclass(frozen=True)
class ReadForm:
    """A form with named fields: its type in the words of its model, and the id of the model that read it."""

    doc_type: str
    model: str
    fields: Sequence[ReadField]
    confidence: float


@dataclass(frozen=True)
class Readout:
    """The pages; `readings`, one a page, of a model without labels; `forms` of a labelled or prebuilt one.

    `pairs` are those that were found without any model, a list for each page.
    """

    pages: Sequence[Page]
    readings: Sequence[Reading] = ()
    forms: Sequence[ReadForm] = ()
    pairs: Sequence[Sequence[LoosePair]] = ()
