"""What a file is, by its content and not by its name, before anything is paid for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.errors import Never

if TYPE_CHECKING:
    import io

MOST_BYTES = {"S0": 500 * 1024 * 1024, "F0": 4 * 1024 * 1024}
"""The service's limit for a file, by tier."""

INSPECTED_BYTES = 20 * 1024 * 1024
"""PDF files up to this size are opened: are they locked, and how many pages have they?"""

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
    inspected = kind == "application/pdf" and content.size <= INSPECTED_BYTES
    return Inspection(kind, _pdf_pages(content) if inspected else None)


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
