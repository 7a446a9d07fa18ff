"""A training set with labels: files that belong together become a model, others an error that says what is missing."""

from __future__ import annotations

from functools import partial

import pytest

from local.analyzer.labelledmodels import LabelledModel
from local.analyzer.labelledtraining import train_with_labels
from local.analyzer.training import Trained, TrainingFile
from tests.unit.analyzer.drawing import pdf
from tests.unit.analyzer.labelling import fields_json, labels_json, plain_field

NUMBERS = ("4711", "8205", "1934", "6650", "2281")


def training_set(folder: str = "orders/") -> dict[str, bytes]:
    """Five forms with their labels and texts, and the fields."""
    files = {f"{folder}fields.json": fields_json(plain_field("Number", "integer"))}
    for number in NUMBERS:
        content = pdf([(72, 100, f"Number: {number}"), (72, 130, "Thank you")])
        files[f"{folder}{number}.pdf"] = content
        files[f"{folder}{number}.pdf.labels.json"] = labels_json(content, {"Number": number})
        files[f"{folder}{number}.pdf.ocr.json"] = b"{}"
    return files


def trained(files: dict[str, bytes]) -> Trained:
    """What training with these files comes to."""
    return train_with_labels(TrainingFile(name, partial(bytes, content)) for name, content in files.items())


def test_a_labelled_set_makes_a_model() -> None:
    """Each document is reported without `errors`, as the service does it, and each field with its accuracy."""
    outcome = trained(training_set())
    assert isinstance(outcome.model, LabelledModel)
    assert outcome.model.accuracies == {"Number": 1.0}
    assert outcome.documents[0] == {"documentName": "orders/4711.pdf", "pages": 1, "status": "succeeded"}


def test_documents_without_labels_are_left_out() -> None:
    """They may lie beside the others."""
    outcome = trained({**training_set(), "orders/new.pdf": pdf([(72, 100, "Number: 1")])})
    assert len(outcome.documents) == 5


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("fields.json", "There is no fields.json"),
        (".ocr.json", "Can't find any OCR files for training."),
        (".labels.json", "No valid blobs found"),
        ("4711.pdf.labels.json", "4 labelled documents can be used; 5 are needed."),
    ],
)
def test_what_is_missing_is_said(missing: str, message: str) -> None:
    """No model then."""
    outcome = trained({name: content for name, content in training_set().items() if not name.endswith(missing)})
    assert outcome.model is None
    assert message in outcome.errors[0]["message"]


def test_a_broken_labels_file_is_said() -> None:
    """No model then."""
    outcome = trained({**training_set(), "orders/4711.pdf.labels.json": b"{"})
    assert outcome.model is None
    assert "labels file cannot be read" in outcome.errors[0]["message"]
