"""Sample forms as a scanner or a telephone's camera sees them.

A scan is grey, turned by one or two degrees and noisy, its paper white; a photo has a desk around the sheet, a slight
perspective, light from one side and the traces of JPEG. The seed decides turn, noise and light; the bytes may differ
between versions of the libraries that draw and pack them.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pypdfium2
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

SCAN_DPI, PHOTO_DPI = 200, 170
POINTS_PER_INCH = 72
WHITE = 255
LEVELS = 16
JPEG_QUALITY, PDF_QUALITY = 55, 50


def scan(pdf: bytes, seed: int) -> list[Grey]:
    """The pages of a PDF as a scanner gives them."""
    chance = np.random.default_rng(seed)
    return [_scanned(page, chance) for page in _drawn(pdf, SCAN_DPI)]


def photos(pdf: bytes, seed: int) -> list[Grey]:
    """The pages of a PDF as a camera gives them, one picture each."""
    chance = np.random.default_rng(seed)
    return [_lit(_on_desk(page, chance), chance) for page in _drawn(pdf, PHOTO_DPI)]


def _drawn(pdf: bytes, dpi: int) -> list[Grey]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        drawn = [page.render(scale=dpi / POINTS_PER_INCH, grayscale=True).to_pil().convert("L") for page in document]
    finally:
        document.close()
    return [np.asarray(page, dtype=np.uint8) for page in drawn]


def _scanned(page: Grey, chance: np.random.Generator) -> Grey:
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), _either_way(chance, 1.0, 2.0), 1.0)
    turned = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=WHITE)
    soft = cv2.GaussianBlur(turned, (0, 0), 0.5).astype(np.float64)
    noisy = 20 + soft * 0.93 + chance.normal(0, 7, soft.shape)
    specks = chance.random(soft.shape) < 0.0002  # noqa: PLR2004 - two in ten thousand
    noisy[specks] -= 90
    return _in_levels(noisy)


def _either_way(chance: np.random.Generator, least: float, most: float) -> float:
    return float(chance.uniform(least, most) * chance.choice([-1, 1]))


def _in_levels(picture: NDArray[np.float64]) -> Grey:
    """White paper is white, as scanners make it, and the rest has few shades; else the files would be large."""
    stretched = np.clip((picture - 30) / (235 - 30), 0, 1)
    return (np.round(stretched * (LEVELS - 1)) * (WHITE // (LEVELS - 1))).astype(np.uint8)


def _on_desk(page: Grey, chance: np.random.Generator) -> Grey:
    """The sheet on a dark desk, seen a little from one side."""
    height, width = page.shape
    edge = 0.05 * width
    size = round(width + 2 * edge), round(height + 2 * edge)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = (corners + edge + chance.uniform(-0.018, 0.018, (4, 2)) * width).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(page, view, size, flags=cv2.INTER_CUBIC, borderValue=70), dtype=np.uint8)


def _lit(picture: Grey, chance: np.random.Generator) -> Grey:
    """Light falls off from one corner to the other."""
    height, width = picture.shape
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = chance.uniform(-0.14, 0.14, 2)
    light = 0.8 + slope[0] * across + slope[1] * down
    soft = cv2.GaussianBlur(picture, (0, 0), 0.6).astype(np.float64)
    return np.asarray(np.clip(soft * light + chance.normal(0, 3, soft.shape), 0, WHITE), dtype=np.uint8)


def as_png(page: Grey) -> bytes:
    """One page in shades of grey, with its resolution."""
    return _packed(page, "PNG", dpi=(SCAN_DPI, SCAN_DPI), optimize=True)


def as_tiff(pages: list[Grey]) -> bytes:
    """Several pages in one file."""
    rest = [Image.fromarray(page) for page in pages[1:]]
    return _packed(
        pages[0], "TIFF", dpi=(SCAN_DPI, SCAN_DPI), compression="tiff_adobe_deflate", save_all=True, append_images=rest
    )


def as_jpeg(page: Grey) -> bytes:
    """One page, without a resolution, as from a telephone."""
    return _packed(page, "JPEG", quality=JPEG_QUALITY)


def as_pdf(pages: list[Grey]) -> bytes:
    """A PDF that holds nothing but the pictures."""
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    for page in pages:
        height, width = (side * POINTS_PER_INCH / SCAN_DPI for side in page.shape)
        canvas.setPageSize((width, height))
        picture = ImageReader(io.BytesIO(_packed(page, "JPEG", quality=PDF_QUALITY)))
        canvas.drawImage(picture, 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _packed(page: Grey, kind: str, **how: Any) -> bytes:  # noqa: ANN401 - each format has its own
    written = io.BytesIO()
    Image.fromarray(page).save(written, kind, **how)
    return written.getvalue()
