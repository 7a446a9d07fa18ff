"""A picture of a page becomes a page: its words are read, its sheet is brought upright, its rules are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from local.analyzer.columns import plain_tables
from local.analyzer.frames import Frame, frame_of, tilt_of
from local.analyzer.grids import grids_on
from local.analyzer.ink import DPI, fitted
from local.analyzer.ocr import see
from local.analyzer.pages import Page, View, lines_of
from local.analyzer.rulings import cells_between, rules_in, without
from local.analyzer.shapes import Box, Word

if TYPE_CHECKING:
    from local.analyzer.ocr import Points, SeenLine
    from local.analyzer.pictures import Picture, Pixels

STYLE = "||"
"""Fonts and colours are not told apart in a picture."""
WIDE_GAP = 1.15
"""More than on a digital page, where the blank around a letter belongs to its box."""


def read_picture(picture: Picture, number: int) -> Page:
    """The page with this number."""
    seen = see(picture.pixels)
    frame = frame_of(picture, seen)
    frame = frame.turned(tilt_of(_upright(picture.pixels, frame)))
    grey = _upright(picture.pixels, frame)
    walls = rules_in(grey)
    grey = without(walls, grey)
    words = [word for line in seen for word in fitted(_words(line, frame), grey, STYLE)]
    lines = lines_of(words, walls, WIDE_GAP)
    placed = [word for line in lines for word in line.words]
    grids = grids_on(cells_between(walls), placed)
    return Page(
        number, _view(picture, frame), tuple(lines), (*grids, *plain_tables(lines, grids)), walls, is_print=True
    )


def _view(picture: Picture, frame: Frame) -> View:
    if picture.unit == "pixel":
        return View(picture.width, picture.height, "pixel", frame.angle, frame.matrix(1))
    dpi = picture.dpi or 1
    width, height = round(picture.width / dpi, 4), round(picture.height / dpi, 4)
    return View(width, height, "inch", frame.angle, frame.matrix(dpi))


def _upright(pixels: Pixels, frame: Frame) -> Pixels:
    """The sheet in grey, level, with 150 pixels an inch."""
    to_picture = np.diag([DPI, DPI, 1.0]) @ frame.to_inches
    size = (round(frame.width * DPI), round(frame.height * DPI))
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    turned = cv2.warpPerspective(grey, to_picture, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)


def _words(line: SeenLine, frame: Frame) -> list[Word]:
    return [
        Word(word.text, box, STYLE, box.height, confidence=word.confidence)
        for word in line.words
        for box in [_box(word.corners, frame)]
    ]


def _box(corners: Points, frame: Frame) -> Box:
    """The upright box whose edges are those of the corners, on average."""
    moved = cv2.perspectiveTransform(np.array([corners], dtype=np.float64), frame.to_inches)[0]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = ((float(x), float(y)) for x, y in moved)
    return Box((x0 + x3) / 2, (y0 + y1) / 2, (x1 + x2) / 2, (y2 + y3) / 2)
