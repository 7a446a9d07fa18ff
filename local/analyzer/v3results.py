"""What was read, in the JSON shapes of an `analyzeResult` of REST 2023-07-31 and 2024-11-30."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.analyzer.loosepairs import CONFIDENCE
from local.analyzer.loosepairs import text_of as words_text
from local.analyzer.prebuilts import LAYOUT, READ
from local.analyzer.shapes import around
from local.analyzer.spans import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.analyzer.grids import Cell, Table
    from local.analyzer.loosepairs import LoosePair
    from local.analyzer.pages import Line, Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.readout import ReadForm, Readout
    from local.analyzer.shapes import Box, Word
    from local.analyzer.spans import Text

Json = dict[str, Any]
VALUES = {
    "string": "valueString",
    "date": "valueDate",
    "time": "valueTime",
    "phoneNumber": "valuePhoneNumber",
    "number": "valueNumber",
    "integer": "valueInteger",
    "selectionMark": "valueSelectionMark",
}


def v3_result(version: str, model: str, readout: Readout, index_type: str) -> Json:
    """The `analyzeResult` by this model, its offsets in units of `index_type`."""
    text = text_of(readout.pages, index_type)
    result: Json = {
        "apiVersion": version,
        "modelId": model,
        "stringIndexType": index_type,
        "content": text.content,
        "pages": [_page(page, text) for page in readout.pages],
        "paragraphs": [_paragraph(page, line, text) for page in readout.pages for line in page.lines],
        "styles": [],
    }
    if model == READ:
        return result
    result["tables"] = [_table(page, table, text) for page in readout.pages for table in page.tables]
    if readout.pairs:
        both = zip(readout.pages, readout.pairs, strict=True)
        result["keyValuePairs"] = [_pair(page, pair, text) for page, pairs in both for pair in pairs]
    if model != LAYOUT and readout.forms:
        result["documents"] = [_document(form, readout.pages, text) for form in readout.forms]
    return {**result, "contentFormat": "text"} if version >= "2024" else result


def _page(page: Page, text: Text) -> Json:
    return {
        "pageNumber": page.number,
        "angle": page.view.angle,
        "width": page.view.width,
        "height": page.view.height,
        "unit": page.view.unit,
        "words": [_word(page, word, text) for word in page.words],
        "lines": [_line(page, line, text) for line in page.lines],
        "spans": [text.page_span(page)],
    }


def _word(page: Page, word: Word, text: Text) -> Json:
    place = {"polygon": page.view.corners(word.box), "span": text.word_span(page, word)}
    return {"content": word.text, **place, "confidence": word.confidence}


def _line(page: Page, line: Line, text: Text) -> Json:
    return {"content": line.text, "polygon": page.view.corners(line.box), "spans": text.spans(page, line.words)}


def _paragraph(page: Page, line: Line, text: Text) -> Json:
    return {"content": line.text, **_place(page, line.box, line.words, text)}


def _place(page: Page, box: Box, words: Iterable[Word], text: Text) -> Json:
    region = {"pageNumber": page.number, "polygon": page.view.corners(box)}
    return {"boundingRegions": [region], "spans": text.spans(page, words)}


def _table(page: Page, table: Table, text: Text) -> Json:
    words = [word for cell in table.cells for word in cell.words]
    place = _place(page, table.box, words, text)
    cells = [_cell(page, cell, text) for cell in table.cells]
    return {"rowCount": table.rows, "columnCount": table.columns, "cells": cells, **place}


def _cell(page: Page, cell: Cell, text: Text) -> Json:
    spans = {"rowSpan": cell.row_span, "columnSpan": cell.column_span}
    return {
        "kind": "columnHeader" if cell.is_header else "content",
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        **{name: span for name, span in spans.items() if span > 1},
        "content": cell.text,
        **_place(page, cell.box, cell.words, text),
    }


def _pair(page: Page, pair: LoosePair, text: Text) -> Json:
    both = {"key": pair.key, "value": pair.value}
    found = {name: _words(page, words, text) for name, words in both.items() if words}
    return {**found, "confidence": CONFIDENCE}


def _words(page: Page, words: tuple[Word, ...], text: Text) -> Json:
    return {"content": words_text(words), **_place(page, around(word.box for word in words), words, text)}


def _document(form: ReadForm, pages: Sequence[Page], text: Text) -> Json:
    return {
        "docType": form.doc_type,
        "boundingRegions": [_sheet(page) for page in pages],
        "fields": {field.name: _field(field, pages, text) for field in form.fields},
        "confidence": round(form.confidence, 3),
        "spans": [text.page_span(page) for page in pages],
    }


def _sheet(page: Page) -> Json:
    width, height = page.view.width, page.view.height
    return {"pageNumber": page.number, "polygon": [0, 0, width, 0, width, height, 0, height]}


def _field(field: ReadField, pages: Sequence[Page], text: Text) -> Json:
    if field.type == "array" and isinstance(field.value, list):
        return {"type": "array", "valueArray": [_field(one, pages, text) for one in field.value]}
    if field.type == "object" and isinstance(field.value, dict):
        parts = {name: _field(one, pages, text) for name, one in field.value.items()}
        return {"type": "object", "valueObject": parts}
    if field.text is None or field.box is None:
        return {"type": field.type}
    page = next(page for page in pages if page.number == field.page)
    place = _place(page, field.box, field.words, text)
    return {"type": field.type, **_value(field), "content": field.text, **place, "confidence": field.confidence}


def _value(field: ReadField) -> Json:
    if field.value is None:
        return {}
    if field.type == "currency":
        symbol = next((char for char in field.text or "" if char in "$€£¥"), None)
        return {"valueCurrency": {**({"currencySymbol": symbol} if symbol else {}), "amount": field.value}}
    return {VALUES.get(field.type, "valueString"): field.value}
