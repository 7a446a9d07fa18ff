"""A training set with labels: files that belong together become a model, others an error that says what is missing."""

from __future__ import annotations

import json
from functools import partial

import pytest

from local.analyzer.files import read_pages
from local.analyzer.labelled import LabelledField, LabelledTraining, read_labelled, train_labelled
from local.analyzer.training import TrainingFile
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


def trained(files: dict[str, bytes]) -> LabelledTraining:
    """What training with these files comes to."""
    return train_labelled(TrainingFile(name, partial(bytes, content)) for name, content in files.items())


def test_a_labelled_set_makes_a_model() -> None:
    """Each document is reported, each field has its accuracy, and what was learned reads a new form."""
    outcome = trained(training_set())
    assert outcome.documents[0] == {"documentName": "orders/4711.pdf", "pages": 1, "status": "succeeded", "errors": []}
    assert outcome.fields == [LabelledField("Number", "integer", 1.0, {"type": "integer"})]
    assert outcome.accuracy == 1.0
    learned = json.loads(json.dumps(outcome.learned))
    (number,) = read_labelled(read_pages(pdf([(72, 100, "Number: 9017"), (72, 130, "Thank you")])), learned)
    assert (number.name, number.text, number.value) == ("Number", "9017", 9017)


def test_an_unreadable_document_is_reported_and_left_out() -> None:
    """Five good ones beside it still make a model."""
    broken = {"orders/x.pdf": b"no pdf", "orders/x.pdf.labels.json": b'{"labels": []}', "orders/x.pdf.ocr.json": b"{}"}
    outcome = trained({**training_set(), **broken})
    assert [one["status"] for one in outcome.documents] == [*["succeeded"] * 5, "failed"]
    assert outcome.learned is not None


def test_documents_without_labels_are_left_out() -> None:
    """They may lie beside the others."""
    outcome = trained({**training_set(), "orders/new.pdf": pdf([(72, 100, "Number: 1")])})
    assert len(outcome.documents) == 5


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("fields.json", "There is no fields.json"),
        (".ocr.json", "Can't find any OCR files for training."),
        (".labels.json", "Can't find any OCR files for training."),
        ("4711.pdf.labels.json", "4 labelled documents can be used; 5 are needed."),
    ],
)
def test_what_is_missing_is_said(missing: str, message: str) -> None:
    """No model then."""
    outcome = trained({name: content for name, content in training_set().items() if not name.endswith(missing)})
    assert outcome.learned is None
    assert message in outcome.errors[0]["message"]


def test_a_broken_labels_file_is_said() -> None:
    """No model then."""
    outcome = trained({**training_set(), "orders/4711.pdf.labels.json": b"{"})
    assert outcome.learned is None
    assert "labels file cannot be read" in outcome.errors[0]["message"]
