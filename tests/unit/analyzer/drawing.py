"""Little PDFs for the analyzer's tests: texts at places given in points from the top left corner."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterable

HEIGHT = 792
Text = tuple[float, float, str]


def pdf(*pages: Iterable[Text], grid: tuple[list[float], list[float]] | None = None, password: str = "") -> bytes:
    """A PDF with these pages; `grid` rules the given columns and rows on each of them."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, HEIGHT), invariant=1, encrypt=password or None)
    for texts in pages:
        for x, y, text in texts:
            canvas.drawString(x, HEIGHT - y, text)
        if grid:
            canvas.grid(grid[0], [HEIGHT - y for y in grid[1]])
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
