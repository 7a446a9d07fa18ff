"""What a page says: words, lines and ruled tables, measured in inches from the top left corner of the upright sheet.

Nothing is learned or guessed here: a `Page` says what is printed and where. A *line* is a run of words on one
baseline without a wide gap and without a ruled line between two words, so that neighbouring columns and boxes
never share a line. A page that was photographed or scanned askew is upright here; its `View` leads back to the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Literal

import numpy as np

from local.analyzer.shapes import Box, Walls, Word, WordRun, around, overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.analyzer.grids import Table

WIDE_GAP = 0.9
SAME_ROW = 0.5
Row3 = tuple[float, float, float]
Matrix = tuple[Row3, Row3, Row3]
UNMOVED: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


class UnreadableFileError(Exception):
    """The bytes are no file that can be opened: garbage, cut off, encrypted or without a page."""


class ImageSizeError(UnreadableFileError):
    """A picture is smaller or larger than the service takes."""


@dataclass(frozen=True)
class View:
    """A page as its file has it: size and unit, how far its text is turned clockwise in degrees, and where a point is.

    The matrix leads from inches on the upright sheet to the file's unit, as a projection.
    """

    width: float
    height: float
    unit: Literal["inch", "pixel"]
    angle: float = 0.0
    matrix: Matrix = UNMOVED

    def corners(self, box: Box) -> list[float]:
        """Four corners, x and y each, clockwise from the top left of the text."""
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        points = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [number for point in points for number in self._point(*point)]

    def upright(self, fractions: Box) -> Box:
        """The box on the upright sheet, in inches, of a box in fractions of the page as its file has it."""
        left, right = fractions.left * self.width, fractions.right * self.width
        top, bottom = fractions.top * self.height, fractions.bottom * self.height
        if self.matrix == UNMOVED:
            return Box(left, top, right, bottom)
        back = np.linalg.inv(np.array(self.matrix))
        corners = (back @ np.array((x, y, 1)) for x, y in product((left, right), (top, bottom)))
        points = [(float(across / scale), float(down / scale)) for across, down, scale in corners]
        return around(Box(x, y, x, y) for x, y in points)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        if self.matrix == UNMOVED:
            return x, y
        across, down, scale = (row[0] * x + row[1] * y + row[2] for row in self.matrix)
        digits = 1 if self.unit == "pixel" else 4
        return round(across / scale, digits), round(down / scale, digits)


class Line(WordRun):
    """Words on one baseline, left to right."""


@dataclass(frozen=True)
class Page:
    """One page: `number` counts from 1, lines stand in reading order; `is_print` when its words were read from ink."""

    number: int
    view: View
    lines: tuple[Line, ...]
    grids: tuple[Table, ...]
    walls: Walls
    is_print: bool = False

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The grids with several rows and columns."""
        return tuple(grid for grid in self.grids if grid.is_tabular)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word of every line, in reading order."""
        return tuple(word for line in self.lines for word in line.words)


def lines_of(words: list[Word], walls: Walls, wide: float = WIDE_GAP) -> list[Line]:
    """The words in lines, in reading order; each word knows its place in them.

    A gap of more than `wide` times the font size ends a line.
    """
    rows = _rows(words)
    return _numbered([Line(tuple(run)) for row in rows for run in _runs(row, walls, wide)])


def _rows(words: list[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda one: (one.box.middle, one.box.left)):
        if rows and _same_row(rows[-1][-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda one: one.box.left) for row in rows]


def _same_row(first: Word, second: Word) -> bool:
    shared = overlap(first.box.top, first.box.bottom, second.box.top, second.box.bottom)
    return shared >= SAME_ROW * min(first.box.height, second.box.height)


def _runs(row: list[Word], walls: Walls, wide: float) -> Iterator[list[Word]]:
    run = [row[0]]
    for before, word in pairwise(row):
        gap = word.box.left - before.box.right
        if gap > wide * max(before.size, word.size) or walls.between_columns(before.box, word.box):
            yield run
            run = []
        run.append(word)
    yield run


def _numbered(lines: list[Line]) -> list[Line]:
    return [
        Line(tuple(word.placed(line_index, index) for index, word in enumerate(line.words)))
        for line_index, line in enumerate(lines)
    ]
