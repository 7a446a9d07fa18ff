"""The shape of a result of REST 2022-08-31 (v3.0), 2023-07-31 (v3.1) and 2024-11-30 (v4.0), and of their previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.fields import shapes
from shared.fields.dialect import Dialect, cell_rows, document_parts, pair_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.fields.rows import Form, Row
    from shared.fields.shapes import Node
    from shared.fields.survey import Survey


def parts(survey: Survey) -> Iterator[Form | Row]:
    """The pairs, the cells table by table, then the fields of each document: these lists do not stand inside pages."""
    said = Dialect(
        text="content",
        # A rowHeader, a stubHead (the heading of the row headers) or a description is no heading of a column's cells.
        is_header=lambda cell: cell.get("kind") == "columnHeader",
        page=lambda holder: shapes.whole(_first_region(holder), "pageNumber"),
        box=_box,
        lowest=survey.spanned.lowest,
        units=survey.units,
    )
    for pair in survey.elements("keyValuePairs"):
        yield pair_row(pair, said)
    for index, table in enumerate(survey.elements("tables")):
        yield from cell_rows(table, index, said)
    yield from document_parts(survey.forms, survey.elements("documents"), said)


def _box(holder: Node) -> tuple[float, ...] | None:
    region = _first_region(holder)
    return shapes.numbers(region, "polygon") or shapes.numbers(region, "boundingBox")


def _first_region(holder: Node) -> Node:
    """Where a value begins; previews until early 2022 call a region's `polygon` `boundingBox`."""
    regions = shapes.elements(holder, "boundingRegions")
    return shapes.node(regions[0], "a region") if regions else {}
