"""What is ruled in a picture: lines become walls, and lines that cross become the cells of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

from local.analyzer.ink import DPI
from local.analyzer.shapes import Box, Walls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cv2.typing import MatLike

    from local.analyzer.pictures import Pixels

SHORTEST_UPRIGHT, SHORTEST_LEVEL = 0.22, 0.35
THICKEST, STEEPEST = 0.04, 0.12
BRUSH, DARKER = 11, 16
BESIDE, ALL_ALONG = 4, 0.85
REACH = 0.05
WIPE = 2


def rules_in(grey: Pixels) -> Walls:
    """The thin upright and level lines of an upright sheet with 150 pixels an inch."""
    blurred = cv2.GaussianBlur(grey, (3, 3), 0)
    return Walls(tuple(_lines(blurred, upright=True)), tuple(_lines(blurred, upright=False)))


def without(walls: Walls, grey: Pixels) -> Pixels:
    """The same picture with the lines painted over in the lightest shade around them."""
    paper = cv2.dilate(grey, np.ones((9, 9), np.uint8))
    clean = grey.copy()
    for wall in (*walls.upright, *walls.level):
        rows = slice(max(0, round(wall.top * DPI) - WIPE), round(wall.bottom * DPI) + WIPE + 1)
        columns = slice(max(0, round(wall.left * DPI) - WIPE), round(wall.right * DPI) + WIPE + 1)
        clean[rows, columns] = paper[rows, columns]
    return clean


def _lines(grey: MatLike, *, upright: bool) -> Iterator[Box]:
    across = np.ones((1, BRUSH) if upright else (BRUSH, 1), np.uint8)
    thin = (cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, across) > DARKER).astype(np.uint8)
    length = round((SHORTEST_UPRIGHT if upright else SHORTEST_LEVEL) * DPI)
    straight = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((length, 1) if upright else (1, length), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    for x, y, width, height, area in found[1:].tolist():
        is_thin = area <= THICKEST * DPI * max(width, height) and min(width, height) <= STEEPEST * DPI
        if is_thin and _has_lighter_side(grey, (x, y, width, height)):
            yield _thin(Box(x / DPI, y / DPI, (x + width) / DPI, (y + height) / DPI), upright=upright)


def _has_lighter_side(grey: MatLike, place: tuple[int, int, int, int]) -> bool:
    """Whether one side is lighter all along; letters in a row, and the gaps between white ones, are not."""
    x, y, width, height = place
    piece = grey[y : y + height, x : x + width].astype(np.int16)
    own = piece.min(axis=0) if width > height else piece.min(axis=1)
    sides = (
        [grey[max(0, y - BESIDE), x : x + width], grey[min(len(grey) - 1, y + height + BESIDE - 1), x : x + width]]
        if width > height
        else [
            grey[y : y + height, max(0, x - BESIDE)],
            grey[y : y + height, min(grey.shape[1] - 1, x + width + BESIDE - 1)],
        ]
    )
    return any(float((side.astype(np.int16) - own > DARKER).mean()) >= ALL_ALONG for side in sides)


def _thin(box: Box, *, upright: bool) -> Box:
    if upright:
        return Box(round(box.centre, 4), round(box.top, 4), round(box.centre, 4), round(box.bottom, 4))
    return Box(round(box.left, 4), round(box.middle, 4), round(box.right, 4), round(box.middle, 4))


def cells_between(walls: Walls) -> list[list[Box]]:
    """The cells of each table that the lines make."""
    edges = merge_edges(
        [*(_edge(wall, "v") for wall in walls.upright), *(_edge(wall, "h") for wall in walls.level)],
        snap_x_tolerance=REACH,
        snap_y_tolerance=REACH,
        join_x_tolerance=REACH,
        join_y_tolerance=REACH,
    )
    cells = intersections_to_cells(edges_to_intersections(edges, REACH, REACH))
    return [[Box(*(float(edge) for edge in cell)) for cell in table] for table in _tables(cells)]


def _tables(cells: Sequence[Any]) -> list[list[Any]]:
    return [list(table) for table in cells_to_tables(list(cells))]


def _edge(wall: Box, orientation: str) -> dict[str, Any]:
    return {
        "x0": wall.left,
        "x1": wall.right,
        "top": wall.top,
        "bottom": wall.bottom,
        "width": wall.width,
        "height": wall.height,
        "orientation": orientation,
        "object_type": "line",
    }
