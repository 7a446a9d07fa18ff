"""A digital PDF page becomes a page of words, lines and ruled tables; a page that is only a picture is read as one."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from local.analyzer.columns import plain_tables
from local.analyzer.drawings import POINTS_PER_INCH, cell_boxes, ink, visible_tables, walls_on
from local.analyzer.grids import grids_on
from local.analyzer.pages import Page, UnreadableFileError, View, lines_of
from local.analyzer.pictures import rendered
from local.analyzer.scans import read_picture
from local.analyzer.shapes import Box, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdfplumber.page import Page as PdfPage
    from pdfplumber.pdf import PDF

FEW_LETTERS = 20
LARGE_PICTURE = 0.5


def read_pages(content: bytes, most: int | None = None) -> list[Page]:
    """The first `most` pages (all when None); UnreadableFileError when the bytes are no readable PDF."""
    with _opened(content) as document:
        found = [None if _is_scan(page) else _page(page) for page in document.pages[:most]]
    return [page or read_picture(rendered(content, index), index + 1) for index, page in enumerate(found)]


def _is_scan(page: PdfPage) -> bool:
    """Whether the page is a picture with next to no letters of its own (a stamp, a fax's head line)."""
    pictures = sum(one["width"] * one["height"] for one in page.images)
    is_large = pictures >= LARGE_PICTURE * float(page.width * page.height)
    return is_large and len(page.chars) < FEW_LETTERS


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
    lines = lines_of(_words(page), walls)
    words = [word for line in lines for word in line.words]
    grids = grids_on(cell_boxes(page, tables), words)
    number, width, height = page.page_number, page.width / POINTS_PER_INCH, page.height / POINTS_PER_INCH
    page.close()
    view = View(round(float(width), 4), round(float(height), 4), "inch")
    return Page(number, view, tuple(lines), (*grids, *plain_tables(lines, grids)), walls)


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
