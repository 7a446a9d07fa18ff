"""The picture of a page: boxes stand around what was read, whatever kind of file it is and however it is turned."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from cli.show.page_image import LONGEST_SIDE, NoSuchPage, PageImage, Undrawable, page_image
from cli.show.picture import DOUBTFUL, POOR, SURE, UNKNOWN, boxed, colour_of
from cli.show.rows import Box, Region, region_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.show.picture import Colour

INK = (0, 0, 0)
SIZE = (600, 800)
STAMP = (150, 200, 270, 240)
"""Left, top, right, bottom of the ink on a picture of `SIZE`, seen upright."""


def picture(size: tuple[int, int] = SIZE, stamp: tuple[int, ...] = STAMP, mode: str = "RGB") -> Image.Image:
    """White with a black stamp."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle(stamp, fill="black")
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> io.BytesIO:  # noqa: ANN401
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def a_pdf(rotation: int = 0) -> io.BytesIO:
    """Two pages of 6 by 8 inches, the second with a stamp; pixels at 100 to the inch are those of `STAMP`."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(6 * 72, 8 * 72))
    canvas.showPage()
    left, top, right, bottom = (value * 0.72 for value in STAMP)
    canvas.rect(left, 8 * 72 - bottom, right - left, bottom - top, stroke=0, fill=1)
    canvas.save()
    if rotation:
        writer = pypdf.PdfWriter(made)
        for page in writer.pages:
            page.rotate(rotation)
        made = io.BytesIO()
        writer.write(made)
    made.seek(0)
    return made


def box(edges: tuple[float, ...], unit: str, confidence: float | None = 0.9, page: int = 1) -> Box:
    """A value there, which needs review below 0.8."""
    left, top, right, bottom = edges
    region = Region(page, ((left, top), (right, top), (right, bottom), (left, bottom)), unit)
    return Box(1, region, confidence, needs_review=confidence is not None and confidence < 0.8)


def is_like(found: Any, colour: Colour) -> bool:  # noqa: ANN401
    """Whether a pixel has this colour, as far as JPEG keeps it."""
    return all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Around all that is black."""
    found = image.convert("L").point(lambda value: 255 if value < 40 else 0).getbbox()
    assert found
    return found


