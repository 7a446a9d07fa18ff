"""What the analyzer sees in a picture: the same as on a digital page, only less surely."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter

from local.analyzer.files import check_file, read_pages
from local.analyzer.ink import fitted
from local.analyzer.learning import learn
from local.analyzer.pages import ImageSizeError, Page, UnreadableFileError
from local.analyzer.reading import read_page
from local.analyzer.shapes import Box, Word
from local.analyzer.v2results import layout_result
from tests.unit.analyzer.drawing import pdf
from tests.unit.analyzer.picturing import DPI, blank, packed, scanned

SMALL = (4.0, 1.5)
LABELLED = pdf([(36, 50, "Order number:"), (160, 50, "PO-31847"), (36, 80, "Delivery address:"), (160, 80, "Leeds")])
TABLE = pdf(
    [(75, 55, "Item"), (175, 55, "Price"), (75, 75, "Lamp"), (175, 75, "9.50")], grid=([70, 170, 270], [40, 60, 80])
)


def texts(page: Page) -> list[str]:
    """What its lines say."""
    return [line.text for line in page.lines]


@pytest.fixture(scope="module")
def askew() -> Page:
    """A small scan, turned clockwise by two degrees."""
    (page,) = read_pages(packed(scanned(LABELLED, 2, SMALL)))
    return page


def test_lines_and_words_are_those_that_are_printed(askew: Page) -> None:
    """Label and value stand in columns, so each is a line of its own."""
    assert texts(askew) == ["Order number:", "PO-31847", "Delivery address:", "Leeds"]


def test_a_picture_is_told_in_pixels_and_its_angle_in_degrees(askew: Page) -> None:
    """Width and height are the picture's; clockwise counts as more."""
    (result,) = layout_result("2.1", [askew])["readResults"]
    assert (result["unit"], result["width"], result["height"]) == ("pixel", 4 * DPI, 1.5 * DPI)
    assert result["angle"] == pytest.approx(2, abs=0.4)


def test_boxes_are_turned_as_the_text_is(askew: Page) -> None:
    """Eight numbers in the picture's own pixels, around the ink, and not parallel to its edges."""
    (result,) = layout_result("2.1", [askew])["readResults"]
    left, top, right, right_top, *_ = result["lines"][2]["boundingBox"]
    assert left == pytest.approx(0.5 * DPI, abs=12)
    assert right == pytest.approx(1.75 * DPI, abs=15)
    assert right_top - top == pytest.approx((right - left) * 0.035, abs=1.5)


def test_on_the_sheet_text_is_level_and_measured_in_inches(askew: Page) -> None:
    """So that a model learned from upright pages fits."""
    label, value = askew.lines[2:]
    assert label.box.left == pytest.approx(36 / 72, abs=0.08)
    assert value.box.left == pytest.approx(160 / 72, abs=0.08)
    assert label.box.bottom == pytest.approx(value.box.bottom, abs=0.03)
    assert label.words[0].size == pytest.approx(12 / 72, rel=0.15)


def test_words_say_how_surely_they_were_read(askew: Page) -> None:
    """More than nothing, and unlike a digital page not all for certain."""
    sureness = [word.confidence for word in askew.words]
    assert all(0.5 < one <= 1 for one in sureness)
    assert min(sureness) < 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_every_kind_of_picture_is_read(kind: str) -> None:
    """PNG, JPEG, BMP and TIFF."""
    (page,) = read_pages(packed(scanned(pdf([(36, 50, "Invoice 2718")]), 0, (2.5, 1)), kind))
    assert texts(page) == ["Invoice 2718"]


def test_a_label_that_runs_into_its_value_is_told_apart() -> None:
    """A colon ends a label even where no space is seen, also after a sign; a time stays whole."""
    (page,) = read_pages(
        packed(scanned(pdf([(36, 30, "Vendor #:265"), (36, 60, "Telephone:+44 at 12:30")]), 0, (4, 1)))
    )
    assert page.lines[0].words[-2].text.endswith("#:")
    assert page.lines[0].words[-1].text == "265"
    assert page.lines[1].words[0].text == "Telephone:"
    assert page.lines[1].words[-1].text == "12:30"


