"""Pages and readings in the JSON shapes of a v2.x analyze result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.analyzer.prebuilts import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.analyzer.grids import Cell, Table
    from local.analyzer.pages import Line, Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.reading import Pair, Reading
    from local.analyzer.readout import ReadForm, Readout
    from local.analyzer.shapes import Box, Word

Json = dict[str, Any]


VALUES = {
    "string": "valueString",
    "date": "valueDate",
    "time": "valueTime",
    "phoneNumber": "valuePhoneNumber",
    "number": "valueNumber",
    "currency": "valueNumber",
    "integer": "valueInteger",
    "selectionMark": "valueSelectionMark",
}


def v2_result(version: str, model: str, readout: Readout, *, details: bool) -> Json:
    """The `analyzeResult` of v2.0 or v2.1 (`version`), by this model."""
    result: Json = {"version": f"{version}.0", "readResults": []}
    if model == LAYOUT:
        tables = [_layout_page(index, page, details=True) for index, page in enumerate(readout.pages)]
        return {**result, "readResults": [_read_result(page, details=True) for page in readout.pages],
                "pageResults": tables}  # fmt: skip
    result["readResults"] = [_read_result(page, details=details) for page in readout.pages]
    if readout.readings:
        both = enumerate(zip(readout.pages, readout.readings, strict=True))
        result["pageResults"] = [_custom_page(index, page, reading, details=details) for index, (page, reading) in both]
    else:
        result["pageResults"] = [_layout_page(index, page, details=details) for index, page in enumerate(readout.pages)]
    result["documentResults"] = [_document(version, form, readout.pages, details=details) for form in readout.forms]
    return {**result, "errors": []}


def failed_result(version: str, code: str, message: str) -> Json:
    """The `analyzeResult` of an analysis that failed."""
    errors = [{"code": code, "message": message}]
    return {
        "version": f"{version}.0",
        "readResults": [],
        "pageResults": [],
        "documentResults": [],
        "errors": errors,
    }


def _document(version: str, form: ReadForm, pages: Sequence[Page], *, details: bool) -> Json:
    numbers = [page.number for page in pages] or [1]
    about: Json = {"docType": form.doc_type, "pageRange": [min(numbers), max(numbers)]}
    if version == "2.1" and not form.model.startswith("prebuilt-"):
        about |= {"modelId": form.model, "docTypeConfidence": round(form.confidence, 3)}
    return {**about, "fields": {field.name: _field(field, pages, details=details) for field in form.fields}}


def _field(field: ReadField, pages: Sequence[Page], *, details: bool) -> Json | None:
    if field.type == "array" and isinstance(field.value, list):
        return {"type": "array", "valueArray": [_field(one, pages, details=details) for one in field.value]}
    if field.type == "object" and isinstance(field.value, dict):
        parts = {name: _field(one, pages, details=details) for name, one in field.value.items()}
        return {"type": "object", "valueObject": parts}
    if field.text is None or field.box is None:
        return None
    index, page = next((number, page) for number, page in enumerate(pages) if page.number == field.page)
    kind = "number" if field.type == "currency" else field.type
    value = {VALUES.get(field.type, "valueString"): field.value} if field.value is not None else {}
    place = {"page": field.page, "boundingBox": page.view.corners(field.box)}
    elements = {"elements": _elements(index, field.words)} if details else {}
    return {"type": kind, **value, "text": field.text, **place, "confidence": field.confidence, **elements}


def _read_result(page: Page, *, details: bool) -> Json:
    lines = [_line(page, line) for line in page.lines] if details else []
    return {
        "page": page.number,
        "angle": page.view.angle,
        "width": page.view.width,
        "height": page.view.height,
        "unit": page.view.unit,
        "lines": lines,
    }


def _line(page: Page, line: Line) -> Json:
    words = [_word(page, word) for word in line.words]
    return {"text": line.text, "boundingBox": page.view.corners(line.box), "words": words}


def _word(page: Page, word: Word) -> Json:
    return {"text": word.text, "boundingBox": page.view.corners(word.box), "confidence": word.confidence}


def _custom_page(index: int, page: Page, reading: Reading, *, details: bool) -> Json:
    return {
        "page": page.number,
        "keyValuePairs": [_pair(index, page, pair, details=details) for pair in reading.pairs],
        "tables": [_custom_table(index, page, table, details=details) for table in page.tables],
        "clusterId": reading.cluster,
    }


def _pair(index: int, page: Page, pair: Pair, *, details: bool) -> Json:
    key = _text(index, page, pair.text, pair.key.box, pair.key.words, details=details)
    value: Json = {"text": "", "boundingBox": None, "elements": None}
    if pair.value:
        value = _text(index, page, pair.value.text, pair.value.box, pair.value.words, details=details)
    return {"key": key, "value": value, "confidence": pair.confidence}


def _text(index: int, page: Page, text: str, box: Box, words: Iterable[Word], *, details: bool) -> Json:
    elements = _elements(index, words) if details else None
    return {"text": text, "boundingBox": page.view.corners(box), "elements": elements}


def _elements(index: int, words: Iterable[Word]) -> list[str]:
    return [f"#/readResults/{index}/lines/{word.line}/words/{word.index}" for word in words]


def _custom_table(index: int, page: Page, table: Table, *, details: bool) -> Json:
    cells = [_custom_cell(index, page, cell, details=details) for cell in table.cells]
    return {"rows": table.rows, "columns": table.columns, "cells": cells, "boundingBox": page.view.corners(table.box)}


def _custom_cell(index: int, page: Page, cell: Cell, *, details: bool) -> Json:
    return {
        **_text(index, page, cell.text, cell.box, cell.words, details=details),
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        "confidence": 1.0,
        "rowSpan": cell.row_span,
        "columnSpan": cell.column_span,
        "isHeader": cell.is_header,
        "isFooter": False,
    }


def _layout_page(index: int, page: Page, *, details: bool) -> Json:
    tables = [_layout_table(index, page, table, details=details) for table in page.tables]
    return {"page": page.number, "tables": tables}


def _layout_table(index: int, page: Page, table: Table, *, details: bool) -> Json:
    cells = [_layout_cell(index, page, cell, details=details) for cell in table.cells]
    return {"rows": table.rows, "columns": table.columns, "cells": cells, "boundingBox": page.view.corners(table.box)}


def _layout_cell(index: int, page: Page, cell: Cell, *, details: bool) -> Json:
    spans = {"rowSpan": cell.row_span, "columnSpan": cell.column_span}
    return {
        **_text(index, page, cell.text, cell.box, cell.words, details=details),
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        **{name: span for name, span in spans.items() if span > 1},
    }
