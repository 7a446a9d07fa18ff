"""A training set with labels: which files belong together, and what each document came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.analyzer.files import read_pages
from local.analyzer.labelled import train_labelled
from local.analyzer.labels import BadLabelsError, Field, LabelledForm, fields_from_json, labels_from_json
from local.analyzer.pages import UnreadableFileError
from local.analyzer.training import ERRORS, READABLE, Trained, TrainingFile, UnlistableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.analyzer.labels import Path, Region

FEWEST = 5
FIELDS, LABELS, OCR = "fields.json", ".labels.json", ".ocr.json"


def train_with_labels(files: Iterable[TrainingFile]) -> Trained:
    """Learns from every document that has a labels file and a text file (`.ocr.json`) beside it.

    Other documents are left out, as the service does. The errors are the service's, or say what is wrong with the set.
    """
    try:
        by_name = {file.name: file for file in files}
        return _trained(by_name)
    except UnlistableError:
        return _failed("2012", ERRORS["2012"])
    except BadLabelsError as error:
        return _failed("2014", str(error))


def _trained(files: Mapping[str, TrainingFile]) -> Trained:
    roots = sorted((name for name in files if name.rpartition("/")[2] == FIELDS), key=len)
    if not roots:
        return _failed("2014", f"There is no {FIELDS} beside the training documents.")
    labelled = [name for name in files if name.lower().endswith(READABLE) and name + LABELS in files]
    named = [name for name in labelled if name + OCR in files]
    if not named:
        return _failed("2014", "Can't find any OCR files for training." if labelled else ERRORS["2014"])
    fields = fields_from_json(files[roots[0]].read())
    documents, forms = _documents(named, files, fields)
    if len(forms) < FEWEST:
        message = f"{len(forms)} labelled documents can be used; {FEWEST} are needed."
        return Trained(documents, [{"code": "2014", "message": message}])
    return Trained(documents, model=train_labelled(forms, fields))


def _documents(
    names: Iterable[str], files: Mapping[str, TrainingFile], fields: tuple[Field, ...]
) -> tuple[list[dict[str, Any]], list[LabelledForm]]:
    documents: list[dict[str, Any]] = []
    forms: list[LabelledForm] = []
    for name in names:
        labels = labels_from_json(files[name + LABELS].read(), fields)
        form, error = _form(files[name], labels)
        documents.append({"documentName": name, "pages": len(form.pages), "status": "failed" if error else "succeeded"})
        documents[-1] |= {"errors": [error]} if error else {}
        forms += [] if error else [form]
    return documents, forms


def _form(file: TrainingFile, labels: Mapping[Path, tuple[Region, ...]]) -> tuple[LabelledForm, dict[str, str] | None]:
    try:
        return LabelledForm(file.name, read_pages(file.read()), labels), None
    except UnreadableFileError:
        return LabelledForm(file.name, [], labels), {"code": "2005", "message": "Unable to read file."}


def _failed(code: str, message: str) -> Trained:
    return Trained([], [{"code": code, "message": message}])