def test_a_tiff_has_as_many_pages_as_pictures() -> None:
    """And only the pages asked for are read."""
    content = packed(scanned(pdf([(36, 50, "one")], [(36, 50, "two")], [(36, 50, "three")]), 0, (2, 1)), "TIFF")
    assert [(page.number, texts(page)) for page in read_pages(content, 2)] == [(1, ["one"]), (2, ["two"])]


def test_a_scanned_page_of_a_pdf_is_read_and_a_digital_one_taken_as_it_is() -> None:
    """Both are told in inches; a page without anything has no lines."""
    merged = PdfWriter()
    picture = packed(scanned(pdf([(36, 50, "on paper")]), 0, (3, 1)), "PDF")
    for content in (pdf([(72, 100, "digital")]), picture, pdf([])):
        merged.append(PdfReader(io.BytesIO(content)))
    written = io.BytesIO()
    merged.write(written)
    digital, printed, empty = read_pages(written.getvalue())
    assert (texts(digital), texts(printed), texts(empty)) == (["digital"], ["on paper"], [])
    assert (printed.number, printed.view.unit) == (2, "inch")
    assert printed.view.width == pytest.approx(3, abs=0.01)
    assert printed.view.height == pytest.approx(1, abs=0.01)
    assert (digital.is_print, printed.is_print) == (False, True)


def test_a_ruled_table_is_found_although_the_scan_is_askew() -> None:
    """Cells, headings and texts as on the digital page."""
    (digital,) = read_pages(TABLE)
    (scan,) = read_pages(packed(scanned(TABLE, -1.5, (4.5, 1.5))))
    expected = [(0, 0, "Item", True), (0, 1, "Price", True), (1, 0, "Lamp", False), (1, 1, "9.50", False)]
    for page in (digital, scan):
        (table,) = page.tables
        assert [(cell.row, cell.column, cell.text, cell.is_header) for cell in table.cells] == expected


def test_a_dark_heading_over_faint_rules_is_a_table_too() -> None:
    """White letters on grey, white lines between the headings, pale ones below."""
    (scan,) = scanned(pdf([(75, 75, "Lamp"), (175, 75, "9.50")]), 0, (4.5, 1.5))
    brush = ImageDraw.Draw(scan)
    brush.rectangle((146, 83, 562, 125), fill=100)
    (heading,) = scanned(pdf([(75, 55, "Item"), (175, 55, "Price")]), 0, (4.5, 1.5))
    scan.paste(255, mask=heading.point(lambda shade: 255 if shade < 128 else 0))
    for x in (146, 354, 562):
        brush.line((x, 83, x, 125), fill=255, width=2)
        brush.line((x, 125, x, 167), fill=205, width=2)
    brush.line((146, 167, 562, 167), fill=205, width=2)
    (page,) = read_pages(packed([scan.rotate(1, Image.Resampling.BICUBIC, fillcolor=255)]))
    (table,) = page.tables
    assert [cell.text for cell in table.cells] == ["Item", "Price", "Lamp", "9.50"]


def test_a_picture_that_lies_on_its_side_is_turned_as_its_exif_says() -> None:
    """Its size is that of the upright picture."""
    (picture,) = scanned(pdf([(36, 50, "Invoice 2718")]), 0, (2.5, 1))
    exif = Image.Exif()
    exif[0x0112] = 6
    (page,) = read_pages(packed([picture.transpose(Image.Transpose.ROTATE_90)], "JPEG", exif=exif))
    assert texts(page) == ["Invoice 2718"]
    assert (page.view.width, page.view.height) == picture.size


def test_a_blank_picture_is_a_page_without_lines() -> None:
    """As small as the service allows."""
    (page,) = read_pages(blank(50, 50))
    assert (page.lines, page.tables, page.view.angle) == ((), (), 0)


@pytest.mark.parametrize("size", [(49, 400), (400, 49), (10_001, 60), (60, 10_001)])
def test_a_picture_of_a_size_that_the_service_refuses(size: tuple[int, int]) -> None:
    """Under 50 or over 10,000 pixels on a side."""
    for read in (read_pages, check_file):
        with pytest.raises(ImageSizeError):
            read(blank(*size))


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"MM\0*", b"BM"])
def test_a_damaged_picture_is_said_to_be_unreadable(start: bytes) -> None:
    """Its first bytes and then nothing, or garbage."""
    for content in (start, start + b"\x07" * 3000):
        for read in (read_pages, check_file):
            with pytest.raises(UnreadableFileError):
                read(content)


