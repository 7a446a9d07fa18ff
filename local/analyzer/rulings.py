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
BRUSH, DARKER, EVEN = 11, 7, 15
BESIDE, ALL_ALONG = 3, 0.8
REACH = 0.05
SHADE, FILLED, LOWEST_AREA, LETTER = 0.85, 0.6, 0.12, 7
WIPE = 2


def rules_in(grey: Pixels) -> Walls:
    """What keeps texts apart on an upright sheet with 150 pixels an inch.

    Thin upright and level lines, dark ones and light ones in the dark; and the edges of dark areas.
    """
    shades = (grey, cv2.bitwise_not(grey))
    areas = list(_dark_areas(grey))
    upright = [box for shade in shades for box in _lines(shade, upright=True)]
    level = [box for shade in shades for box in _lines(shade, upright=False)]
    upright += [Box(x, area.top, x, area.bottom) for area in areas for x in (area.left, area.right)]
    level += [Box(area.left, y, area.right, y) for area in areas for y in (area.top, area.bottom)]
    return Walls(tuple(upright), tuple(level))


def _dark_areas(grey: Pixels) -> Iterator[Box]:
    """Rectangles that are filled darkly, but for the letters in them; looked for at half the size."""
    small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    dpi = DPI // 2
    paper = cv2.dilate(small, np.ones((dpi, dpi), np.uint8))
    dark = (small < SHADE * paper.astype(np.float32)).astype(np.uint8)
    closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((LETTER, LETTER), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        piece = dark[y : y + height, x : x + width]
        # Text that stands close to the area hangs on to it, mostly above or below.
        rows = np.flatnonzero(piece.mean(axis=1) >= FILLED)
        columns = np.flatnonzero(piece[rows].mean(axis=0) >= FILLED) if len(rows) else rows
        if len(rows) >= LOWEST_AREA * dpi and len(columns) >= SHORTEST_LEVEL * dpi:
            left, right = x + int(columns[0]), x + int(columns[-1]) + 1
            yield Box(left / dpi, (y + int(rows[0])) / dpi, right / dpi, (y + int(rows[-1]) + 1) / dpi)


def without(walls: Walls, grey: Pixels) -> Pixels:
    """The same picture with the lines painted over in the shade around them."""
    around = cv2.medianBlur(grey, BRUSH)
    clean = grey.copy()
    for wall in (*walls.upright, *walls.level):
        rows = slice(max(0, round(wall.top * DPI) - WIPE), round(wall.bottom * DPI) + WIPE + 1)
        columns = slice(max(0, round(wall.left * DPI) - WIPE), round(wall.right * DPI) + WIPE + 1)
        clean[rows, columns] = around[rows, columns]
    return clean


def _lines(grey: MatLike, *, upright: bool) -> Iterator[Box]:
    across = np.ones((1, BRUSH) if upright else (BRUSH, 1), np.uint8)
    # Faint lines drown in noise, unless it is evened out along them.
    even = cv2.blur(grey, (1, EVEN) if upright else (EVEN, 1))
    thin = (cv2.morphologyEx(even, cv2.MORPH_BLACKHAT, across) > DARKER).astype(np.uint8)
    length = round((SHORTEST_UPRIGHT if upright else SHORTEST_LEVEL) * DPI)
    straight = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((length, 1) if upright else (1, length), np.uint8))
    short = cv2.blur(grey, (1, 3) if upright else (3, 1))
    _, _, found, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    for x, y, width, height, area in found[1:].tolist():
        is_thin = area <= THICKEST * DPI * max(width, height) and min(width, height) <= STEEPEST * DPI
        if is_thin and _stands_out(short, (x, y, width, height)):
            yield _thin(Box(x / DPI, y / DPI, (x + width) / DPI, (y + height) / DPI), upright=upright)


def _stands_out(grey: MatLike, place: tuple[int, int, int, int]) -> bool:
    """Whether the line is darker than both of its sides all along; letters in a row are not."""
    x, y, width, height = place
    whole = grey
    if width <= height:
        whole = np.transpose(grey)
        x, y, width, height = y, x, height, width
    piece = whole[y : y + height, x : x + width].astype(np.int16).min(axis=0)
    above = whole[max(0, y - BESIDE), x : x + width].astype(np.int16)
    below = whole[min(len(whole) - 1, y + height + BESIDE - 1), x : x + width].astype(np.int16)
    return float((np.minimum(above, below) - piece > DARKER).mean()) >= ALL_ALONG


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
