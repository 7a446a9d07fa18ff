"""What was read, in the JSON shapes of a v3 or v4 analyze result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.analyzer.contents import Content
from local.analyzer.shapes import around

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.analysis import Analysis, ReadDocument
    from local.analyzer.grids import Cell, Table
    from local.analyzer.keyvalues import KeyValue
    from local.analyzer.pages import Line, Page
    from local.analyzer.readfields import ReadField
    from local.analyzer.shapes import Box, Word
    from local.analyzer.store import Operation

Json = dict[str, Any]
ERRORS = {
    "2003": ("InvalidRequest", "Invalid request.", "ContentSourceNotAccessible", "Content is not accessible."),
    "2005": (
        "InvalidRequest",
        "Invalid request.",
        "InvalidContent",
        "The file is corrupted or format is unsupported. Refer to documentation for the list of supported formats.",
    ),
}
UNEXPECTED = {"code": "InternalServerError", "message": "An unexpected error occurred."}
CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
TIGHT = 0.75
HALF_TURN = 180


def failure(code: str) -> Json:
    """The `error` of an operation that failed with one of v2's codes."""
    if code not in ERRORS:
        return UNEXPECTED
    outer, outer_message, inner, message = ERRORS[code]
    return {"code": outer, "message": outer_message, "innererror": {"code": inner, "message": message}}


def result_of(operation: Operation, analysis: Analysis) -> Json:
    """The `analyzeResult`."""
    pages = {page.number: page for page in analysis.pages}
    content = Content(analysis.pages, operation.index)
    is_text_only = operation.model is None and operation.prebuilt == "read"
    is_v4 = operation.version == "2024-11-30"
    result: Json = {
        "apiVersion": operation.version,
        "modelId": operation.model or f"prebuilt-{operation.prebuilt}",
        "stringIndexType": operation.index,
        **({"contentFormat": "text"} if is_v4 else {}),
        "content": content.text,
        "pages": [_page(content, page) for page in analysis.pages],
        "paragraphs": [_paragraph(content, page, lines) for page in analysis.pages for lines in _paragraphs(page)],
        "styles": [],
    }
    if not is_text_only:
        result["tables"] = [_table(content, page, table) for page in analysis.pages for table in page.tables]
    if analysis.pairs is not None:
        result["keyValuePairs"] = [_pair(content, pages[pair.page], pair) for pair in analysis.pairs]
    if operation.model or analysis.documents:
        result["documents"] = [_document(operation, content, pages, one) for one in analysis.documents]
    return result


def _page(content: Content, page: Page) -> Json:
    angle = page.view.angle
    return {
        "pageNumber": page.number,
        "angle": angle - 2 * HALF_TURN if angle > HALF_TURN else angle,
        "width": page.view.width,
        "height": page.view.height,
        "unit": page.view.unit,
        "words": [_word(content, page, word) for word in page.words],
        "lines": [_line(content, page, line) for line in page.lines],
        "spans": content.whole(page.number),
    }


def _word(content: Content, page: Page, word: Word) -> Json:
    span = content.span(page.number, word)
    polygon = page.view.corners(word.box)
    return {"content": word.text, "polygon": polygon, "confidence": word.confidence, "span": span}


def _line(content: Content, page: Page, line: Line) -> Json:
    spans = content.spans(page.number, line.words)
    return {"content": line.text, "polygon": page.view.corners(line.box), "spans": spans}


def _paragraphs(page: Page) -> Iterator[list[Line]]:
    """Lines that follow each other closely and begin at one edge."""
    block: list[Line] = []
    for line in page.lines:
        if block and not _follows(block[-1], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _follows(above: Line, line: Line) -> bool:
    size = above.words[0].size
    gap = line.box.top - above.box.bottom
    return abs(line.box.left - above.box.left) <= size / 2 and -size / 2 <= gap <= TIGHT * size


def _paragraph(content: Content, page: Page, lines: Sequence[Line]) -> Json:
    return _told(content, page, "\n".join(line.text for line in lines), [word for line in lines for word in line.words])


def _told(content: Content, page: Page, text: str, words: Sequence[Word], box: Box | None = None) -> Json:
    region = _region(page, box or around(word.box for word in words))
    return {"content": text, "boundingRegions": [region], "spans": content.spans(page.number, words)}


def _region(page: Page, box: Box) -> Json:
    return {"pageNumber": page.number, "polygon": page.view.corners(box)}


def _table(content: Content, page: Page, table: Table) -> Json:
    words = [word for cell in table.cells for word in cell.words]
    return {
        "rowCount": table.rows,
        "columnCount": table.columns,
        "cells": [_cell(content, page, cell) for cell in table.cells],
        "boundingRegions": [_region(page, table.box)],
        "spans": content.spans(page.number, words),
    }


def _cell(content: Content, page: Page, cell: Cell) -> Json:
    spans = {"rowSpan": cell.row_span, "columnSpan": cell.column_span}
    return {
        **({"kind": "columnHeader"} if cell.is_header else {}),
        "rowIndex": cell.row,
        "columnIndex": cell.column,
        **{name: span for name, span in spans.items() if span > 1},
        **_told(content, page, cell.text, cell.words, cell.box),
    }


def _pair(content: Content, page: Page, pair: KeyValue) -> Json:
    value = {"value": _told(content, page, pair.value.text, pair.value.words)} if pair.value else {}
    return {"key": _told(content, page, pair.key.text, pair.key.words), **value, "confidence": pair.confidence}


def _document(operation: Operation, content: Content, pages: dict[int, Page], document: ReadDocument) -> Json:
    sheets = [_region(page, around(word.box for word in page.words)) for page in pages.values() if page.words]
    return {
        "docType": _document_type(operation, document),
        "boundingRegions": sheets,
        "spans": content.everything(),
        "fields": {field.name: _field(content, pages, field) for field in document.fields},
        "confidence": document.confidence,
    }


def _document_type(operation: Operation, document: ReadDocument) -> str:
    if document.model is None:
        return {"receipt": "receipt.retailMeal"}.get(operation.prebuilt, operation.prebuilt)
    return document.model.id if document.model.id == operation.model else f"{operation.model}:{document.model.id}"


def _field(content: Content, pages: dict[int, Page], field: ReadField) -> Json:
    """A field that was not found has a type and no content; of one that is not understood only the content is told."""
    if field.text is None:
        return {"type": field.type, "confidence": field.confidence}
    told: Json = {"type": field.type}
    value = _value(content, pages, field)
    if value is not None:
        told[f"value{field.type[0].upper()}{field.type[1:]}"] = value
    if field.box is not None:
        told |= _told(content, pages[field.page], field.text, field.words, field.box)
    return {**told, "confidence": field.confidence}


def _value(content: Content, pages: dict[int, Page], field: ReadField) -> object:
    if isinstance(field.value, dict):
        return {name: _field(content, pages, one) for name, one in field.value.items()}
    if isinstance(field.value, list):
        return [_field(content, pages, one) for one in field.value]
    if field.type == "currency" and isinstance(field.value, int | float):
        return _currency(field.value, field.text or "")
    return None if field.type == "address" else field.value


def _currency(amount: float, text: str) -> Json:
    found = re.search(f"[{''.join(CURRENCIES)}]", text)
    symbol = {"currencySymbol": found[0], "currencyCode": CURRENCIES[found[0]]} if found else {}
    return {**symbol, "amount": amount}
