"""Labelled forms become a model, and the model reads its fields: each where the labels say that it stands on the sheet.

A training set has, beside each document `X`, `X.labels.json` (which text is which field, with boxes as shares of the
page) and `X.ocr.json` (a layout result), and one `fields.json` that names the fields and their types.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from local.analyzer.readfields import ReadField
from local.analyzer.shapes import Box, around
from local.analyzer.training import TrainingFile, UnlistableError, training_error
from local.analyzer.typedvalues import meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

NO_OCR = "Can't find any OCR files for training."
LABELS, OCR, FIELDS = ".labels.json", ".ocr.json", "fields.json"
SLACK = 0.01


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
    """Learns from every document that has both labels and an ocr file; the files of the container come in any order."""
    try:
        by_name = {file.name: file for file in files}
        labelled = {name.removesuffix(LABELS): file for name, file in by_name.items() if name.endswith(LABELS)}
        whole = {name: file for name, file in labelled.items() if name in by_name and name + OCR in by_name}
        if not whole:
            return LabelledTraining([], [{"code": "2100", "message": NO_OCR}])
        types = _types(by_name)
        labels = {name: _json(file)["labels"] for name, file in whole.items()}
        documents = [_report(name, _json(by_name[name + OCR])) for name in whole]
    except UnlistableError:
        return LabelledTraining([], [training_error("2012")])
    return _learned(documents, types, list(labels.values()))


def read_labelled(pages: Sequence[Page], learned: Mapping[str, Any]) -> list[ReadField]:
    """Every field of the model, found or not, in the order of `fields.json`."""
    return [_read(pages, name, one) for name, one in learned["fields"].items()]


def _json(file: TrainingFile) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file.read())
    return data


def _types(by_name: Mapping[str, TrainingFile]) -> dict[str, str]:
    named = min((name for name in by_name if name.rpartition("/")[2] == FIELDS), key=len, default=None)
    known = _json(by_name[named])["fields"] if named else []
    return {one["fieldKey"]: one.get("fieldType", "string") for one in known}


def _report(name: str, ocr: dict[str, Any]) -> dict[str, Any]:
    result = ocr["analyzeResult"]
    pages = result.get("readResults") or result.get("pages") or []
    return {"documentName": name, "pages": len(pages), "status": "succeeded", "errors": []}


def _learned(
    documents: list[dict[str, Any]], types: dict[str, str], labels: list[list[dict[str, Any]]]
) -> LabelledTraining:
    places: dict[str, list[tuple[int, Box]]] = defaultdict(list)
    for one in (one for document in labels for one in document):
        places[one["label"]] += _places(one)
    fields = {name: {"type": types.get(name, "string"), **_region(found)} for name, found in places.items() if found}
    accuracy = {name: min(1.0, len(places[name]) / len(labels)) for name in fields}
    told = [LabelledField(name, one["type"], accuracy[name], {"type": one["type"]}) for name, one in fields.items()]
    mean = sum(accuracy.values()) / len(accuracy) if accuracy else 0.0
    return LabelledTraining(documents, [], told, mean, {"fields": fields})


def _places(label: dict[str, Any]) -> Iterator[tuple[int, Box]]:
    for value in label.get("value") or []:
        boxes = [Box(min(one[::2]), min(one[1::2]), max(one[::2]), max(one[1::2])) for one in value["boundingBoxes"]]
        if boxes:
            yield value["page"], around(boxes)


def _region(places: list[tuple[int, Box]]) -> dict[str, Any]:
    page = places[0][0]
    return {"page": page, "box": asdict(around(box for number, box in places if number == page))}


def _read(pages: Sequence[Page], name: str, one: Mapping[str, Any]) -> ReadField:
    kind = str(one["type"])
    page = next((page for page in pages if page.number == one["page"]), None)
    words = tuple(_words_in(page, Box(**one["box"]))) if page else ()
    if not words:
        return ReadField(name, kind, None, None, one["page"], None, 0.0, ())
    text = " ".join(word.text for word in words)
    box = around(word.box for word in words)
    return ReadField(name, kind, text, meaning(kind, text), one["page"], box, 0.9, words)


def _words_in(page: Page, share: Box) -> Iterator[Word]:
    width, height = page.view.width, page.view.height
    for word in page.words:
        corners = page.view.corners(word.box)
        across, down = sum(corners[::2]) / 4 / width, sum(corners[1::2]) / 4 / height
        if share.left - SLACK <= across <= share.right + SLACK and share.top <= down <= share.bottom:
            yield word
