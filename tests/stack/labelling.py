"""A labelled training folder as the service's own labelling tool writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def labelled_folder(
    forms: Mapping[str, tuple[bytes, Mapping[str, str]]], types: Mapping[str, str], layout: Callable[[bytes], Any]
) -> dict[str, bytes]:
    """For each form (bytes, values by field) the file, its `.ocr.json` and its `.labels.json`; and `fields.json`.

    `layout` gives the service's layout result of a file, v2 or v3: that is what the ocr file is.
    """
    fields = [{"fieldKey": name, "fieldType": kind, "fieldFormat": "not-specified"} for name, kind in types.items()]
    files = {"fields.json": _json({"fields": fields})}
    for name, (content, values) in forms.items():
        ocr = layout(content)
        labels = [_label(field, values[field], ocr) for field in types if values[field]]
        files |= {
            name: content,
            f"{name}.ocr.json": _json(ocr),
            f"{name}.labels.json": _json({"document": name, "labels": labels}),
        }
    return files


def _label(field: str, text: str, ocr: dict[str, Any]) -> dict[str, Any]:
    for number, page in enumerate(_pages(ocr), start=1):
        words = list(_words(page))
        wanted = text.split()
        for first in range(len(words)):
            found = words[first : first + len(wanted)]
            if [word for word, _ in found] == wanted:
                value = [{"page": number, "text": word, "boundingBoxes": [_share(box, page)]} for word, box in found]
                return {"label": field, "key": None, "value": value}
    raise AssertionError(f"{text!r} does not stand on the form")


def _pages(ocr: dict[str, Any]) -> list[dict[str, Any]]:
    result = ocr["analyzeResult"]
    return list(result.get("readResults") or result["pages"])


def _words(page: dict[str, Any]) -> Iterator[tuple[str, list[float]]]:
    if "pageNumber" in page:
        yield from ((word["content"], word["polygon"]) for word in page["words"])
    else:
        yield from ((word["text"], word["boundingBox"]) for line in page["lines"] for word in line["words"])


def _share(box: list[float], page: dict[str, Any]) -> list[float]:
    """The corners as shares of the page's width and height."""
    return [number / page["height" if index % 2 else "width"] for index, number in enumerate(box)]


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
