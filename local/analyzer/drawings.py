"""What is drawn on a PDF page: cells, and rules that keep texts apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.analyzer.shapes import Box, Walls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pdfplumber.page import Page as PdfPage

POINTS_PER_INCH = 72
WHITE = ("1", "1.0")
THIN = 0.01
LONG = 0.1


def visible_tables(page: PdfPage) -> list[Any]:
    """Ruled or shaded tables; word processors also lay text out in tables of white cells that nobody sees."""
    inked = [one for one in (*page.rects, *page.lines, *page.curves) if not _is_white(one)]
    tables = page.find_tables({"snap_tolerance": 4, "intersection_tolerance": 4})
    return [table for table in tables if any(_inside(one, table.bbox) for one in inked)]


def _is_white(shape: dict[str, Any]) -> bool:
    if shape.get("stroke") and ink(shape.get("stroking_color")) not in WHITE:
        return False
    return not shape.get("fill") or ink(shape.get("non_stroking_color")) in WHITE


def _inside(shape: dict[str, Any], bbox: tuple[float, float, float, float]) -> bool:
    across, down = (shape["x0"] + shape["x1"]) / 2, (shape["top"] + shape["bottom"]) / 2
    return bool(bbox[0] - 1 <= across <= bbox[2] + 1 and bbox[1] - 1 <= down <= bbox[3] + 1)


def cell_boxes(page: PdfPage, tables: list[Any]) -> list[list[Box]]:
    """The cells of each table."""
    left, top = page.bbox[0], page.bbox[1]
    return [[Box(*_inches(cell, left, top)) for cell in table.cells] for table in tables]


def _inches(points: Iterable[float], left: float, top: float) -> list[float]:
    x0, y0, x1, y1 = points
    return [round(float(one) / POINTS_PER_INCH, 4) for one in (x0 - left, y0 - top, x1 - left, y1 - top)]


def walls_on(page: PdfPage, tables: list[Any]) -> Walls:
    """The edges of everything drawn in a colour, and of the cells."""
    shapes = [one for one in (*page.rects, *page.lines, *page.curves) if not _is_white(one)]
    cells = [edge for table in tables for edge in _cell_edges(table)]
    boxes = [Box(*_inches((one["x0"], one["top"], one["x1"], one["bottom"]), *page.bbox[:2])) for one in shapes]
    edges = [edge for box in boxes for edge in _edges(box)]
    edges += [Box(*_inches(edge, *page.bbox[:2])) for edge in cells]
    upright = tuple(edge for edge in edges if edge.width < THIN and edge.height >= LONG)
    level = tuple(edge for edge in edges if edge.height < THIN and edge.width >= LONG)
    return Walls(upright, level)


def _edges(box: Box) -> list[Box]:
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return [
        Box(left, top, left, bottom),
        Box(right, top, right, bottom),
        Box(left, top, right, top),
        Box(left, bottom, right, bottom),
    ]


def _cell_edges(table: Any) -> Iterator[tuple[float, float, float, float]]:  # noqa: ANN401 - pdfplumber is untyped
    for x0, y0, x1, y1 in table.cells:
        yield from ((x0, y0, x0, y1), (x1, y0, x1, y1), (x0, y0, x1, y0), (x0, y1, x1, y1))


def ink(color: object) -> str:
    """A colour as text; the same for one level of grey and for three equal ones."""
    if not isinstance(color, tuple | list):
        return str(color)
    levels = [round(part, 2) if isinstance(part, int | float) else part for part in color]
    return str(levels[0]) if len(set(levels)) == 1 else str(levels)
