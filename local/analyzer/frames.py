"""How a picture lies: where its sheet is, how it is turned, and the way from its pixels to inches on the sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cv2.typing import MatLike
    from numpy.typing import NDArray

    from local.analyzer.ocr import Points, SeenLine
    from local.analyzer.pages import Matrix
    from local.analyzer.pictures import Picture, Pixels

    Projection = NDArray[np.float64]

SHEETS = ((8.5, 11.0), (8.27, 11.69))
LIKELY_WIDTH = (3.0, 24.0)
LOOK_AT = 640
LEAST_SHEET, MOST_SHEET = 0.35, 0.96
CONTRAST = 40
STEEPEST = 15.0
LONG = 4
FINE, MARGIN = 900, 0.04
MOST_TILT, STEP = 2.0, 0.1


@dataclass(frozen=True)
class Frame:
    """`to_inches` leads from pixels to inches on the upright sheet, `to_pixels` back; sizes in inches.

    `angle` is how far the text is turned clockwise in the picture, in degrees.
    """

    to_inches: Projection
    width: float
    height: float
    angle: float

    @property
    def to_pixels(self) -> Projection:
        """The way back."""
        return np.asarray(np.linalg.inv(self.to_inches), dtype=np.float64)

    def turned(self, degrees: float) -> Frame:
        """The same with the sheet turned counterclockwise by so much."""
        turn = _rotation(degrees, self.width, self.height)
        return replace(self, to_inches=turn @ self.to_inches, angle=round(self.angle + degrees, 2))

    def matrix(self, pixels_per_unit: float) -> Matrix:
        """The way back in units of so many pixels, as plain numbers."""
        rows = (np.diag([1 / pixels_per_unit, 1 / pixels_per_unit, 1.0]) @ self.to_pixels).tolist()
        first, second, third = ((float(row[0]), float(row[1]), float(row[2])) for row in rows)
        return first, second, third


def frame_of(picture: Picture, lines: Sequence[SeenLine]) -> Frame:
    """The frame in which the sheet is a rectangle and the text level."""
    flat, width, height = _flattened(picture)
    corners = [line.corners for line in lines]
    turn = _turn([_moved(one, flat) for one in corners])
    return Frame(_rotation(turn, width, height) @ flat, width, height, round(_turn(corners), 2))


def _rotation(degrees: float, width: float, height: float) -> Projection:
    """Counterclockwise around the middle."""
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.vstack([turn, [0.0, 0.0, 1.0]]).astype(np.float64)


def tilt_of(grey: Pixels) -> float:
    """How far an almost level page is still turned clockwise, in degrees: level text makes the sharpest rows."""
    shrink = FINE / max(grey.shape)
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    edge = round(MARGIN * min(small.shape))
    tilts = np.arange(-MOST_TILT, MOST_TILT + STEP / 2, STEP)
    return round(float(max(tilts, key=lambda tilt: (_sharpness(small, float(tilt), edge), -abs(tilt)))), 2)


def _sharpness(small: MatLike, tilt: float, edge: int) -> float:
    height, width = small.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    turned = cv2.warpAffine(small, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rows = turned[edge:-edge, edge:-edge].mean(axis=1)
    return float(np.square(np.diff(rows)).sum())


def _flattened(picture: Picture) -> tuple[Projection, float, float]:
    """From pixels to inches of the sheet, not yet level; and its size."""
    sheet = _sheet(picture.pixels)
    if sheet is None:
        scale = 1 / (picture.dpi or 0) if _is_likely(picture) else _scale(picture.width, picture.height)
        return np.diag([scale, scale, 1.0]), picture.width * scale, picture.height * scale
    left_top, right_top, right_bottom, left_bottom = sheet
    across = (math.dist(left_top, right_top) + math.dist(left_bottom, right_bottom)) / 2
    down = (math.dist(left_top, left_bottom) + math.dist(right_top, right_bottom)) / 2
    scale = _scale(across, down)
    width, height = across * scale, down * scale
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    projection = cv2.getPerspectiveTransform(np.array(sheet, dtype=np.float32), target)
    return np.asarray(projection, dtype=np.float64), width, height


def _is_likely(picture: Picture) -> bool:
    return picture.dpi is not None and LIKELY_WIDTH[0] <= picture.width / picture.dpi <= LIKELY_WIDTH[1]


def _scale(width: float, height: float) -> float:
    """Inches for each pixel of a sheet of office paper, upright or across, that is shown from edge to edge."""
    ratio = max(width, height) / min(width, height)
    short, _ = min(SHEETS, key=lambda sheet: abs(sheet[1] / sheet[0] - ratio))
    return short / min(width, height)


def _sheet(pixels: Pixels) -> Points | None:
    """The corners of a light sheet on something darker, from the left top clockwise; None when there is none."""
    shrink = LOOK_AT / max(pixels.shape[:2])
    grey = cv2.cvtColor(
        cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
    )
    _, light = cv2.threshold(cv2.GaussianBlur(grey, (9, 9), 0), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    closed = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = cv2.convexHull(max(outlines, key=cv2.contourArea))
    corners = cv2.approxPolyDP(outline, 0.02 * cv2.arcLength(outline, closed=True), closed=True).reshape(-1, 2)
    share = cv2.contourArea(outline) / grey.size
    if len(corners) != 4 or not LEAST_SHEET <= share <= MOST_SHEET or not _stands_out(grey, outline):  # noqa: PLR2004
        return None
    return _in_order([(float(x) / shrink, float(y) / shrink) for x, y in corners])


def _stands_out(grey: MatLike, outline: MatLike) -> bool:
    inside = cv2.drawContours(np.zeros_like(grey), [outline], -1, 255, cv2.FILLED)
    return float(grey[inside > 0].mean() - grey[inside == 0].mean()) >= CONTRAST


def _in_order(corners: list[tuple[float, float]]) -> Points:
    upper, lower = (
        sorted(sorted(corners, key=lambda one: one[1])[:2]),
        sorted(sorted(corners, key=lambda one: one[1])[2:]),
    )
    return upper[0], upper[1], lower[1], lower[0]


def _moved(corners: Points, projection: Projection) -> Points:
    moved = cv2.perspectiveTransform(np.array([corners], dtype=np.float64), projection)[0]
    return tuple((float(x), float(y)) for x, y in moved)


def _turn(lines: Sequence[Points]) -> float:
    """How far the lines are turned clockwise: the middle of the long ones, each counting by its length; in degrees."""
    turns = sorted((_angle(line), math.dist(line[0], line[1])) for line in lines if _is_long(line))
    turns = [(angle, length) for angle, length in turns if abs(angle) <= STEEPEST]
    half, passed = sum(length for _, length in turns) / 2, 0.0
    for angle, length in turns:
        passed += length
        if passed >= half:
            return angle
    return 0.0


def _is_long(line: Points) -> bool:
    return math.dist(line[0], line[1]) > LONG * math.dist(line[0], line[3])


def _angle(line: Points) -> float:
    """Of the lower and the upper edge together."""
    across = line[1][0] - line[0][0] + line[2][0] - line[3][0]
    return math.degrees(math.atan2(line[1][1] - line[0][1] + line[2][1] - line[3][1], across))
