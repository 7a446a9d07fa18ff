"""A page of a file as an image, the way the service sees it: upright as the file says, and never huge.

The service turns a photo as its EXIF says and a PDF's page as its `/Rotate` says before it measures anything.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from PIL import Image, ImageOps

from shared.errors import FormsError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SIDE = 2400
"""Pixels: an A4 page at about 200 dots an inch."""

PDF_PIXELS_PER_INCH = 150
POINTS_PER_INCH = 72
MOST_PIXELS = 100_000_000
"""The service reads up to 10,000 by 10,000. https://learn.microsoft.com/azure/ai-services/document-intelligence/service-limits"""

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_PDF_HEAD = 1024
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError, MemoryError)
"""What Pillow raises for damaged files; not all of it is an OSError."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page. `scale`: how many of its pixels a unit of the service's measures is; `pages`: how many the file has."""

    image: Image.Image
    scale: Mapping[str, float]
    pages: int


class NoSuchPage(FormsError):
    """The file has no such page."""

    def __init__(self, page: int, pages: int) -> None:
        super().__init__(
            "NoSuchPage", f"The file has {pages} page{'' if pages == 1 else 's'}; there is no page {page}."
        )


class Undrawable(FormsError):
    """The file can't be opened here, or it would fill the memory."""

    def __init__(self, reason: str) -> None:
        super().__init__("Undrawable", f"No picture can be made of the file: {reason}.")


def page_image(file: IO[bytes], page: int) -> PageImage:
    """The page, counted from 1. Raises `NoSuchPage`, or `Undrawable` when the file is damaged or too large."""
    is_pdf = b"%PDF-" in file.read(_PDF_HEAD)
    file.seek(0)
    return _pdf_page(file, page) if is_pdf else _picture(file, page)


def _pdf_page(file: IO[bytes], page: int) -> PageImage:
    import pypdfium2  # noqa: PLC0415  (slow to load, and only needed for PDFs)

    try:
        with pypdfium2.PdfDocument(file) as document:
            if not 1 <= page <= len(document):
                raise NoSuchPage(page, len(document))
            drawn = document[page - 1]
            longest = max(drawn.get_size())
            scale = min(PDF_PIXELS_PER_INCH / POINTS_PER_INCH, LONGEST_SIDE / longest)
            image = drawn.render(scale=scale).to_pil().convert("RGB")
            return PageImage(image, {"inch": scale * POINTS_PER_INCH}, len(document))
    except (pypdfium2.PdfiumError, ValueError, ZeroDivisionError, MemoryError) as error:
        raise Undrawable(f"the PDF is damaged or locked ({error})") from error


def _picture(file: IO[bytes], page: int) -> PageImage:
    try:
        # Of damage that it can live with Pillow only warns, and of sizes that we check ourselves.
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=_FORMATS) as picture:
            pages = getattr(picture, "n_frames", 1) if page == 1 else _turned_to(picture, page)
            return _upright(picture, pages)
    except Image.DecompressionBombError as error:
        raise Undrawable(_too_large("more than twice as many")) from error
    except _DAMAGED as error:
        raise Undrawable(f"it is damaged, or no PDF, JPEG, PNG, TIFF or BMP ({type(error).__name__})") from error


def _turned_to(picture: Image.Image, page: int) -> int:
    pages = getattr(picture, "n_frames", 1)
    if not 1 <= page <= pages:
        raise NoSuchPage(page, pages)
    picture.seek(page - 1)
    return int(pages)


def _upright(picture: Image.Image, pages: int) -> PageImage:
    if picture.width * picture.height > MOST_PIXELS:
        raise Undrawable(_too_large(f"{picture.width:,} by {picture.height:,}"))
    longest = max(picture.size)
    density = picture.info.get("dpi")
    if max(picture.size) > LONGEST_SIDE:
        picture = picture.convert("L") if picture.mode == "1" else picture
        # A JPEG is unpacked at a fraction of its size.
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2.0)
    image = _on_white(ImageOps.exif_transpose(picture))
    scale = max(image.size) / longest
    per_inch = {"inch": float(density[0]) * scale} if density and density[0] else {}
    return PageImage(image, {"pixel": scale, **per_inch}, pages)


def _on_white(image: Image.Image) -> Image.Image:
    """In colour, what is transparent as the white of paper, and 16 bits of grey as 8."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(layer, mask=layer)
    return paper


def _too_large(size: str) -> str:
    return f"it has {size} pixels; {MOST_PIXELS:,} are as many as the service reads"
