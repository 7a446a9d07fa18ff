"""A PDF becomes pages of words, lines and ruled tables, measured in inches from the top left corner.

Nothing is learned or guessed here: a `Page` says what is printed and where. A *line* is a run of words on one
baseline without a wide gap and without a ruled line between two words, so that neighbouring columns and boxes
never share a line.
"""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from local.analyzer.drawings import POINTS_PER_INCH, cell_boxes, ink, visible_tables, walls_on
from local.analyzer.grids import Table, grids_on
from local.analyzer.shapes import Box, Walls, Word, around, overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdfplumber.page import Page as PdfPage
    from pdfplumber.pdf import PDF

WIDE_GAP = 0.9
SAME_ROW = 0.5


class UnreadableFileError(Exception):
    """The bytes are no PDF that can be opened: garbage, cut off, encrypted or without a page."""


@dataclass(frozen=True)
class Line:
    """Words on one baseline, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, one space apart."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def box(self) -> Box:
        """The smallest box around all words."""
        return around(word.box for word in self.words)


@dataclass(frozen=True)
class Page:
    """One page: `number` counts from 1, sizes are inches, lines stand in reading order."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    grids: tuple[Table, ...]
    walls: Walls

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The grids with several rows and columns."""
        return tuple(grid for grid in self.grids if grid.is_tabular)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word of every line, in reading order."""
        return tuple(word for line in self.lines for word in line.words)


def read_pages(content: bytes, most: int | None = None) -> list[Page]:
    """The first `most` pages (all when None); UnreadableFileError when the bytes are no readable PDF."""
    with _opened(content) as document:
        return [_page(page) for page in document.pages[:most]]


def count_pages(content: bytes) -> int:
    """How many pages the PDF has, at least 1; UnreadableFileError when the bytes are no readable PDF."""
    with _opened(content) as document:
        return len(document.pages)


@contextmanager
def _opened(content: bytes) -> Iterator[PDF]:
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            if not document.pages:
                message = "The file has no pages."
                raise UnreadableFileError(message)
            yield document
    except UNREADABLE as error:
        raise UnreadableFileError(str(error) or type(error).__name__) from error


# pdfminer reports damage with whatever its parser stumbled on.
UNREADABLE = (
    PdfminerException,
    PDFEncryptionError,
    PDFPasswordIncorrect,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
)


def _page(page: PdfPage) -> Page:
    tables = visible_tables(page)
    walls = walls_on(page, tables)
    lines = _numbered(_lines(_words(page), walls))
    words = [word for line in lines for word in line.words]
    grids = grids_on(cell_boxes(page, tables), words)
    number, width, height = page.page_number, page.width / POINTS_PER_INCH, page.height / POINTS_PER_INCH
    page.close()
    return Page(number, round(float(width), 4), round(float(height), 4), tuple(lines), tuple(grids), walls)


def _words(page: PdfPage) -> list[Word]:
    found = page.dedupe_chars(tolerance=0.5).extract_words(x_tolerance_ratio=0.15, return_chars=True)
    return [_word(one, page.bbox) for one in found if one["upright"]]


def _word(found: dict[str, Any], origin: tuple[float, float, float, float]) -> Word:
    chars = found["chars"]
    styles = [_style(char) for char in chars]
    style = max(set(styles), key=lambda one: (styles.count(one), one))
    return Word(found["text"], _box(found, origin), style, float(chars[0]["size"]) / POINTS_PER_INCH)


def _style(char: dict[str, Any]) -> str:
    return f"{_font(str(char['fontname']))}|{round(float(char['size']) * 2) / 2}|{ink(char['non_stroking_color'])}"


def _font(name: str) -> str:
    """The font's name as far as it says how the text looks: `ABCDEF+Arial-BoldMT` and `Arial,Bold` look the same.

    Names that only number the fonts of one file say nothing.
    """
    plain = re.sub(r"[^a-z0-9]|psmt|mt$|regular", "", name.rpartition("+")[2].lower())
    return "" if re.fullmatch(r"(cidfont)?f\d+", plain) else plain


def _box(found: dict[str, Any], origin: tuple[float, float, float, float]) -> Box:
    left, top = origin[0], origin[1]
    inches = (found["x0"] - left, found["top"] - top, found["x1"] - left, found["bottom"] - top)
    return Box(*(round(float(point) / POINTS_PER_INCH, 4) for point in inches))


def _lines(words: list[Word], walls: Walls) -> list[Line]:
    rows = _rows(words)
    return [Line(tuple(run)) for row in rows for run in _runs(row, walls)]


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


def _runs(row: list[Word], walls: Walls) -> Iterator[list[Word]]:
    run = [row[0]]
    for before, word in pairwise(row):
        gap = word.box.left - before.box.right
        if gap > WIDE_GAP * max(before.size, word.size) or walls.between_columns(before.box, word.box):
            yield run
            run = []
        run.append(word)
    yield run


def _numbered(lines: list[Line]) -> list[Line]:
    return [
        Line(tuple(word.placed(line_index, index) for index, word in enumerate(line.words)))
        for line_index, line in enumerate(lines)
    ]
