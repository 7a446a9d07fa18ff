"""Picture files and the pages of scanned PDFs as pixels: upright as their EXIF says, and in colour."""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pypdfium2
from PIL import Image, ImageOps, ImageSequence

from local.analyzer.pages import ImageSizeError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SMALLEST, LARGEST = 50, 10_000
SCAN_DPI = 200
POINTS_PER_INCH = 72
LIKELY_DPI = (72.0, 1200.0)
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError, MemoryError)
"""What Pillow raises for damaged files; not all of it is an OSError."""

# The size is checked below, before any pixel is unpacked.
Image.MAX_IMAGE_PIXELS = None
_pdfium = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """Rows of blue, green and red; pixels in an inch (None: unknown); the unit in which its places are told."""

    pixels: Pixels
    dpi: float | None
    unit: Literal["inch", "pixel"] = "pixel"

    @property
    def width(self) -> int:
        """Across, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Down, in pixels."""
        return int(self.pixels.shape[0])


def pictures_in(content: bytes, most: int | None = None) -> Iterator[Picture]:
    """The first `most` pictures of a file (all when None), one after the other.

    Raises UnreadableFileError when the bytes are damaged, ImageSizeError when a side is under 50 or over 10,000 pixels.
    """
    with _opened(content) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if number == most:
                break
            _check_size(frame)
            yield _picture(frame)


def check_pictures(content: bytes) -> None:
    """Raises what `pictures_in` would."""
    for _ in pictures_in(content):
        pass


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    try:
        # Of damage that it can live with Pillow only warns; here that is nobody's business.
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=FORMATS) as image:
            yield image
    except DAMAGED as error:
        raise UnreadableFileError(str(error) or type(error).__name__) from error


def _check_size(image: Image.Image) -> None:
    if min(image.size) < SMALLEST or max(image.size) > LARGEST:
        raise ImageSizeError(f"The picture has {image.width} x {image.height} pixels.")


def _picture(image: Image.Image) -> Picture:
    dpi = image.info.get("dpi", (0.0, 0.0))
    low, high = LIKELY_DPI
    known = float(dpi[0]) if low < float(dpi[0]) <= high and float(dpi[0]) == float(dpi[1]) else None
    upright = ImageOps.exif_transpose(image)
    return Picture(np.ascontiguousarray(np.asarray(_colours(upright))[:, :, ::-1]), known)


def _colours(image: Image.Image) -> Image.Image:
    """Red, green and blue; on white paper where the picture is transparent."""
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.float64)
        most = max(1.0, float(levels.max()))
        return Image.fromarray((levels / most * 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def rendered(content: bytes, index: int) -> Picture:
    """A page of a PDF, counted from 0, as a picture; UnreadableFileError when it cannot be drawn."""
    with _pdfium:  # PDFium is not made for several threads
        try:
            document = pypdfium2.PdfDocument(content)
            try:
                page = document[index]
                dpi = min(SCAN_DPI, LARGEST * POINTS_PER_INCH / max(page.get_size()))
                pixels = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=False).to_numpy()[:, :, :3].copy()
            finally:
                document.close()
        except (pypdfium2.PdfiumError, IndexError, ValueError) as error:
            raise UnreadableFileError(str(error)) from error
    return Picture(pixels, dpi, "inch")
