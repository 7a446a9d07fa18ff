"""The frontier as a picture: GETs a document against the delay, both on logarithmic scales, a panel for each case."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib import colors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Point = tuple[float, float]
"""GETs a document, and the median delay in seconds."""

PANEL_WIDTH, PANEL_HEIGHT = 400, 270
LEFT, BOTTOM, RIGHT, TOP = 46, 40, 12, 26
MOST_GETS, LEAST_DELAY, MOST_DELAY = 500.0, 0.3, 100.0
GETS, DELAYS = (1, 2, 5, 10, 20, 50, 100), (0.5, 1, 2, 5, 10, 20, 50)
OURS, OTHERS, GRID = colors.HexColor(0xC2410C), colors.HexColor(0x334155), colors.HexColor(0xE2E8F0)
FONT = "Helvetica"


def drawn(panels: Mapping[str, Mapping[str, Point]], ours: str, labelled_left: Iterable[str]) -> Drawing:
    """Two panels in a row: by their title, the point of each system. `labelled_left` keeps labels apart."""
    rows = math.ceil(len(panels) / 2)
    drawing = Drawing(2 * PANEL_WIDTH, rows * PANEL_HEIGHT)
    drawing.add(Rect(0, 0, drawing.width, drawing.height, fillColor=colors.white, strokeColor=None))
    for index, (title, points) in enumerate(panels.items()):
        x, y = index % 2 * PANEL_WIDTH, (rows - 1 - index // 2) * PANEL_HEIGHT
        _axes(drawing, x, y, title)
        for name, point in points.items():
            _point(drawing, x, y, name, point, is_ours=name == ours, is_left=name in labelled_left)
    return drawing


def write(drawing: Drawing, path: Path) -> None:
    """The same bytes for the same drawing."""
    path.write_text(renderSVG.drawToString(drawing), encoding="utf-8")


def _axes(drawing: Drawing, x: float, y: float, title: str) -> None:
    right, top = x + PANEL_WIDTH - RIGHT, y + PANEL_HEIGHT - TOP
    for gets in GETS:
        at = x + _across(gets)
        drawing.add(Line(at, y + BOTTOM, at, top, strokeColor=GRID))
        drawing.add(_text(at, y + BOTTOM - 14, str(gets), "middle"))
    for delay in DELAYS:
        at = y + _up(delay)
        drawing.add(Line(x + LEFT, at, right, at, strokeColor=GRID))
        drawing.add(_text(x + LEFT - 6, at - 3, f"{delay:g} s", "end"))
    drawing.add(_text(x + LEFT, top + 9, title, "start", size=11))
    drawing.add(_text(right, y + 8, "GETs a document", "end"))
    drawing.add(_text(right, top + 9, "median delay from finished to noticed", "end"))


def _point(drawing: Drawing, x: float, y: float, name: str, point: Point, *, is_ours: bool, is_left: bool) -> None:
    across, up = x + _across(point[0]), y + _up(point[1])
    colour = OURS if is_ours else OTHERS
    drawing.add(Circle(across, up, 5 if is_ours else 3.5, fillColor=colour, strokeColor=None))
    where, anchor = (across - 8, "end") if is_left else (across + 8, "start")
    drawing.add(_text(where, up - 3, name, anchor, colour=colour, size=10 if is_ours else 9))


def _text(x: float, y: float, text: str, anchor: str, *, colour: colors.Color = OTHERS, size: int = 9) -> String:
    return String(x, y, text, textAnchor=anchor, fontName=FONT, fontSize=size, fillColor=colour)


def _across(gets: float) -> float:
    """From one GET, a little to the right of the axis, to the most."""
    width = PANEL_WIDTH - LEFT - RIGHT
    return LEFT + width * (0.2 + 0.8 * math.log(gets) / math.log(MOST_GETS))


def _up(delay: float) -> float:
    height = PANEL_HEIGHT - BOTTOM - TOP
    return BOTTOM + height * math.log(delay / LEAST_DELAY) / math.log(MOST_DELAY / LEAST_DELAY)
