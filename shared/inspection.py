"""What a file is, by its content and not by its name, before anything is paid for it."""

from __future__ import annotations

import io
import logging
import struct
from dataclasses import dataclass
from typing import IO, Protocol

from shared.errors import Never

MOST_BYTES = {"S0": 500 * 1024 * 1024, "F0": 4 * 1024 * 1024}
"""The service's limit for a file, by tier."""

INSPECTED_BYTES = 20 * 1024 * 1024
"""PDF and TIFF files up to this size are opened: are they locked, and how many pages have they?"""

MOST_PAGES = 10_000
"""A TIFF that seems to have more has a loop in its list of pages."""

_HEAD_BYTES = 1024
_SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


class Content(Protocol):
    """What is looked at: a blob, or a file."""

    @property
    def size(self) -> int:
        """In bytes."""

    def head(self, size: int) -> bytes:
        """The first bytes."""

    def reader(self) -> io.BytesIO | io.BufferedReader:
        """All bytes, as a file that can seek."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What to send a file as, and how many pages it has; None where that was not found out."""

    content_type: str
    pages: int | None


def inspect(content: Content, api_version: str, tier: str) -> Inspection:
    """Looks at a file; raises `Never` for one that this version of the service could not read at this tier."""
    most = MOST_BYTES[tier]
    if content.size == 0:
        raise Never("EmptyFile", "The file has no bytes; drop it again, whole.")
    if content.size > most:
        raise Never("FileTooLarge", f"The file has {content.size:,} bytes; the service reads up to {most:,} at {tier}.")
    kind = _kind(content.head(_HEAD_BYTES))
    if kind is None or (kind == "image/bmp" and api_version == "2.0"):
        bmp = "" if api_version == "2.0" else ", BMP"
        raise Never("UnsupportedType", f"Its content is not PDF, JPEG, PNG, TIFF{bmp}, whatever its name says.")
    count = _PAGES_OF.get(kind) if content.size <= INSPECTED_BYTES else None
    return Inspection(kind, count(content) if count else None)


def _kind(head: bytes) -> str | None:
    if b"%PDF-" in head:
        return "application/pdf"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    return next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)


def _pdf_pages(content: Content) -> int | None:
    """How many pages a PDF has. What pypdf can't understand is left for the service to judge."""
    import pypdf  # noqa: PLC0415  (slow to import, and only the submitting function needs it)

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        pdf = pypdf.PdfReader(content.reader())
        locked = pdf.is_encrypted and not pdf.decrypt("")
        pages = None if locked else len(pdf.pages)
    except Exception:  # noqa: BLE001  (damaged files make it raise anything)
        return None
    if locked:
        raise Never("EncryptedPdf", "The PDF needs a password to be read; drop a copy without one.")
    return pages


def _tiff_pages(content: Content) -> int | None:
    """How many pages a TIFF has: the length of its chain of image file directories (TIFF 6.0, section 2)."""
    with content.reader() as blob:
        # Read whole: its directories may stand anywhere, and each seek in a blob fetches a piece anew.
        file = io.BytesIO(blob.read())
        order = "<" if file.read(2) == b"II" else ">"
        link, pages = 4, 0
        try:
            while (at := _number(file, f"{order}I", link)) and pages < MOST_PAGES:
                pages += 1
                link = at + 2 + 12 * _number(file, f"{order}H", at)
        except struct.error:
            return None
    return None if at else pages


def _number(file: IO[bytes], layout: str, at: int) -> int:
    file.seek(at)
    number: int = struct.unpack(layout, file.read(struct.calcsize(layout)))[0]
    return number


_PAGES_OF = {"application/pdf": _pdf_pages, "image/tiff": _tiff_pages}