def assert_around(image: Image.Image, page: PageImage, colour: Colour) -> None:
    """The frame of this colour is outside of the page's ink, at most a few pixels from it, on all four sides."""
    left, top, right, bottom = ink(page.image)
    middle = ((left + right) // 2, (top + bottom) // 2)
    sides = {
        "left": [(left - step, middle[1]) for step in range(1, 7)],
        "right": [(right - 1 + step, middle[1]) for step in range(1, 7)],
        "above": [(middle[0], top - step) for step in range(1, 7)],
        "below": [(middle[0], bottom - 1 + step) for step in range(1, 7)],
    }
    for side, points in sides.items():
        assert any(is_like(image.getpixel(point), colour) for point in points), side


def turned(edges: tuple[float, ...], width: float) -> tuple[float, ...]:
    """Where something is after a quarter turn to the right; `width` is that of the turned page."""
    left, top, right, bottom = edges
    return width - bottom, left, width - top, right


def _see_through() -> Image.Image:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle(STAMP, fill="black")
    return image


def _sixteen_bits() -> Image.Image:
    return picture(mode="L").convert("I").point(lambda value: value * 257).convert("I;16")


def _tiff() -> io.BytesIO:
    return saved(Image.new("RGB", SIZE, "white"), "TIFF", save_all=True, append_images=[picture()])


def _lying(kind: str) -> io.BytesIO:
    """Stored on its side, with the note that it is to be turned a quarter to the right."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(picture().transpose(Image.Transpose.ROTATE_90), kind, exif=exif)


FILES: dict[str, tuple[Callable[[], io.BytesIO], int, str, float, tuple[float, ...]]] = {
    "PNG": (lambda: saved(picture(), "PNG"), 1, "pixel", 1, STAMP),
    "PNG of one bit": (lambda: saved(picture(mode="1"), "PNG"), 1, "pixel", 1, STAMP),
    "PNG with a see-through ground": (lambda: saved(_see_through(), "PNG"), 1, "pixel", 1, STAMP),
    "PNG of 16 bits": (lambda: saved(_sixteen_bits(), "PNG"), 1, "pixel", 1, STAMP),
    "BMP": (lambda: saved(picture(), "BMP"), 1, "pixel", 1, STAMP),
    "JPEG": (lambda: saved(picture(), "JPEG", quality=95), 1, "pixel", 1, STAMP),
    "JPEG in CMYK": (lambda: saved(picture(mode="CMYK"), "JPEG", quality=95), 1, "pixel", 1, STAMP),
    "second page of a TIFF": (_tiff, 2, "pixel", 1, STAMP),
    "JPEG that EXIF turns": (lambda: _lying("JPEG"), 1, "pixel", 1, STAMP),
    "TIFF that its orientation turns": (lambda: _lying("TIFF"), 1, "pixel", 1, STAMP),
    "scan measured in inches": (lambda: saved(picture(), "PNG", dpi=(100, 100)), 1, "inch", 0.01, STAMP),
    "large scan": (
        lambda: saved(picture((3000, 4000), tuple(5 * one for one in STAMP), "1"), "TIFF", compression="group4"),
        1,
        "pixel",
        5,
        STAMP,
    ),
    "second page of a PDF": (a_pdf, 2, "inch", 0.01, STAMP),
    "PDF page turned by /Rotate": (lambda: a_pdf(90), 2, "inch", 0.01, turned(STAMP, 800)),
}


@pytest.mark.parametrize("name", FILES)
def test_the_box_stands_around_the_ink(name: str) -> None:
    """Of every kind of file, in the colour of its confidence, whichever way the file's page is turned."""
    make, number, unit, units_per_pixel, edges = FILES[name]
    page = page_image(make(), number)

    image, lost = boxed(page, [box(tuple(units_per_pixel * one for one in edges), unit, 0.7)])

    assert lost == 0
    assert max(page.image.size) <= LONGEST_SIDE
    assert_around(image, page, DOUBTFUL)


@pytest.mark.parametrize(
    ("confidence", "needs_review", "colour"),
    [
        (1.0, False, SURE),
        (0.1, False, SURE),
        (0.99, True, DOUBTFUL),
        (0.5, True, DOUBTFUL),
        (0.4999, True, POOR),
        (None, True, UNKNOWN),
    ],
)
def test_the_colour_says_what_the_row_does(confidence: float | None, colour: Colour, *, needs_review: bool) -> None:
    """It goes by the threshold that held when the document was stored, as the list of values does."""
    assert colour_of(confidence, needs_review=needs_review) == colour


def test_fields_are_drawn_over_cells() -> None:
    """A pair inside a table keeps its colour and number."""
    page = page_image(saved(picture(), "PNG"), 1)
    field, cell = box(STAMP, "pixel", 0.3), Box(None, box(STAMP, "pixel").region, 0.9, needs_review=False)

    image, _ = boxed(page, [field, cell])

    assert_around(image, page, POOR)


def test_a_box_that_is_not_on_the_page_is_counted() -> None:
    """Far outside, or in a unit that the page has no measure for; the others are drawn."""
    page = page_image(saved(picture(), "PNG"), 1)
    far, huge = box((5000, 10, 5100, 20), "pixel"), box((-1e308, 0, 1e308, 1), "pixel")

    image, lost = boxed(page, [box(STAMP, "pixel"), far, huge, box((1, 1, 2, 2), "inch"), box((1, 1, 2, 2), "")])

    assert lost == 4
    assert_around(image, page, SURE)


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [
        ("[1, 2, 3, 2, 3, 4, 1, 4]", (1, 2, 3, 4)),
        ("[1, 2, 3, 4]", (1, 2, 3, 4)),
        ("[1, 2, 3, 2.5, 2, 4]", (1, 2, 3, 4)),
        ("[1, 2]", None),
        ("[1, 2, 3]", None),
        ("[1, 2, 3, NaN]", None),
        ("[1, 2, 3, 1e999]", None),
        ("[]", None),
        ("7", None),
        ("[[1, 2], [3, 4]]", None),
        ("inch", None),
        ("[" * 100_000, None),
    ],
)
def test_a_place_has_the_corners_that_the_row_tells(numbers: str, edges: tuple[float, ...] | None) -> None:
    """Two opposite corners or a polygon; whatever else stands there, perhaps by hand, is none."""
    region = region_of({"BoundingBox": numbers, "Page": 1, "Unit": "inch"})
    assert (region and region.edges) == edges


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=24).filter(lambda numbers: len(numbers) % 2 == 0))
def test_any_polygon_can_be_drawn(numbers: list[float]) -> None:
    """On the page or not, crossing itself or not."""
    region = region_of({"BoundingBox": str(numbers), "Page": 1, "Unit": "pixel"})
    assert region
    page = PageImage(Image.new("RGB", (60, 40), "white"), {"pixel": 0.5}, 1)

    image, _ = boxed(page, [Box(12, region, 0.5, needs_review=True)])

    assert image.width == 60


@pytest.mark.parametrize(("make", "pages"), [(a_pdf, 2), (_tiff, 2), (lambda: saved(picture(), "PNG"), 1)])
def test_a_page_that_is_not_there_is_a_sentence(make: Callable[[], io.BytesIO], pages: int) -> None:
    """It says how many there are."""
    with pytest.raises(NoSuchPage, match=f"has {pages} page.*no page 3"):
        page_image(make(), 3)


def _bomb(side: int) -> bytes:
    """A PNG that says it has `side` by `side` pixels, in a few bytes."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(_bomb(11_000), "11,000 by 11,000 pixels", id="a bomb"),
        pytest.param(_bomb(60_000), "pixels", id="a larger bomb"),
        pytest.param(_bomb(2_000), "damaged", id="cut off"),
        pytest.param(b"%PDF-1.7 nothing", "damaged or locked", id="a broken PDF"),
        pytest.param(b"hello", "no PDF, JPEG", id="a text"),
        pytest.param(b"", "no PDF, JPEG", id="nothing"),
        pytest.param(b"GIF89a" + bytes(50), "no PDF, JPEG", id="a type that is not read"),
    ],
)
def test_what_can_not_be_drawn_is_a_sentence(content: bytes, reason: str) -> None:
    """Damage, and sizes that would fill the memory."""
    with pytest.raises(Undrawable, match=reason):
        page_image(io.BytesIO(content), 1)


def test_a_huge_pdf_page_is_drawn_small() -> None:
    """PDF allows pages of 200 inches, and more."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(20_000, 14_400))
    canvas.showPage()
    canvas.save()
    made.seek(0)

    assert max(page_image(made, 1).image.size) <= LONGEST_SIDE
