"""What every document says when the analyzer is told not to read: a small form, for load."""

from __future__ import annotations

from typing import Any

from local.analyzer.prebuilts import LAYOUT

KEY, VALUE = [1, 1, 2, 1, 2, 1.2, 1, 1.2], [2.1, 1, 2.2, 1, 2.2, 1.2, 2.1, 1.2]
SHEET = {"angle": 0, "width": 8.5, "height": 11.0, "unit": "inch"}


def fixed_result(version: str, model: str) -> dict[str, Any]:
    """The `analyzeResult`: `Number:` with the value `1`, or an empty page for the layout model of v2."""
    return _v2(version, model) if version.startswith("2.") else _v3(version, model)


def _v2(version: str, model: str) -> dict[str, Any]:
    result = {"version": f"{version}.0", "readResults": [{"page": 1, **SHEET, "lines": []}]}
    if model == LAYOUT:
        return {**result, "pageResults": [{"page": 1, "tables": []}]}
    pair = {
        "key": {"text": "Number:", "boundingBox": KEY, "elements": None},
        "value": {"text": "1", "boundingBox": VALUE, "elements": None},
        "confidence": 1.0,
    }
    page = {"page": 1, "clusterId": 0, "tables": [], "keyValuePairs": [pair]}
    return {**result, "pageResults": [page], "documentResults": [], "errors": []}


def _v3(version: str, model: str) -> dict[str, Any]:
    spans = {"Number:": {"offset": 0, "length": 7}, "1": {"offset": 8, "length": 1}}
    places = {"Number:": KEY, "1": VALUE}
    words = [
        {"content": text, "polygon": places[text], "span": span, "confidence": 1.0} for text, span in spans.items()
    ]
    key, value = (
        {"content": text, "boundingRegions": [{"pageNumber": 1, "polygon": places[text]}], "spans": [span]}
        for text, span in spans.items()
    )
    return {
        "apiVersion": version,
        "modelId": model,
        "stringIndexType": "unicodeCodePoint",
        "content": "Number: 1",
        "pages": [{"pageNumber": 1, **SHEET, "words": words, "lines": [], "spans": [{"offset": 0, "length": 9}]}],
        "tables": [],
        "keyValuePairs": [{"key": key, "value": value, "confidence": 1.0}],
        "styles": [],
    }
