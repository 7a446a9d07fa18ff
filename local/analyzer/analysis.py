"""What a document says to a model, before a version of the API gives it its own shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer.keyvalues import KeyValue, key_values_on
from local.analyzer.labelled import read_labelled
from local.analyzer.models import Model, model_from_json
from local.analyzer.prebuilts import read_invoice, read_receipt
from local.analyzer.reading import Reading, read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.store import Operation, StoredModel

PREBUILTS: Mapping[str, Callable[[Sequence[Page], str], list[ReadField]]] = {
    "invoice": read_invoice,
    "receipt": read_receipt,
}


@dataclass(frozen=True)
class ReadDocument:
    """A form whose fields have names; `model` (None: a prebuilt one) says which component of a model knew it best."""

    model: StoredModel | None
    fields: list[ReadField]
    confidence: float


@dataclass(frozen=True)
class Analysis:
    """The pages; of an unlabelled model a reading of each page; the forms with named fields; pairs, if asked for."""

    pages: list[Page]
    readings: list[Reading] | None = None
    documents: tuple[ReadDocument, ...] = ()
    pairs: tuple[KeyValue, ...] | None = None


def analyze(operation: Operation, model: StoredModel | None, pages: list[Page]) -> Analysis:
    """What the operation's model (None: its prebuilt one) makes of these pages."""
    pairs = tuple(pair for page in pages for pair in key_values_on(page)) if operation.pairs else None
    if operation.model is None:
        read = PREBUILTS.get(operation.prebuilt)
        return Analysis(
            pages, None, (_document(None, read(pages, operation.version)),) if read and pages else (), pairs
        )
    if model is None or (model.learned is None and not model.components):
        return Analysis(pages, [read_page(page, Model(())) for page in pages], (), pairs)
    if not model.is_labelled:
        learned = model_from_json(model.learned or {})
        return Analysis(pages, [read_page(page, learned) for page in pages], (), pairs)
    read_by = [_document(part, read_labelled(pages, part.learned or {})) for part in model.parts]
    return Analysis(pages, None, (max(read_by, key=lambda document: document.confidence),), pairs)


def _document(model: StoredModel | None, fields: list[ReadField]) -> ReadDocument:
    """It is as sure as its fields are, those that are missing counting nothing."""
    confidence = sum(field.confidence for field in fields if field.text is not None) / len(fields) if fields else 0.0
    return ReadDocument(model, fields, round(confidence, 3))
