"""What was read, in the JSON shapes of a v2.x analyze result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.analyzer.analysis import Analysis, ReadDocument
    from local.analyzer.grids import Cell, Table
    from local.analyzer.pages import Line, Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.reading import Pair, Reading
    from local.analyzer.shapes import Box, Word
    from local.analyzer.store import Operation, StoredModel

Json = dict[str, Any]
# what v2 knows under another name
TYPES = {"currency": "number", "address": "string"}


def result_of(operation: Operation, analysis: Analysis) -> Json:
    """The `analyzeResult`; words are told only to those who ask for details, and of the layout."""
    if operation.model is None and operation.prebuilt == "layout":
        return layout_result(operation.version, analysis.pages)
    details = operation.details
    result: Json = {
        "version": f"{operation.version}.0",
        "readResults": [_read_result(page, details=details) for page in analysis.pages],
    }
    if analysis.readings is not None:
        result["pageResults"] = _custom_pages(analysis.pages, analysis.readings, details=details)
    elif operation.prebuilt != "receipt":
        result["pageResults"] = [
            _layout_page(index, page, details=details) for index, page in enumerate(analysis.pages)
        ]
    documents = [_document(operation, analysis, document) for document in analysis.documents]
    return {**result, "documentResults": documents, "errors": []}


def layout_result(version: str, pages: Sequence[Page]) -> Json:
    """The `analyzeResult` of the layout model."""
    return {
        "version": f"{version}.0",
        "readResults": [_read_result(page, details=True) for page in pages],
        "pageResults": [_layout_page(index, page, details=True) for index, page in enumerate(pages)],
    }


def failed_result(version: str, code: str, message: str) -> Json:
    """The `analyzeResult` of an analysis that failed."""
    errors = [{"code": code, "message": message}]
    empty: Json = {"readResults": [], "pageResults": [], "documentResults": []}
    return {"version": f"{version}.0", **empty, "errors": errors}


def _layout_page(index: int, page: Page, *, details: bool) -> Json:
    return {
        "page": page.number,
        "tables": [_layout_table(index, page, table, details=details) for table in page.tables],
    }


def _custom_pages(pages: Sequence[Page], readings: Sequence[Reading], *, details: bool) -> list[Json]:
    both = enumerate(zip(pages, readings, strict=True))
    return [_custom_page(index, page, reading, details=details) for index, (page, reading) in both]


def _document(operation: Operation, analysis: Analysis, document: ReadDocument) -> Json:
    numbers = [page.number for page in analysis.pages]
    shown = [field for field in document.fields if operation.version != "2.0" or field.type != "selectionMark"]
    fields = {one.name: _field(operation, analysis.pages, one) for one in shown}
    told: Json = {"docType": _document_type(operation, document.model), "pageRange": [min(numbers), max(numbers)]}
    if operation.version != "2.0" and document.model:
        told |= {"modelId": document.model.id, "docTypeConfidence": document.confidence}
    return {**told, "fields": fields}


def _document_type(operation: Operation, model: StoredModel | None) -> str:
    if model is None:
        return f"prebuilt:{operation.prebuilt}"
    return "custom:form" if operation.version == "2.0" else f"custom:{model.name or model.id}"


def _field(operation: Operation, pages: Sequence[Page], field: ReadField) -> Json | None:
    """A field that was not found is null; of a value that is not understood only the text is told."""
    if field.text is None:
        return None
    kind = TYPES.get(field.type, field.type)
    told: Json = {"type": kind}
    value = _value(operation, pages, field)
    if value is not None:
        told[f"value{kind[0].upper()}{kind[1:]}"] = value
    if field.box is None:
        return told
    index = next(index for index, page in enumerate(pages) if page.number == field.page)
    text = _text(index, pages[index], field.text, field.box, field.words, details=operation.details)
    if not operation.details:
        del text["elements"]
    return {**told, **text, "page": field.page, "confidence": field.confidence}


def _value(operation: Operation, pages: Sequence[Page], field: ReadField) -> object:
    if isinstance(field.value, dict):
        return {name: _field(operation, pages, one) for name, one in field.value.items()}
    if isinstance(field.value, list):
        return [_field(operation, pages, one) for one in field.value]
    return field.value


def _read_result(page: Page, *, details: bool) -> Json:
    lines = {"lines": [_line(page, line) for line in page.lines]} if details else {}
    return {
        "page": page.number,
        "angle": page.view.angle,
        "width": page.view.width,
        "height": page.view.height,
        "unit": page.view.unit,
        **lines,
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


def _layout_table(index: int, page: Page, table: Table, *, details: bool) -> Json:
    cells = [_layout_cell(index, page, cell, details=details) for cell in table.cells]
    return {"rows": table.rows, "columns": table.columns, "cells": cells, "boundingBox": page.view.corners(table.box)}


def _layout_cell(index: int, page: Page, cell: Cell, *, details: bool) -> Json:
    spans = {"rowSpan": cell.row_span, "columnSpan": cell.column_span}
    text = _text(index, page, cell.text, cell.box, cell.words, details=details)
    if not details:
        del text["elements"]
    return {
        **text,
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        **{name: span for name, span in spans.items() if span > 1},
    }
