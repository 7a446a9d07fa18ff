"""Labels for the analyzer's tests, written as the labelling tools write them: by what stands on the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.analyzer.files import read_pages
from local.analyzer.labels import LabelledForm, fields_from_json, labels_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.analyzer.labels import Field
    from local.analyzer.pages import Page
    from local.analyzer.shapes import Box

SCHEMA = "https://schema.cognitiveservices.azure.com/formrecognizer/2021-03-01/{}.json"


def fields_json(*fields: dict[str, Any], definitions: Mapping[str, Any] | None = None) -> bytes:
    """A `fields.json`; with definitions it is one of the Studio."""
    newer = {"$schema": SCHEMA.format("fields"), "definitions": definitions} if definitions else {}
    return json.dumps({**newer, "fields": fields}).encode()


def plain_field(name: str, kind: str = "string", form: str = "not-specified") -> dict[str, str]:
    """The definition of a field that has one value."""
    return {"fieldKey": name, "fieldType": kind, "fieldFormat": form}


def labels_json(content: bytes, values: Mapping[str, str], boxes: Mapping[str, Box] | None = None) -> bytes:
    """A labels file for this document: for each label the words of the value, wherever they first stand together.

    `boxes` label a place (in inches of the first page) with the text of the value, as for selection marks.
    """
    pages = read_pages(content)
    places = boxes or {}
    labels = [
        {
            "label": label,
            "key": None,
            "value": [_place(pages[0], text, places[label])] if label in places else _words(pages, text),
        }
        for label, text in values.items()
    ]
    return json.dumps({"document": "form.pdf", "labels": labels}).encode()


def _words(pages: Sequence[Page], text: str) -> list[dict[str, Any]]:
    wanted = text.split()
    for page in pages:
        words = list(page.words)
        for start in range(len(words) - len(wanted) + 1):
            run = words[start : start + len(wanted)]
            if wanted and [word.text for word in run] == wanted:
                return [_place(page, word.text, word.box) for word in run]
    message = f"{text!r} is not on the form"
    raise AssertionError(message)


def _place(page: Page, text: str, box: Box) -> dict[str, Any]:
    left, right = box.left / page.view.width, box.right / page.view.width
    top, bottom = box.top / page.view.height, box.bottom / page.view.height
    return {"page": page.number, "text": text, "boundingBoxes": [[left, top, right, top, right, bottom, left, bottom]]}


def labelled_form(
    content: bytes, fields: Sequence[Field], values: Mapping[str, str], boxes: Mapping[str, Box] | None = None
) -> LabelledForm:
    """The form with its labels, through the file format."""
    return LabelledForm("form.pdf", read_pages(content), labels_from_json(labels_json(content, values, boxes), fields))


def read_fields(content: bytes) -> tuple[Field, ...]:
    """The fields of a `fields.json`."""
    return fields_from_json(content)
