"""The shape of a result of REST v2.0 and v2.1 (`AnalyzeResult` in the v2.1 swagger)."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from shared.fields import shapes
from shared.fields.dialect import Dialect, cell_rows, document_parts, pair_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.fields.rows import Form, Row
    from shared.fields.shapes import Node
    from shared.fields.survey import Survey


def parts(survey: Survey) -> Iterator[Form | Row]:
    """Page by page its pairs and its tables' cells, then the fields of each document."""
    said = Dialect(
        text="text",
        is_header=lambda cell: cell.get("isHeader") is True,
        page=lambda holder: shapes.whole(holder, "page"),
        box=lambda holder: shapes.numbers(holder, "boundingBox"),
        lowest=survey.pointed.lowest,
        units=survey.units,
    )
    tables = count()
    for page in survey.elements("pageResults"):
        yield from _page_rows(page, tables, said)
    yield from document_parts(survey.forms, survey.elements("documentResults"), said)


def _page_rows(page: Node, tables: Iterator[int], said: Dialect) -> Iterator[Row]:
    number = said.page(page)
    here = replace(said, page=lambda _: number)
    for pair in shapes.children(page, "keyValuePairs"):
        yield pair_row(pair, here)
    for table in shapes.children(page, "tables"):
        yield from cell_rows(table, next(tables), here)
