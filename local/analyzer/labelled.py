"""Labelled forms become a model, and the model reads its fields: what the rest of the analyzer calls.

A training set has, beside each document `X`, `X.labels.json` (which text is which field, with boxes as shares of the
page) and `X.ocr.json` (a layout result), and one `fields.json` that names the fields and their types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.analyzer.files import read_pages
from local.analyzer.labelledlearning import learn_labelled
from local.analyzer.labelledmodels import labelled_from_json
from local.analyzer.labelledreading import read_fields
from local.analyzer.labels import BadLabelsError, Field, LabelledForm, fields_from_json, labels_from_json
from local.analyzer.pages import UnreadableFileError
from local.analyzer.training import FEWEST, READABLE, TrainingFile, UnlistableError, training_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local.analyzer.labels import Path, Region
    from local.analyzer.pages import Page
    from local.analyzer.readfields import ReadField

NO_OCR = "Can't find any OCR files for training."
LABELS, OCR, FIELDS = ".labels.json", ".ocr.json", "fields.json"


@dataclass(frozen=True, slots=True)
class LabelledField:
    """A field that a model reads.

    `schema` is what v3 shows of it: `{"type": "string"}`, or for tables with `items` and `properties`. `accuracy` lies
    between 0 and 1.
    """

    name: str
    type: str
    accuracy: float
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabelledTraining:
    """What training came to: `learned` is plain JSON for `read_labelled`, None when there are errors.

    A document is `{"documentName", "pages", "status", "errors"}`, an error `{"code", "message"}` with a v2 code.
    """

    documents: list[dict[str, Any]]
    errors: list[dict[str, str]] = field(default_factory=list)
    fields: list[LabelledField] = field(default_factory=list)
    accuracy: float = 0.0
    learned: dict[str, Any] | None = None


def train_labelled(files: Iterable[TrainingFile]) -> LabelledTraining:
    """Learns from every document that has both labels and an ocr file; the files of the container come in any order.

    Other documents are left out, as the service does it.
    """
    try:
        return _trained({file.name: file for file in files})
    except UnlistableError:
        return LabelledTraining([], [training_error("2012")])
    except BadLabelsError as error:
        return _failed(str(error))


def read_labelled(pages: Sequence[Page], learned: Mapping[str, Any]) -> list[ReadField]:
    """Every field of the model, found or not, in the order of `fields.json`."""
    return read_fields(labelled_from_json(learned), pages)


def _failed(message: str) -> LabelledTraining:
    return LabelledTraining([], [{"code": "2014", "message": message}])


def _trained(files: Mapping[str, TrainingFile]) -> LabelledTraining:
    root = min((name for name in files if name.rpartition("/")[2] == FIELDS), key=len, default=None)
    labelled = [name for name in files if name.lower().endswith(READABLE) and name + LABELS in files]
    whole = [name for name in labelled if name + OCR in files]
    if not whole:
        return LabelledTraining([], [{"code": "2100", "message": NO_OCR}])
    if root is None:
        return _failed(f"There is no {FIELDS} beside the training documents.")
    fields = fields_from_json(files[root].read())
    documents, forms = _documents(whole, files, fields)
    if len(forms) < FEWEST:
        message = f"{len(forms)} labelled documents can be used; {FEWEST} are needed."
        return LabelledTraining(documents, [{"code": "2014", "message": message}])
    model = learn_labelled(forms, fields)
    told = [LabelledField(one.name, one.type, model.accuracies[one.name], one.schema) for one in fields]
    return LabelledTraining(documents, [], told, model.average_accuracy, model.to_json())


def _documents(
    names: Iterable[str], files: Mapping[str, TrainingFile], fields: tuple[Field, ...]
) -> tuple[list[dict[str, Any]], list[LabelledForm]]:
    documents: list[dict[str, Any]] = []
    forms: list[LabelledForm] = []
    for name in names:
        form = _form(files[name], labels_from_json(files[name + LABELS].read(), fields))
        errors = [] if form.pages else [{"code": "2005", "message": "Unable to read file."}]
        status = "failed" if errors else "succeeded"
        documents.append({"documentName": name, "pages": len(form.pages), "status": status, "errors": errors})
        forms += [form] if form.pages else []
    return documents, forms


def _form(file: TrainingFile, labels: Mapping[Path, tuple[Region, ...]]) -> LabelledForm:
    try:
        return LabelledForm(file.name, read_pages(file.read()), labels)
    except UnreadableFileError:
        return LabelledForm(file.name, [], labels)
