"""A file becomes pages, whatever it is: a digital PDF, a scanned one, a picture or a TIFF of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer import pdfs
from local.analyzer.pictures import check_pictures, pictures_in
from local.analyzer.scans import read_picture
from local.analyzer.sniffing import is_image

if TYPE_CHECKING:
    from local.analyzer.pages import Page


def read_pages(content: bytes, most: int | None = None) -> list[Page]:
    """The first `most` pages (all when None).

    Raises UnreadableFileError when the bytes are no readable file, ImageSizeError when a picture is too small or large.
    """
    if not is_image(content):
        return pdfs.read_pages(content, most)
    return [read_picture(picture, number) for number, picture in enumerate(pictures_in(content, most), start=1)]


def check_file(content: bytes) -> None:
    """Raises what `read_pages` would, as far as that shows without reading any text."""
    if is_image(content):
        check_pictures(content)
    else:
        pdfs.count_pages(content)