def test_a_picture_that_is_cut_off_is_unreadable() -> None:
    """Half a file is no file."""
    whole = packed(scanned(LABELLED, 0, SMALL))
    with pytest.raises(UnreadableFileError):
        check_file(whole[: len(whole) // 2])


def numbered(number: int) -> bytes:
    """A form with two values."""
    return pdf(
        [(36, 50, "Order number:"), (150, 50, f"PO-{number}"), (36, 80, "Delivered to:"), (150, 80, TOWNS[number % 7])]
    )


TOWNS = ("Leeds", "Graz", "Porto", "Lyon", "Ghent", "Turku", "Basel")


def test_one_model_learns_from_pdfs_and_scans_and_reads_both() -> None:
    """Inches on the sheet are the same for both."""
    numbers = (31847, 50263, 77120, 19385, 64402)
    forms = [numbered(number) for number in numbers]
    forms[3:] = [packed(scanned(form, turn, SMALL)) for form, turn in zip(forms[3:], (1.2, -0.8), strict=True)]
    model = learn([read_pages(form) for form in forms])
    new = numbered(20956)
    for form in (new, packed(scanned(new, 1, SMALL))):
        (page,) = read_pages(form)
        found = {pair.text: pair.value.text for pair in read_page(page, model).pairs if pair.value}
        assert found == {"Order number:": "PO-20956", "Delivered to:": TOWNS[20956 % 7]}


@pytest.mark.parametrize("misread", ["0rder number:", "Ordernumber:", "Order number.", "ORDER NUMBER:", "Order numbe"])
def test_a_key_is_found_with_a_slip_where_ink_was_read(misread: str) -> None:
    """It is reported as the model knows it; on a digital page the same slip is another text."""
    model = learn([read_pages(numbered(number)) for number in (31847, 50263, 77120, 19385, 64402)])
    (digital,) = read_pages(pdf([(36, 50, misread), (150, 50, "PO-1"), (36, 80, "Delivered to:"), (150, 80, "Bern")]))
    pairs = {
        pair.text: pair.value and pair.value.text for pair in read_page(replace(digital, is_print=True), model).pairs
    }
    assert pairs == {"Order number:": "PO-1", "Delivered to:": "Bern"}


def test_another_word_is_no_slip() -> None:
    """What is too far from the key is not taken for it."""
    model = learn([read_pages(numbered(number)) for number in (31847, 50263, 77120, 19385, 64402)])
    (page,) = read_pages(pdf([(36, 50, "Order total:"), (150, 50, "17.00"), (36, 80, "Delivered to:")]))
    assert [pair.text for pair in read_page(replace(page, is_print=True), model).pairs] == ["Delivered to:"]


def test_a_table_without_rules_has_headings_over_aligned_rows() -> None:
    """Three columns and two rows make one; two labels with their values do not."""
    rows = [("Article", "Pieces", "Price"), ("Lamp", "3", "9.50"), ("Cable", "12", "4.25")]
    drawn = [
        (72 + 130 * column, 100 + 20 * row, text) for row, line in enumerate(rows) for column, text in enumerate(line)
    ]
    (page,) = read_pages(pdf([*drawn, (72, 300, "Total:"), (202, 300, "13.75"), (72, 320, "Paid:"), (202, 320, "yes")]))
    (table,) = page.tables
    assert [(cell.row, cell.column, cell.text) for cell in table.cells] == [
        (row, column, text) for row, line in enumerate(rows) for column, text in enumerate(line)
    ]
    assert [cell.is_header for cell in table.cells] == [True] * 3 + [False] * 6


def test_a_space_that_was_not_seen_is_found_in_the_ink() -> None:
    """A gap as wide as those between the other words parts a word after a sign; narrower gaps do not."""
    (scan,) = scanned(pdf([(36, 50, "+46 (937) 2522519")]), 0, (3, 1))
    words = [
        Word("+46", Box(0.5, 0.5, 0.8, 0.75), "||", 0.17),
        Word("(937)2522519", Box(0.85, 0.5, 2.0, 0.75), "||", 0.17),
    ]
    found = fitted(words, np.asarray(scan, dtype=np.uint8), "||")
    assert [word.text for word in found] == ["+46", "(937)", "2522519"]
    assert found[1].box.right < found[2].box.left
