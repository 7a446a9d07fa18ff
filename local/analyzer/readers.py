"""The models at work: from the pages of a file to what a prebuilt, a trained or a composed model reads there."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from local.analyzer.labelledmodels import labelled_from_json
from local.analyzer.labelledreading import read_labelled
from local.analyzer.loosepairs import loose_pairs
from local.analyzer.models import Model, model_from_json
from local.analyzer.prebuilts import DOCUMENT, prebuilt_forms
from local.analyzer.reading import read_page
from local.analyzer.readout import ReadForm, Readout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.pages import Page
    from local.analyzer.store import Operation, Store, StoredModel


def read_with(operation: Operation, pages: Sequence[Page], store: Store) -> Readout:
    """What the operation's model reads in these pages."""
    wanted = operation.options.get("features", "").lower().split(",")
    pairs = [list(loose_pairs(page)) for page in pages] if _has_pairs(operation.model, wanted) else []
    if operation.model.startswith("prebuilt-"):
        return Readout(pages, forms=prebuilt_forms(operation.model, operation.version, pages), pairs=pairs)
    model = store.model(operation.model)
    parts = [part for part in map(store.model, model.parts if model else ()) if part] or ([model] if model else [])
    if any(part.is_labelled for part in parts):
        forms = [_form(part, pages) for part in parts if part.is_labelled]
        return Readout(pages, forms=[max(forms, key=lambda form: form.confidence)], pairs=pairs)
    learned = model_from_json(model.learned) if model and model.learned else Model(())
    return Readout(pages, readings=[read_page(page, learned) for page in pages])


def _has_pairs(model: str, features: Sequence[str]) -> bool:
    return model == DOCUMENT or "keyvaluepairs" in features


def _form(model: StoredModel, pages: Sequence[Page]) -> ReadForm:
    """How sure it is that this is such a form: the mean confidence of its fields, 0 for those not found."""
    fields = read_labelled(labelled_from_json(model.learned or {}), pages)
    sure = mean(field.confidence if field.words else 0.0 for field in fields) if fields else 0.0
    return ReadForm(doc_type_of(model), model.id, fields, sure)


def doc_type_of(model: StoredModel) -> str:
    """The type of a form that this model reads, as each version calls it."""
    if not model.version.startswith("2."):
        return model.id
    return "custom:form" if model.version == "2.0" else f"custom:{model.name or model.id}"
