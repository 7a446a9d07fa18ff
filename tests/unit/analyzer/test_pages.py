"""What the analyzer sees on a page."""

from __future__ import annotations

import pytest

from local.analyzer.files import read_pages
from local.analyzer.pages import UnreadableFileError
from local.analyzer.pdfs import count_pages
from tests.unit.analyzer.drawing import pdf


def test_places_are_inches_from_the_top_left() -> None:
    """A text one inch from the left and two from the top is found there, on a page of 8.5 by 11 inches."""
    page = read_pages(pdf([(72, 144, "Hello")]))[0]
    assert (page.view.width, page.view.height) == (8.5, 11.0)
    box = page.lines[0].box
    assert box.left == pytest.approx(1.0, abs=0.01)
    assert box.top < 2.0 < box.bottom


def test_a_wide_gap_separates_lines() -> None:
    """Texts far apart on one baseline are two lines; words a space apart are one."""
    page = read_pages(pdf([(72, 100, "Order number"), (300, 100, "Order date")]))[0]
    assert [line.text for line in page.lines] == ["Order number", "Order date"]


def test_a_ruled_grid_is_a_table() -> None:
    """Ruled cells have row and column numbers, and the first row is the heading."""
    texts = [(75.0, 115.0, "Item"), (175.0, 115.0, "Price"), (75.0, 135.0, "Lamp"), (175.0, 135.0, "9.50")]
    page = read_pages(pdf(texts, grid=([70, 170, 270], [100, 120, 140])))[0]
    (table,) = page.tables
    assert [(cell.row, cell.column, cell.text, cell.is_header) for cell in table.cells] == [
        (0, 0, "Item", True),
        (0, 1, "Price", True),
        (1, 0, "Lamp", False),
        (1, 1, "9.50", False),
    ]


def test_words_know_their_place_in_the_lines() -> None:
    """The line and index of every word lead back to it, so that element references resolve."""
    page = read_pages(pdf([(72, 100, "one two"), (72, 140, "three")]))[0]
    assert all(page.lines[word.line].words[word.index] == word for word in page.words)


@pytest.mark.parametrize(
    "content",
    [b"", b"no pdf at all", b"%PDF-1.4 and then nothing", pdf([(72, 100, "secret")], password="user")],
    ids=["empty", "text", "cut off", "encrypted"],
)
def test_what_is_no_readable_pdf_is_said_to_be(content: bytes) -> None:
    """Damaged, empty and encrypted files raise UnreadableFileError and nothing else."""
    with pytest.raises(UnreadableFileError):
        read_pages(content)


def test_only_the_pages_asked_for_are_read() -> None:
    """A limit of two reads the first two pages of three."""
    content = pdf([(72, 100, "one")], [(72, 100, "two")], [(72, 100, "three")])
    assert count_pages(content) == 3
    assert [page.number for page in read_pages(content, 2)] == [1, 2]
