"""The labelling tools' files, of both generations, and what texts mean as typed values."""

from __future__ import annotations

import json

import pytest

from local.analyzer.labels import BadLabelsError, Field, fields_from_json, labels_from_json
from local.analyzer.meanings import meaning
from local.analyzer.shapes import Box
from tests.unit.analyzer.labelling import SCHEMA, fields_json, plain_field

BOX = [0.1, 0.2, 0.3, 0.2, 0.3, 0.25, 0.1, 0.25]
ROW = {"fieldType": "object", "fields": [plain_field("Date", "date", "dmy"), plain_field("Amount/net", "number")]}


def label(name: str, **more: object) -> dict[str, object]:
    """One label with one word."""
    return {"label": name, "value": [{"page": 1, "text": "word", "boundingBoxes": [BOX]}], **more}


def test_the_older_fields_file() -> None:
    """Names may hold any character; a format that is missing is not specified."""
    fields = fields_from_json(fields_json(plain_field("ID #"), {"fieldKey": "A/B", "fieldType": "date"}))
    assert fields == (Field("ID #", "string"), Field("A/B", "date", "not-specified"))


def test_the_newer_fields_file_defines_tables() -> None:
    """A table of any number of rows is an array of objects; one of fixed rows an object of objects."""
    rows = [{"fieldKey": name, "fieldType": "Row"} for name in ("First", "Second")]
    fields = fields_from_json(
        fields_json(
            {"fieldKey": "Items", "fieldType": "array", "itemType": "Row", "fieldFormat": "not-specified"},
            {"fieldKey": "Fixed", "fieldType": "object", "fields": rows},
            definitions={"Row": ROW},
        )
    )
    columns = (Field("Date", "date", "dmy"), Field("Amount/net", "number"))
    assert fields[0] == Field("Items", "array", fields=columns)
    assert fields[1].fields == (Field("First", "object", fields=columns), Field("Second", "object", fields=columns))
    row = {"type": "object", "properties": {"Date": {"type": "date"}, "Amount/net": {"type": "number"}}}
    assert fields[0].schema == {"type": "array", "items": row}
    assert fields[1].schema == {"type": "object", "properties": {"First": row, "Second": row}}


def test_labels_of_tables_are_paths() -> None:
    """Only those: the slash in the name of a plain field is a slash."""
    fields = (Field("Items", "array", fields=(Field("Amount/net", "number"),)), Field("A/B", "string"))
    labels = [label("Items/0/Amount~1net", labelType="Words"), label("A/B", key=None)]
    found = labels_from_json(json.dumps({"$schema": SCHEMA.format("labels"), "labels": labels}).encode(), fields)
    assert list(found) == [("Items", "0", "Amount/net"), ("A/B",)]
    assert found["A/B",][0].boxes == (Box(0.1, 0.2, 0.3, 0.25),)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"fields": [{}]}', b'{"fields": null}', b"\xff"])
def test_a_fields_file_that_is_none(content: bytes) -> None:
    """Says so."""
    with pytest.raises(BadLabelsError, match=r"fields\.json cannot be read"):
        fields_from_json(content)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"labels": [{}]}', b'{"labels": [{"label": "A", "value": [1]}]}'])
def test_a_labels_file_that_is_none(content: bytes) -> None:
    """Says so."""
    with pytest.raises(BadLabelsError, match="labels file cannot be read"):
        labels_from_json(content, ())


@pytest.mark.parametrize(
    ("text", "kind", "form", "value"),
    [
        ("3/14/2021", "date", "not-specified", "2021-03-14"),
        ("3/4/2021", "date", "dmy", "2021-04-03"),
        ("2021.03.04", "date", "ymd", "2021-03-04"),
        ("14 March 2021", "date", "not-specified", "2021-03-14"),
        ("Mar. 3rd, 2021", "date", "not-specified", "2021-03-03"),
        ("25/12/2021", "date", "not-specified", "2021-12-25"),
        ("25/12/2021", "date", "mdy", None),
        ("soon", "date", "not-specified", None),
        ("9:05", "time", "not-specified", "09:05:00"),
        ("1:30 p.m.", "time", "not-specified", "13:30:00"),
        ("25:00", "time", "not-specified", None),
        ("(425) 555-0100", "phoneNumber", "not-specified", "+14255550100"),
        ("+44 20 7946 0018", "phoneNumber", "not-specified", "+442079460018"),
        ("555-0100", "phoneNumber", "not-specified", None),
        ("$1,234.50", "number", "not-specified", 1234.5),
        ("1.234,50 EUR", "number", "decimal-comma-separated", 1234.5),
        ("12,5", "number", "not-specified", 12.5),
        ("(20.00)", "number", "currency", -20.0),
        ("about 20", "number", "not-specified", None),
        ("1,000", "integer", "not-specified", 1000),
        ("1.5", "integer", "not-specified", None),
        ("selected", "selectionMark", "not-specified", "selected"),
        ("AB 12-3", "string", "alphanumeric", "AB123"),
        ("AB 12", "string", "no-whitespaces", "AB12"),
        ("Ann Field", "signature", "not-specified", "Ann Field"),
    ],
)
def test_what_a_text_means(text: str, kind: str, form: str, value: object) -> None:
    """In the service's normal form; None when it is not of the type."""
    assert meaning(text, kind, form) == value
