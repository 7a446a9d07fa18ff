"""Pictures for the analyzer's tests: little PDFs as a scanner would see them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

DPI = 150
POINTS_PER_INCH = 72


def scanned(content: bytes, turn: float = 0, inches: tuple[float, float] = (8.5, 11)) -> list[Image.Image]:
    """The pages of a PDF in grey, their left top piece of this size, turned clockwise by so many degrees."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.render(scale=DPI / POINTS_PER_INCH, grayscale=True).to_pil().convert("L") for page in document]
    finally:
        document.close()
    size = (0, 0, round(inches[0] * DPI), round(inches[1] * DPI))
    return [page.crop(size).rotate(-turn, Image.Resampling.BICUBIC, fillcolor=255) for page in pages]


def packed(pages: Sequence[Image.Image], kind: str = "PNG", **how: Any) -> bytes:  # noqa: ANN401 - each format's own
    """A file of this kind, which says how many pixels make an inch."""
    rest = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    written = io.BytesIO()
    pages[0].save(written, kind, **({"resolution": DPI} if kind == "PDF" else {"dpi": (DPI, DPI)}), **rest, **how)
    return written.getvalue()


def blank(width: int, height: int) -> bytes:
    """A white PNG."""
    return packed([Image.fromarray(np.full((height, width), 255, np.uint8))])
